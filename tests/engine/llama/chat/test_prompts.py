"""Prompts as tokens: what ends an answer, which day it is, what is found again."""

from __future__ import annotations

from datetime import datetime

import pytest

from ownstack.engine.llama.chat import prompts as prompts_module
from ownstack.engine.llama.chat.prompts import Prompts
from ownstack.engine.llama.chat.template import ChatTemplate
from ownstack.engine.messages import Message
from ownstack.engine.requests import ChatRequest
from tests.support.native import model

pytestmark = pytest.mark.native


@pytest.fixture
def prompts() -> Prompts:
    return Prompts(model())


def test_the_end_of_a_turn_is_the_templates(prompts: Prompts) -> None:
    """Whether or not the vocabulary calls it an end."""
    assert prompts.turn_ends() == (frozenset(model().special("<|im_end|>")), ())


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{% for m in messages %}{{ m.role }}: {{ m.content }}\n#\n{% endfor %}", "\n#\nuser: "),
        ("{% for m in messages %}{{ m.content }}\n{% endfor %}", None),
        ("{{ messages[0].content }}", None),
        ("{{ raise_exception('no') }}", None),
    ],
)
def test_an_end_that_is_no_token(prompts: Prompts, template: str, text: str | None) -> None:
    """What is written between an answer and the next question, if that is any sign."""
    prompts.template = ChatTemplate(template)

    assert prompts.turn_ends() == (frozenset(), (text,) if text else ())


def test_a_conversation_keeps_its_day(prompts: Prompts, monkeypatch: pytest.MonkeyPatch) -> None:
    """A template that tells the date would else change the head of every prompt at midnight."""
    days = iter([datetime(2026, 3, 1), datetime(2026, 3, 2), datetime(2026, 3, 3)])

    class Clock(datetime):
        @classmethod
        def now(cls, tz: object = None) -> datetime:  # type: ignore[override]
            return next(days)

    monkeypatch.setattr(prompts_module, "datetime", Clock)
    prompts.template = ChatTemplate("{{ strftime_now('%d %B %Y') }} {{ messages[0].content }}")

    def asked(conversation: str) -> str:
        request = ChatRequest((Message.of("user", "x"),), conversation=conversation)
        return "".join(part.text for part in prompts.prompt(request).parts)

    assert [asked(name) for name in ("a", "b", "a")] == [
        "01 March 2026 x",
        "02 March 2026 x",
        "01 March 2026 x",
    ]


def test_an_earlier_turn_is_found_again(prompts: Prompts) -> None:
    """Its tokens are those that were sampled, not those that its text would be split into."""
    question = Message.of("user", "hello")
    first = prompts.prompt(ChatRequest((question,)))
    letters = [model().tokenize(letter)[0] for letter in "return"]
    prompts.remember(first, "return", [*first.tokens, *letters])
    talk = (question, Message.of("assistant", "return"), Message.of("user", "more"))

    tokens = prompts.prompt(ChatRequest(talk)).tokens
    other = (question, Message.of("assistant", "import"), Message.of("user", "more"))
    changed = prompts.prompt(ChatRequest(other)).tokens

    head = [*first.tokens, *letters]
    assert list(tokens[: len(head)]) == head
    assert list(changed[: len(first.tokens)]) == list(first.tokens)
    assert list(changed[: len(head)]) != head
