"""A question takes the place of others, and those come back; the log only grows."""

import pytest

from ownstack.chat.branches import question_of, replacements, restoring
from ownstack.errors import UsageError
from ownstack.memory import events
from ownstack.memory.conversation import fold
from ownstack.memory.events import Event
from tests.support.conversations import Log


def said(log: Log) -> list[str]:
    return [event.text for event in fold(log.events).history]


def replace(log: Log, turn: int, text: str) -> Event:
    """Ask in the place of a turn, as `Chat.ask` does."""
    first = question_of(log.events, turn)
    log._turn += 1
    log.add(events.undo(log.stamp(), first.id, onward=True))
    log._turn -= 1
    return log.user(text)


def restore(log: Log, turn: int) -> None:
    for event in restoring(log.events, log.stamp(), turn):
        log.add(event)


def talk(turns: int) -> Log:
    log = Log()
    for number in range(1, turns + 1):
        log.user(f"q{number}")
        log.says(f"a{number}")
    return log


def test_what_was_said_after_it_goes_with_it() -> None:
    log = talk(3)

    replace(log, 2, "q2 anew")

    assert said(log) == ["q1", "a1", "q2 anew"]
    assert {turn: found.turns for turn, found in replacements(log.events).items()} == {4: 2}


def test_what_was_replaced_comes_back_as_it_was() -> None:
    log = talk(3)
    replace(log, 2, "q2 anew")
    log.says("a2 anew")
    log.user("more")

    restore(log, 4)

    assert said(log) == ["q1", "a1", "q2", "a2", "q3", "a3"]
    assert (
        replacements(log.events).keys() & {event.turn for event in fold(log.events).events} == set()
    )


def test_replacing_again_and_again_goes_back_step_by_step() -> None:
    log = talk(1)
    replace(log, 1, "second")
    replace(log, 2, "third")

    assert {turn: found.turns for turn, found in replacements(log.events).items()} == {2: 1, 3: 1}
    restore(log, 3)
    assert said(log) == ["second"]
    restore(log, 2)
    assert said(log) == ["q1", "a1"]


def test_a_question_after_a_restoring_replaces_nothing() -> None:
    log = talk(1)
    replace(log, 1, "second")
    restore(log, 2)
    log.user("third")

    assert 3 not in replacements(log.events)
    assert said(log) == ["q1", "a1", "third"]


def test_a_summary_of_what_is_replaced_holds_no_more() -> None:
    """And one of what was before it does."""
    from tests.memory.test_conversation import compacted

    log = talk(3)
    first = compacted(log, log.events[1], text="## Goal\n- one")
    compacted(log, log.events[5], text="## Goal\n- all")

    replace(log, 2, "q2 anew")

    conversation = fold(log.events)
    assert conversation.checkpoint is not None
    assert conversation.checkpoint.event == first
    assert said(log) == ["q2 anew"]


@pytest.mark.parametrize("turn", [0, 2, 9])
def test_there_must_be_something_to_bring_back(turn: int) -> None:
    with pytest.raises(UsageError):
        restoring(talk(3).events, talk(3).stamp(), turn)
