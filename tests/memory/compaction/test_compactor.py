"""A compaction is checked, falls back, and never loses what must stay."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from ownstack.engine.requests import Priority
from ownstack.engine.scripted import ScriptedEngine
from ownstack.errors import ContextOverflowError, EngineError
from ownstack.memory.compaction.compactor import Compacted, Compactor, Declined
from ownstack.memory.compaction.limits import Limits
from ownstack.memory.compaction.summary import HEADINGS
from ownstack.memory.conversation import fold
from ownstack.memory.ledger import fitted, ledger_of
from ownstack.memory.prompt import Frame, Tokens, messages, segments
from tests.support.conversations import Log, Words, long_log

FRAME = Frame("Be helpful.")
TOKENS = Tokens(Words())
GOOD = "".join(f"## {heading}\n- about {heading}\n" for heading in HEADINGS)


def compactor(window=4_096, model=None, conversation=""):
    return Compactor(TOKENS, Limits.of(window), model=model, conversation=conversation)


def talk(turns=24):
    """A log without anything that could be masked."""
    log = Log()
    log.rules("Never touch generated files.")
    for number in range(turns):
        log.user(f"Look at src/part{number}.py, it must stay fast.")
        log.says(f"I've seen number {number}. " + "Words and more words. " * 20)
    return log


def shown(log, *more):
    made = messages(FRAME, fold([*log.events, *more]))
    return "\n".join(
        part.text for message in made for part in message.parts if hasattr(part, "text")
    )


def test_a_compaction_is_due_at_the_thresholds():
    log, asked = talk(4), compactor(2_048)
    seen = set()
    for number in range(40):
        log.says(f"Word {number} and some more words.")
        state = fold(log.events)
        total = segments(FRAME, state, TOKENS).total
        limits = Limits.of(2_048)
        due = asked.due(FRAME, state)
        seen.add(due)
        wanted = "required" if total >= limits.required else "background"
        assert due == (wanted if total >= limits.background else "")
    assert "" in seen


async def test_old_output_is_masked_first_and_no_model_is_asked():
    log = Log()
    log.user("Go")
    for number in range(8):
        log.says(f"Reading {number}.")
        log.tool("read", "line of text\n" * 150)
    model = ScriptedEngine(GOOD)
    made = await compactor(model=model).compact(FRAME, log.events, log.stamp())
    assert made.method == "masking"
    assert made.after.total < 0.6 * made.before.total
    assert model.chats == []


async def test_a_summary_is_asked_for_as_a_follow_up_in_the_background():
    log = talk()
    log.user("And now?")
    model = ScriptedEngine(GOOD)
    made = await compactor(model=model, conversation="s").compact(
        FRAME, log.events, log.stamp(), focus="speed"
    )
    (request,) = model.chats
    said = messages(FRAME, fold(log.events))
    assert request.messages[: len(said) - 1] == said[:-1]
    assert len(request.messages) == len(said)
    assert "speed" in request.messages[-1].text
    assert request.priority is Priority.BACKGROUND
    assert request.temperature == 0.0
    assert request.conversation == "s:summary"
    assert request.grammar.startswith("root ::=")
    assert made.method == "model"
    assert "about Dead ends" in shown(log, made.event)
    assert made.after.total < 0.6 * made.before.total
    assert made.event.data["tokens_after"] == made.after.total


@pytest.mark.parametrize(
    "answers",
    [
        ("", ""),
        ("## Goal\n- only this\n", "nonsense"),
        (GOOD.replace("about Done", "x " * 4_000),) * 2,
    ],
)
async def test_two_bad_summaries_leave_the_ledger_and_quotations(answers):
    log = talk()
    model = ScriptedEngine(*answers)
    made = await compactor(model=model).compact(FRAME, log.events, log.stamp())
    assert len(model.chats) == 2
    assert made.method == "extractive"
    assert len(made.notes) == len(set(made.notes)) > 0
    assert "## Ledger" in made.event.data["ledger"]


async def test_a_server_without_grammars_is_told_the_headings():
    log = talk()
    model = ScriptedEngine(GOOD)
    model.capabilities = replace(model.capabilities, has_grammar=False)
    made = await compactor(model=model).compact(FRAME, log.events, log.stamp())
    (request,) = model.chats
    assert request.grammar is None
    assert ", ".join(f"## {heading}" for heading in HEADINGS) in request.messages[-1].text
    assert made.method == "model"
    assert "about Dead ends" in shown(log, made.event)


async def test_a_second_try_that_is_good_counts():
    log = talk()
    model = ScriptedEngine("no headings", GOOD)
    made = await compactor(model=model).compact(FRAME, log.events, log.stamp())
    assert made.method == "model"
    assert "Be shorter" in model.chats[1].messages[-1].text


async def test_an_engine_that_fails_three_times_is_asked_no_more_until_by_hand():
    log = talk()
    model = ScriptedEngine()
    asked = compactor(model=model)
    for _ in range(3):
        for _try in range(2):
            model.enqueue("", error=EngineError("It broke."))
        made = await asked.compact(FRAME, log.events, log.stamp())
        assert made.notes == ("It broke.",)
    made = await asked.compact(FRAME, log.events, log.stamp())
    assert len(model.chats) == 6
    assert "3 times in a row" in made.notes[0]
    model.enqueue(GOOD)
    made = await asked.compact(FRAME, log.events, log.stamp(), by_hand=True)
    assert made.method == "model"


async def test_what_cannot_be_freed_is_declined_and_after_three_times_said():
    log = Log()
    for number in range(3):
        log.user(f"Question {number}")
        log.says("Short.")
    log.user("long " * 3_000)
    asked = compactor()
    for _ in range(3):
        made = await asked.compact(FRAME, log.events, log.stamp())
        assert "frees too little" in made.why
    assert "3 times in a row" in asked.stopped
    assert (await asked.compact(FRAME, log.events, log.stamp())).why == asked.stopped


async def test_a_full_window_leaves_no_room_for_a_summary_and_none_is_asked_for():
    log = talk(60)
    model = ScriptedEngine(GOOD)
    made = await compactor(model=model).compact(FRAME, log.events, log.stamp())
    assert model.chats == []
    assert made.method == "extractive"
    assert "no room" in made.notes[0]


async def test_compacting_again_and_again_keeps_the_first_goal():
    log = Log()
    log.user("Write a parser for ancient dates.")
    asked = compactor(1_024)
    done = 0
    for number in range(40):
        log.says(f"I've done step {number}. " + "Words and more words. " * 20)
        log.user(f"Now step {number + 1}")
        if asked.due(FRAME, fold(log.events)) == "required":
            made = await asked.compact(FRAME, log.events, log.stamp())
            assert isinstance(made, Compacted)
            log.add(made.event)
            done += 1
    assert done > 3
    assert "Write a parser for ancient dates." in shown(log)


async def test_a_smaller_model_in_mid_session_compacts_what_a_larger_one_could_hold():
    log = talk(60)
    log.add((await compactor(8_192).compact(FRAME, log.events, log.stamp())).event)
    small = compactor(2_048)
    assert small.due(FRAME, fold(log.events)) == "required"
    made = await small.compact(FRAME, log.events, log.stamp())
    log.add(made.event)
    small.check_fits(FRAME, fold(log.events))
    assert made.after.total < Limits.of(2_048).background


async def test_a_paste_of_megabytes_is_cut_where_it_is_read_and_never_grows():
    log = talk(6)
    paste = log.user("Error: bad value in src/part1.py, why? " * 50_000)
    log.says("I see. " * 300)
    for number in range(20):
        log.user(f"Go on with {number}")
        log.says("Words and more words. " * 20)
    made = await compactor().compact(FRAME, log.events, log.stamp())
    assert paste.id not in made.event.data["details"]["kept"]
    assert made.after.total < Limits.of(4_096).background


async def test_a_summary_can_be_edited_and_the_edit_undone():
    log = talk()
    asked = compactor()
    with pytest.raises(ValueError, match="is summed up"):
        asked.edited(FRAME, log.events, log.stamp(), "x")
    log.add((await asked.compact(FRAME, log.events, log.stamp())).event)
    before = shown(log)
    edited = log.add(asked.edited(FRAME, log.events, log.stamp(), "## Goal\n- what I say"))
    assert "what I say" in shown(log)
    assert edited.data["tokens_after"] == segments(FRAME, fold(log.events), TOKENS).total
    log.undo(edited)
    assert shown(log) == before


async def test_the_new_beginning_is_read_in_place_of_the_old_one():
    log = talk()
    model = ScriptedEngine(GOOD, "")
    asked = compactor(model=model, conversation="s")
    log.add((await asked.compact(FRAME, log.events, log.stamp())).event)
    await asked.prefill(FRAME, fold(log.events))
    request = model.chats[-1]
    assert request.conversation == "s"
    assert request.messages == messages(FRAME, fold(log.events))
    assert request.max_tokens == 1


@pytest.mark.parametrize(
    ("frame", "log_of", "what"),
    [
        (Frame("rule " * 4_000), lambda log: log.user("Hi"), "instructions"),
        (FRAME, lambda log: log.user("paste " * 4_000), "newest message"),
    ],
)
def test_what_does_not_fit_is_named(frame, log_of, what):
    log = Log()
    log_of(log)
    with pytest.raises(ContextOverflowError, match=what):
        compactor().check_fits(frame, fold(log.events))


def test_what_fits_is_let_through():
    compactor().check_fits(FRAME, fold(long_log(2, 5).events))


TEXTS = st.text(
    st.sampled_from("ab cde.\n/_`#-?!é\x1b\U0001f600 " + "must don't a.py Error: "), max_size=400
)
KINDS = (
    *("user", "says", "says", "long", "tool", "edit", "decision", "thread", "pin", "rules"),
    *("undo", "clear", "compact", "by-hand"),
)
STEPS = st.lists(
    st.tuples(st.sampled_from(KINDS), TEXTS, st.integers(0, 40)), min_size=4, max_size=40
)
ANSWERS = st.sampled_from([GOOD, GOOD, "", GOOD + "## Extra\n", GOOD.replace("about", "lie " * 30)])
WINDOWS = st.sampled_from([1_024, 2_048, 4_096, 8_192])
BULK = st.integers(0, 30)


def played(log, step, text, number):
    """Append what a step says; what it aims at is the event of that number, if there is one."""
    target = log.events[number % len(log.events)] if log.events else None
    if step == "user":
        log.user(text or "?", context=text * (number % 3))
    elif step == "long":
        log.says((text + " words of a long answer ") * (number + 1))
    elif step == "says":
        log.says(text)
    elif step == "tool":
        log.tool("read", text * number, command=text[:9], exit_code=number, failed_tests=[text])
    elif step == "edit":
        log.edit(text or "a.py", accepted=number % 2 == 0)
    elif step == "decision":
        log.decision(f"D{number:03}", text, tier=(number % 11) / 10)
    elif step == "thread":
        log.thread(f"T{number:03}", text, "OPEN" if number % 2 else "RESOLVED")
    elif step == "pin" and target is not None:
        log.pin(target, text[:40])
    elif step == "rules":
        log.rules(text)
    elif step == "undo" and target is not None:
        log.undo(target)
    elif step == "clear" and number % 8 == 0:
        log.clear()


async def check_compaction(log, asked, by_hand, window):
    before = fold(log.events)
    was = messages(FRAME, before)
    made = await asked.compact(FRAME, log.events, log.stamp(), by_hand=by_hand)
    event(getattr(made, "method", "declined"))
    if isinstance(made, Declined):
        assert made.why
        assert messages(FRAME, fold(log.events)) == was
        return
    log.add(made.event)
    after = fold(log.events)
    text = shown(log)
    assert segments(FRAME, after, TOKENS).total < segments(FRAME, before, TOKENS).total
    assert made.after == segments(FRAME, after, TOKENS)
    assert before.rules in text
    assert before.newest_user is None or before.newest_user.text in text
    assert all(pin.text in text for pin in before.pins)
    if made.method != "masking":
        covered = before.through(made.event.data["covers"])
        ledger = fitted(ledger_of(covered), Limits.of(window).ledger, TOKENS.of)
        assert all(name in text for name in ledger.identifiers)
    log.undo(made.event)
    assert messages(FRAME, fold(log.events)) == was
    log.undo(log.events[-1])
    assert messages(FRAME, fold(log.events)) == messages(FRAME, after)


async def check_history(steps, answers, window, bulk):
    log = Log()
    log.rules("Never touch generated files.")
    for number in range(bulk):
        log.user(f"Part {number}, which must stay fast.", context="retrieved line\n" * number)
        log.says(f"Let's go with {number}. " + "Words and more words. " * number)
        log.tool("read", f"line of a.py {number}\n" * (bulk * 2), command=f"make {number}")
    asked = compactor(window, ScriptedEngine(*answers))
    for step, text, number in steps:
        if step in {"compact", "by-hand"}:
            await check_compaction(log, asked, step == "by-hand", window)
        else:
            played(log, step, text, number)
    await check_compaction(log, asked, True, window)


@given(STEPS, st.lists(ANSWERS, min_size=2, max_size=6), WINDOWS, BULK)
@settings(max_examples=8, deadline=None, derandomize=True)
async def test_nothing_that_must_stay_is_lost_and_nothing_grows(steps, answers, window, bulk):
    await check_history(steps, answers, window, bulk)


@pytest.mark.slow
@given(STEPS, st.lists(ANSWERS, min_size=2, max_size=6), WINDOWS, BULK)
@settings(max_examples=1_000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
async def test_nothing_that_must_stay_is_lost_in_a_thousand_histories(steps, answers, window, bulk):
    await check_history(steps, answers, window, bulk)
