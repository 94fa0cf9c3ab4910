"""What a message establishes, and whether it asks for more than that."""

from __future__ import annotations

import pytest

from ownstack.chat.learning import only_states
from ownstack.engine.scripted import ScriptedEngine
from ownstack.memory.conversation import text_of
from tests.chat.conftest import OpenChat


@pytest.mark.parametrize(
    "message",
    [
        "We decided to use trio for our async tests.",
        "From now on we use tabs. Never use print for that.",
        "TODO: the pond has no lock.",
        "It works now.",
        "The fix was to close the socket first.",
        "- We agreed on SQLite.\n- Never commit secrets.",
    ],
)
def test_statements(message: str) -> None:
    assert only_states(message)


@pytest.mark.parametrize(
    "message",
    [
        "",
        "How is a bicycle mended?",
        "Mend the bicycle.",
        "We decided to use trio. Change the pond to it.",
        "We decided to use trio, but where?",
        "Let's use a dict in repair instead of the list.",
        "We'll use trio for the pond.",
        "Never use print in repair, please.",
        "We decided that you rename repair.",
        "```\nwe decided to use trio\n```",
    ],
)
def test_what_asks_for_something(message: str) -> None:
    assert not only_states(message)


async def test_a_statement_is_shown_no_code_but_what_it_names(open_chat: OpenChat) -> None:
    """The next question is shown some."""
    engine = ScriptedEngine("Noted.", "Noted.", "By repair.", context_tokens=8_192)
    chat = open_chat(engine)
    await chat.begin()

    for said in (
        "We decided to mend every bicycle by hand.",
        "We decided to weigh salmon as in @shop/fish.py.",
        "How is a bicycle mended?",
    ):
        await chat.ask(said, lambda _text, _is_reasoning: None)

    asked = [event for event in chat.session.events if event.kind == "user"]
    first, second, third = (text_of(event.data, "context") for event in asked)
    assert first == ""
    assert "class Pond" in second
    assert "def repair" not in second
    assert "def repair" in third
    await chat.close()
