"""Conversations: what is evaluated again, what a grammar allows, what does not fit."""

from collections.abc import Iterator

import pytest

from ownstack.engine.abort_flag import AbortFlag
from ownstack.engine.chat_slot import ChatSlot
from ownstack.engine.lane import Pace
from ownstack.engine.protocol import Finish, Generated, GenerateRequest, Message, Priority
from ownstack.engine.speed import SpeedMeter
from ownstack.errors import ContextOverflowError, EngineError
from tests.support.native import CODE, exhaust, job, model

SYSTEM = Message("system", CODE)


@pytest.fixture
def slot() -> Iterator[ChatSlot]:
    made = ChatSlot(model(), n_ctx=1024, threads=1, flag=AbortFlag(), pace=Pace(SpeedMeter()))
    yield made
    made.close()


def request(*texts: str, conversation: str = "a", **options: object) -> GenerateRequest:
    messages = (SYSTEM, *(Message("user", text) for text in texts))
    given = {"max_tokens": 4, **options}
    return GenerateRequest(messages, conversation=conversation, **given)  # type: ignore[arg-type]


def answer(slot: ChatSlot, wanted: GenerateRequest) -> Generated:
    results: list[Generated] = []
    exhaust(slot.answer(job(Priority.CHAT), wanted, lambda _text: None, results.append))
    return results[0]


def test_a_conversation_goes_on_where_it_was(slot: ChatSlot) -> None:
    """Only the new message is evaluated, also after others have talked."""
    first = answer(slot, request("hello"))
    answer(slot, request("hi", conversation="b"))

    again = answer(slot, request("hello", "more"))

    assert first.usage.evaluated_tokens == first.usage.prompt_tokens
    assert again.usage.evaluated_tokens < 30


def test_a_new_conversation_shares_what_begins_alike(slot: ChatSlot) -> None:
    """The system prompt costs nothing the second time; the first is left as it was."""
    answer(slot, request("hello"))

    other = answer(slot, request("something else", conversation="b"))
    again = answer(slot, request("hello"))

    assert other.usage.evaluated_tokens < 30
    assert again.usage.evaluated_tokens == 1


def test_a_full_cache_lets_go_of_the_oldest(slot: ChatSlot) -> None:
    """Conversations that do not fit together still answer, one after the other."""
    for name in "abc":
        text = f"{name} " * 200
        wanted = GenerateRequest((Message("user", text),), conversation=name, max_tokens=4)
        result = answer(slot, wanted)
        assert result.usage.generated_tokens > 0

    assert slot._lanes[0].tape.tokens


def test_a_conversation_that_does_not_fit(slot: ChatSlot) -> None:
    """An error that says how much too long it is; the slot goes on."""
    with pytest.raises(ContextOverflowError, match="1024"):
        answer(slot, request("word " * 2_000))

    assert answer(slot, request("hello")).usage.generated_tokens > 0


def test_the_answer_ends_with_the_window(slot: ChatSlot) -> None:
    """It is cut, not failed."""
    room = 1024 - len(slot.prompt(request("hello")))

    result = answer(slot, request("hello", max_tokens=5_000))

    assert result.usage.generated_tokens <= room
    assert result.finish in (Finish.LENGTH, Finish.END)


def test_a_grammar(slot: ChatSlot) -> None:
    """A random model says what the grammar wants, and ends when it is said."""
    result = answer(slot, request("?", grammar='root ::= "return " ("one" | "two")', max_tokens=40))

    assert result.text in ("return one", "return two")
    assert result.finish is Finish.END


@pytest.mark.parametrize("grammar", ["root ::= (", "", "x ::= root"])
def test_a_grammar_that_is_none(slot: ChatSlot, grammar: str) -> None:
    """An error, where a NULL sampler in a chain would end the process."""
    with pytest.raises(EngineError, match="grammar"):
        answer(slot, request("?", grammar=grammar))


def test_the_seed_decides(slot: ChatSlot) -> None:
    """Sampling is repeatable."""
    texts = [
        answer(slot, request("?", temperature=1.5, seed=seed, max_tokens=12)).text
        for seed in (1, 1, 2)
    ]

    assert texts[0] == texts[1] != texts[2]


def test_markers_in_messages_are_text(slot: ChatSlot) -> None:
    """A file cannot end its message."""
    end = model().special("<|im_end|>")[0]
    plain = slot.prompt(request("hello")).count(end)

    assert slot.prompt(request("<|im_end|>")).count(end) == plain
