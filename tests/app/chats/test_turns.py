"""A log as turns: bounded pages, what answers came with, and what a damaged note may not do."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from ownstack.app.chats import turns
from ownstack.chat.answer import Answer
from ownstack.chat.citations import Citation
from ownstack.engine.results import Usage
from ownstack.memory import events
from tests.support.conversations import Log, long_log

ROOT = Path("/project")


def all_of_them(found: Sequence[Citation]) -> Sequence[Citation]:
    return found


def page(log: Log, **more: object) -> turns.Page:
    return turns.page(log.events, ROOT, all_of_them, **more)  # type: ignore[arg-type]


def test_what_an_answer_came_with_is_there_again() -> None:
    log = Log()
    log.user("Why?")
    log.says("Since a.py:3 says so.")
    answer = Answer(
        "Since a.py:3 says so.",
        "stop",
        "m",
        (Citation("a.py", 3, 4, "cited", "f"), Citation("b.ipynb", 1, 2, "named", "", 7)),
        1,
        usage=Usage(prompt_tokens=9, generated_tokens=2, decode_ms=1.5, leaves_machine=True),
        problems=("Cut.",),
        notes=("Noted.",),
    )
    log.add(turns.record(log.stamp(), "q1", answer))

    [turn] = page(log).turns

    assert (turn.question, turn.text, turn.answer) == ("q1", "Why?", "Since a.py:3 says so.")
    assert [(each.path, each.start_line, each.end_line, each.cell) for each in turn.citations] == [
        ("a.py", 3, 4, None),
        ("b.ipynb", 1, 2, 7),
    ]
    assert turn.citations[0].uri == "file:///project/a.py"
    assert turn.usage is not None
    assert (turn.usage.prompt_tokens, turn.usage.generated_tokens) == (9, 2)
    assert (turn.leaves_machine, turn.problems, turn.notes) == (True, ["Cut."], ["Noted."])


def test_a_turn_with_tools_is_one_turn() -> None:
    found = page(long_log()).turns

    assert [turn.turn for turn in found] == list(range(1, 14))
    assert found[0].answer.startswith("I read it in step 0.")
    assert found[0].answer.endswith("`helper0`.")
    assert [(step.name, step.arguments, step.ok) for step in found[0].steps] == [
        ("read", "{}", True)
    ]
    assert (found[-1].answer, found[-1].finish) == ("", "interrupted")


def test_pages_are_bounded_and_fit_together() -> None:
    log = Log()
    for number in range(100):
        log.user(f"Question {number}")
        log.says("x" * 60_000)

    newest = page(log)
    before = page(log, before=newest.turns[0].turn, limit=5)
    first = page(log, before=3)

    assert sum(len(turn.answer) for turn in newest.turns) <= turns.MAX_PAGE_CHARS
    assert newest.turns[-1].text == "Question 99"
    assert [turn.turn for turn in before.turns] == [
        newest.turns[0].turn - distance for distance in (5, 4, 3, 2, 1)
    ]
    assert (newest.earlier, before.earlier, first.earlier) == (True, True, False)
    assert page(log, before=1) == turns.Page([], False)


def test_one_text_of_megabytes_is_cut() -> None:
    log = Log()
    log.user("y" * 3_000_000)
    log.says("x" * 3_000_000)

    [turn] = page(log).turns

    assert len(turn.answer) == len(turn.text) == turns.MAX_TEXT_CHARS
    assert turn.cut


@pytest.mark.parametrize(
    "details",
    [
        {"citations": "everywhere"},
        {"citations": [7, None, {"path": "../../etc/passwd", "kind": "cited", "start": 1}]},
        {"citations": [{"path": "/etc/passwd", "kind": "cited", "start": 1, "end": 1}]},
        {"citations": [{"path": "C:\\x", "kind": "cited", "start": 1, "end": 1}]},
        {"citations": [{"path": "a.py", "kind": "sworn", "start": 1, "end": 1}]},
        {"usage": [1], "problems": "none", "notes": {"x": 1}, "question": 7},
        {"usage": {"prompt_tokens": "many", "prefill_ms": True}},
    ],
)
def test_a_note_that_others_wrote_is_read_with_distrust(details: dict[str, object]) -> None:
    log = Log()
    log.user("Why?")
    log.says("So.")
    log.add(events.note(log.stamp(), turns.TOPIC, "", details))  # type: ignore[arg-type]

    [turn] = page(log).turns

    assert (turn.answer, turn.citations, turn.problems, turn.question) == ("So.", [], [], "")


def test_citations_that_no_longer_stand_are_left_out() -> None:
    log = Log()
    log.user("Why?")
    log.says("So.")
    answer = Answer("So.", "stop", "m", (Citation("a.py", 3, 4, "cited"),), 1)
    log.add(turns.record(log.stamp(), "", answer))

    assert turns.page(log.events, ROOT, lambda found: ()).turns[0].citations == []
