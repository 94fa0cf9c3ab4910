"""An archive as a document: what a reader may rely on, and what is said of one that is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from ownstack.errors import ArchiveError, NewerFormatError, OwnstackError
from ownstack.memory import events
from ownstack.memory.archive import document
from ownstack.memory.archive.continuing import continue_from, missing_files
from ownstack.memory.log.conversation_log import ConversationLog
from tests.memory.archive.conftest import archived, filled
from tests.support.conversations import Log, long_log


def talk() -> Log:
    log = Log()
    log.user("Never write to the cache. Where is src/a.py?", context="a secret of the index")
    log.says("There.\nAnd here.")
    log.edit("src/a.py")
    log.tool("pytest", "FAILED", command="pytest", exit_code=1, failed_tests=["t.py::test_a"])
    log.decision("D001", "Use SQLite for the log", tier=1, rationale="One file.")
    log.decision("D002", "Guess the port", tier=0.2)
    log.decision("D003", "Use Postgres", status="superseded", superseded_by="D001")
    log.thread("T001", "Paths on Windows")
    log.thread("T002", "The lock", "RESOLVED")
    return log


def normal(log: ConversationLog) -> str:
    return document.to_text(archived(log, filled(log, talk().events), "normal"))


def test_any_reader_of_yaml_reads_it(log: ConversationLog) -> None:
    tree = yaml.safe_load(normal(log))

    assert [(d["name"], d["priority"], d["tier"]) for d in tree["decisions"]] == [
        ("D001", "critical", 1.0),
        ("D002", "medium", 0.2),
        ("D003", "low", 0.5),
    ]
    assert tree["decisions"][0]["rationale"] == "One file."
    assert tree["decisions"][2]["superseded_by"] == "D001"
    assert [(t["name"], t["state"], t["priority"]) for t in tree["threads"]] == [
        ("T001", "OPEN", "high"),
        ("T002", "RESOLVED", "low"),
    ]
    assert [(a["kind"], a["priority"], a["name"]) for a in tree["artifacts"]] == [
        ("failing", "critical", "t.py::test_a"),
        ("edited", "high", "src/a.py"),
        ("ran", "medium", "pytest"),
    ]
    assert tree["constraints"] == [{"text": "Never write to the cache.", "priority": "critical"}]
    assert "## Constraints\n- Never write to the cache." in tree["continuation"]
    assert "secret of the index" not in str(tree)


def test_partial_has_what_matters_most(log: ConversationLog) -> None:
    archive = archived(log, filled(log, talk().events), "partial")

    assert [item.decision.name for item in archive.decisions] == ["D001"]
    assert [item.thread.name for item in archive.threads] == ["T001"]
    assert [item.kind for item in archive.artifacts] == ["failing", "edited"]
    tree = document.to_tree(archive)
    assert not {"turns", "events", "summary", "pins"} & set(tree)


def test_a_priority_that_somebody_gave_stays(log: ConversationLog) -> None:
    text = normal(log).replace(
        "priority: medium\n  text: Guess", "priority: critical\n  text: Guess"
    )
    archive = document.from_text(text)

    assert [item.decision.name for item in archive.decisions[:2]] == ["D001", "D002"]
    assert archive.decisions[1].priority == "critical"
    again = continue_from(log.sessions, "/elsewhere", archive)
    kept = archived(log, again, "partial", "/elsewhere")
    assert [item.decision.name for item in kept.decisions] == ["D001", "D002"]


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ("mode: normal", "mode: whole", "line 3: mode: 'whole' is not one of"),
        ("tier: 1.0", "tier: 1.5", "decisions/0/tier: 1.5 is greater than the maximum"),
        ("tier: 1.0", "tier: yes", "decisions/0/tier: 'yes' is not of type 'number'"),
        ("state: OPEN", "state: HALF", "threads/0/state: 'HALF' is not one of"),
        ("name: D001", "name: Dx", "decisions/0/name: 'Dx' is not of the form"),
        ("name: D001", 'name: "D001\\n"', "is not of the form"),
        ("mode: normal", "mode: partial", "turns: it does not belong into an archive of this mode"),
        ("mode: normal", "mode: lossless", "'events' is a required property"),
        ("constraints:", "wishes:", "Additional properties are not allowed ('wishes'"),
        ("lineage:\n- ", "lineage:\n- x", "lineage/0: "),
        ("made: '2023-", "made: '2023-99-01T00:00:00Z' #", "is no moment"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_its_line(
    log: ConversationLog, before: str, after: str, message: str
) -> None:
    text = normal(log)
    assert before in text
    wrong = text.replace(before, after, 1)

    with pytest.raises(ArchiveError) as raised:
        document.from_text(wrong)

    assert message in str(raised.value)
    assert "in line " in str(raised.value)
    assert "Mend the file" in raised.value.hint


@pytest.mark.parametrize("text", ["", "[]", "nonsense", "a: 1", "42", "ownstack_archive:"])
def test_nonsense_is_no_archive(text: str) -> None:
    with pytest.raises(ArchiveError, match="This is no archive"):
        document.from_text(text)


@pytest.mark.parametrize("version", ["0", "'1'", "1.5", "true", "[]", "-3"])
def test_a_format_that_never_was(log: ConversationLog, version: str) -> None:
    with pytest.raises(ArchiveError):
        document.from_text(
            normal(log).replace("ownstack_archive: 1", f"ownstack_archive: {version}")
        )


def test_a_newer_format_says_so() -> None:
    with pytest.raises(NewerFormatError, match=r"format 9, this one reads 1.* Update Ownstack"):
        document.from_text("ownstack_archive: 9\nunheard: of\n")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\x7fELF\x00\x00\x01", "is no text"),
        (b"ownstack_archive: 9", "newer version"),
    ],
)
def test_files_that_are_none(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "x.yaml"
    path.write_bytes(content)
    with pytest.raises(OwnstackError, match=message):
        document.read(path)


def test_files_that_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for path in (tmp_path, tmp_path / "none.yaml", Path("/dev/zero"), Path("a\0b")):
        with pytest.raises(ArchiveError, match="cannot be read"):
            document.read(path)
    monkeypatch.setattr(document.yaml_text, "MAX_BYTES", 100)
    (tmp_path / "big.yaml").write_text("x" * 101)
    with pytest.raises(ArchiveError, match="at most"):
        document.read(tmp_path / "big.yaml")


@pytest.mark.parametrize(
    ("event", "message"),
    [
        ('{turn: 1, kind: user, at: 1.0, json: "[1]"}', "it is no JSON object"),
        ('{turn: 1, kind: user, at: 1.0, json: "{"}', "it is no JSON object"),
        ("{turn: -1, kind: user, at: 1.0}", "turn: -1 is less than"),
        ("{turn: 1, kind: '', at: 1.0}", "kind: "),
        ("{turn: 1, kind: user, at: 1.0, data: {n: 9999999999999999999}}", "a number is too large"),
        ("{turn: 1, kind: user, at: 1.0, data: " + "{a: " * 30 + "1" + "}" * 31, "nests deeper"),
        ("{turn: 1, kind: user}", "'at' is a required property"),
    ],
)  # fmt: skip
def test_events_that_are_none(log: ConversationLog, event: str, message: str) -> None:
    text = document.to_text(archived(log, filled(log, []), "lossless"))
    text = text.replace("events: []", f"events:\n- {event}")
    with pytest.raises(ArchiveError) as raised:
        document.from_text(text)
    assert message in str(raised.value)


def test_equal_archives_have_one_id(log: ConversationLog) -> None:
    archive = archived(log, filled(log, long_log(2).events), "normal")
    text = document.to_text(archive)
    assert document.archive_id(document.from_text(text)) == document.archive_id(archive)
    edited = document.from_text(text.replace("one file", "two files"))
    assert document.archive_id(edited) != document.archive_id(archive)


def test_what_an_archive_brings_is_not_decided_here(log: ConversationLog) -> None:
    """Nor there: an old state of a decision never comes back."""
    session = filled(log, talk().events)
    archive = archived(log, session, "lossless")
    log.sessions.record("/home/a/project").append(
        events.decision(events.Stamp(log.sessions.record("/home/a/project").id, 0, 2e9), "D001",
                        "Use SQLite for the log", status="rejected")
    )  # fmt: skip
    from ownstack.memory.facts.project_facts import ProjectFacts

    again = continue_from(log.sessions, "/home/a/project", archive)
    other = continue_from(log.sessions, "/elsewhere", archive)

    assert ProjectFacts(again).decisions()["D001"].status == "rejected"
    assert ProjectFacts(other).decisions() == ProjectFacts(other).threads() == {}


def test_files_outside_of_the_project_are_not_looked_for(
    log: ConversationLog, tmp_path: Path
) -> None:
    talked = Log()
    for path in ("here.py", "../outside.py", "/etc/passwd", "gone.py", "a\0b"):
        talked.edit(path)
    (tmp_path / "project").mkdir()
    (tmp_path / "project" / "here.py").touch()
    (tmp_path / "outside.py").touch()
    archive = archived(log, filled(log, talked.events), "normal")

    missing = missing_files(archive, tmp_path / "project")

    assert "here.py" not in missing
    assert {"../outside.py", "/etc/passwd", "gone.py"} <= set(missing)


def test_a_broken_archive_leaves_no_session(log: ConversationLog) -> None:
    archive = archived(log, filled(log, talk().events), "lossless")
    before = log.sessions.list()
    from dataclasses import replace

    bad = replace(archive, events=(replace(archive.events[0], at=float("inf")),))
    with pytest.raises(OwnstackError, match="time"):
        continue_from(log.sessions, "/elsewhere", bad)
    assert log.sessions.list() == before
