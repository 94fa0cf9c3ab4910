"""What a model is shown is folded from events, and a later event takes an earlier one back."""

from dataclasses import replace

import pytest

from ownstack.memory import events
from ownstack.memory.conversation import covered_hash, fold
from ownstack.memory.prompt import Frame, Tokens, messages, segments
from tests.support.conversations import Log, Words

FRAME = Frame("Be helpful.")


def said(log, frame=FRAME):
    return [(message.role, message.text) for message in messages(frame, fold(log.events))]


def compacted(log, covers, *, kept=(), text="## Goal\n- ship", method="extractive", **details):
    order = [event.id for event in log.events]
    return log.add(
        events.compaction(
            log.stamp(),
            covers=covers.id,
            covers_hash=covered_hash(order, covers.id),
            text=text,
            ledger="## Ledger\nRead: a.py",
            tokens_before=100,
            tokens_after=10,
            method=method,
            details={"kept": [event.id for event in kept], **details},
        )
    )


def test_a_prompt_goes_from_what_never_changes_to_the_newest_turn():
    log = Log()
    log.rules("Be brief.")
    log.user("Hello")
    log.says("Hi.")
    log.user("Why?", context="a.py:1 x = 1")
    assert said(log) == [
        ("system", "Be helpful.\n\nBe brief."),
        ("user", "Hello"),
        ("assistant", "Hi."),
        ("user", "a.py:1 x = 1\n\nWhy?"),
    ]


def test_a_later_turn_leaves_the_earlier_messages_as_they_were():
    log = Log()
    log.user("Why?", context="a.py:1 x = 1")
    log.says("Since.")
    before = messages(FRAME, fold(log.events))
    log.user("And now?", context="b.py:1 y = 1")
    assert messages(FRAME, fold(log.events))[: len(before)] == before


def test_a_checkpoint_stands_for_what_it_covers():
    log = Log()
    first = log.user("Use tabs")
    last = log.says("Done.")
    log.user("Next")
    compacted(log, last, kept=[first])
    _, (role, text) = said(log)
    assert role == "user"
    assert "## Goal\n- ship" in text
    assert "## Ledger\nRead: a.py" in text
    assert "[turn 1] Use tabs" in text
    assert text.endswith("Next")
    assert "Done." not in text


def test_undoing_a_compaction_restores_and_undoing_that_compacts_again():
    log = Log()
    log.user("Use tabs")
    last = log.says("Done.")
    before = said(log)
    compaction = compacted(log, last)
    after = said(log)
    undo = log.undo(compaction)
    assert said(log) == before
    log.undo(undo)
    assert said(log) == after


def test_an_undone_compaction_uncovers_the_one_before_it():
    log = Log()
    log.user("One")
    first = log.says("1")
    compacted(log, first, text="## Goal\n- first")
    log.user("Two")
    second = log.says("2")
    before = said(log)
    log.undo(compacted(log, second, text="## Goal\n- second"))
    assert said(log) == before


def test_a_checkpoint_of_another_log_is_not_shown():
    log = Log()
    log.user("One")
    last = log.says("1")
    before = said(log)
    made = compacted(log, last)
    log.events[-1] = replace(made, data={**made.data, "covers_hash": "0" * 64})
    assert said(log) == before


def test_masked_output_is_a_handle_and_pinned_output_is_not():
    log = Log()
    log.user("Look")
    result = log.tool("read", "x = 1\n" * 50, files=[events.file_read("a.py", "ff", 1, 50)])
    compacted(log, result, method="masking", masked=[result.id])
    tool = messages(FRAME, fold(log.events))[-1].tool_results[0]
    assert "a.py:1-50" in tool.text
    assert result.id[:18] in tool.text
    assert "x = 1" not in tool.text
    log.pin(result)
    assert messages(FRAME, fold(log.events))[-1].tool_results[0].text == result.text


def test_pins_are_shown_once_and_until_they_are_taken_back():
    log = Log()
    pinned = log.user("Keep the API")
    last = log.says("Yes.")
    log.pin(pinned)
    assert [text for _, text in said(log)].count("Keep the API") == 1
    compacted(log, last)
    assert "## Pinned by the user\nKeep the API" in said(log)[-1][1]
    log.add(events.pin(log.stamp(), pinned.id, pinned=False))
    assert "Keep the API" not in said(log)[-1][1]


def test_clearing_leaves_the_rules():
    log = Log()
    log.rules("Be brief.")
    log.pin(log.user("Hello"))
    log.clear()
    assert said(log) == [("system", "Be helpful.\n\nBe brief.")]


def test_calls_and_results_are_always_pairs():
    log = Log()
    log.user("Go")
    log.add(events.tool_call(log.stamp(), "lost", "read", "{}"))
    log.user("Still there?")
    log.add(events.tool_result(log.stamp(), "orphan", "read", "text"))
    made = messages(FRAME, fold(log.events))
    calls = [call.id for message in made for call in message.tool_calls]
    results = [part.call_id for message in made for part in message.tool_results]
    assert calls == results == ["lost", "orphan"]


def test_what_a_newer_version_recorded_is_passed_over():
    log = Log()
    log.user("Hello")
    before = said(log)
    log.add(events.event(log.stamp(), "hologram", {"text": "from the future"}))
    assert said(log) == before


def test_segments_add_up_to_the_prompt():
    log = Log()
    log.rules("Be brief.")
    last = log.user("Hello there")
    log.says("Hi.")
    compacted(log, last)
    log.user("Why?", context="x = 1")
    state, tokens = fold(log.events), Tokens(Words())
    found = segments(FRAME, state, tokens)
    assert found.newest == tokens.of_message(messages(FRAME, state)[-1])
    assert found.total >= tokens.of_messages(messages(FRAME, state))
    assert min(found.system, found.rules, found.checkpoint, found.history, found.newest) > 0


@pytest.mark.parametrize("junk", [None, 3, "x", [1, {"a": 2}], {"kept": 7}])
def test_details_that_are_nonsense_are_passed_over(junk):
    log = Log()
    last = log.user("Hello")
    made = compacted(log, last)
    log.events[-1] = replace(made, data={**made.data, "details": junk})
    assert "## Goal" in said(log)[-1][1]
