"""Decisions, threads and patterns of a project, over all of its sessions."""

from pathlib import Path

import pytest

from ownstack.errors import EventError
from ownstack.memory.facts.project_facts import ProjectFacts
from ownstack.memory.log.conversation_log import ConversationLog
from ownstack.memory.recollection import recollect
from tests.memory.log.conftest import ROOT, OpenLog, say


def facts(log: ConversationLog, root: str = ROOT) -> ProjectFacts:
    return ProjectFacts(log.sessions.create(root))


def test_what_one_session_decided_another_knows_and_another_project_does_not(
    open_log: OpenLog,
) -> None:
    first = facts(open_log())
    verdict = first.decide("Use SQLite for the log", tier=1.0, rationale="One file.")
    assert verdict.decision.name == "D001"

    log = open_log()
    assert facts(log).decisions()["D001"].rationale == "One file."
    assert facts(log, "/elsewhere").decisions() == {}
    assert facts(log).decide("We use SQLite for the log").outcome == "merged"


def test_two_windows_never_give_the_same_name(open_log: OpenLog) -> None:
    windows = [facts(open_log()), facts(open_log())]
    texts = ["Format with ruff", "Test with pytest", "Store halves", "Name nouns"]
    names = [windows[at % 2].decide(text).decision.name for at, text in enumerate(texts)]
    assert names == ["D001", "D002", "D003", "D004"]
    assert [d.text for d in windows[0].decisions().values()] == texts


def test_a_dispute_is_settled(log: ConversationLog) -> None:
    known = facts(log)
    known.decide("Use SQLite for the log")
    assert known.decide("Use Postgres for the log").outcome == "disputed"
    known.settle("D002")
    assert {name: d.status for name, d in known.decisions().items()} == {
        "D001": "superseded",
        "D002": "active",
    }


def test_we_decided_to_says_nothing_of_the_purpose(log: ConversationLog) -> None:
    known = facts(log)
    known.decide("We decided to use SQLite for the orders of shop.py.")
    assert known.decide("We decided to use Postgres for the orders.").outcome == "disputed"


def test_decisions_are_validated_and_rejected(log: ConversationLog) -> None:
    known = facts(log)
    made = known.decide("Format with ruff").decision
    assert known.validate("D001").last_validated > made.last_validated
    assert known.reject("D001").status == "rejected"
    assert not known.decisions()["D001"].holds
    for change in (known.validate, known.reject, known.settle):
        with pytest.raises(EventError, match="no decision D009"):
            change("D009")
    with pytest.raises(EventError, match="what was decided"):
        known.decide("  ")


def test_decisions_are_made_while_the_disk_takes_nothing(tmp_path: Path, open_log: OpenLog) -> None:
    (tmp_path / "log").write_text("in the way")
    log = open_log()
    known = facts(log)
    assert [known.decide(text).decision.name for text in ("Use ruff", "Use mypy")] == [
        "D001",
        "D002",
    ]
    assert known.decide("Use ruff").outcome == "merged"
    (tmp_path / "log").unlink()
    # Meanwhile another window has taken the names: here they are given anew.
    assert facts(open_log()).decide("Store halves").decision.name == "D001"
    known.open_thread("Why was the disk full?")
    texts = {d.name: d.text for d in facts(open_log()).decisions().values()}
    assert texts == {"D001": "Store halves", "D002": "Use ruff", "D003": "Use mypy"}


def test_threads_are_opened_once_and_resolved(log: ConversationLog) -> None:
    known = facts(log)
    thread = known.open_thread("Paths on Windows")
    assert known.open_thread("Paths on Windows") == thread
    assert known.open_thread("Long names").name == "T002"
    known.resolve_thread("T001", "os.fspath everywhere")

    states = {t.name: (t.state, t.outcome) for t in facts(log).threads().values()}
    assert states == {"T001": ("RESOLVED", "os.fspath everywhere"), "T002": ("OPEN", "")}
    assert known.open_thread("Paths on Windows").name == "T003"
    with pytest.raises(EventError, match="no thread T009"):
        known.resolve_thread("T009")


def test_recollection_has_decisions_patterns_and_turns(log: ConversationLog) -> None:
    session = log.sessions.create(ROOT)
    known = ProjectFacts(session)
    known.decide("Use SQLite for the log", tier=1.0)
    known.decide("Format with ruff")
    known.saw_pattern("SQLite database is locked", "set a busy timeout")
    say(session, "Where is the SQLite log kept?", "In the data folder.")

    found = recollect(log, session, ROOT, "SQLite log locked")
    assert [decision.name for decision in found.decisions] == ["D001"]
    assert [pattern.solution for pattern in found.patterns] == ["set a busy timeout"]
    assert "Where is the SQLite log kept?" in [turn.text for turn in found.turns]
