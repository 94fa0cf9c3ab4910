"""The local log of what became of suggestions."""

import contextlib
import sqlite3
from pathlib import Path

import pytest

from ownstack import database
from ownstack.completion.feedback import signals
from ownstack.completion.feedback.signals import KEEP_DAYS, Offered, SignalLog, Tally

SECRET = "password = 'hunter2'"


def offered(id: str = "a1", text: str = SECRET) -> Offered:
    return Offered(id, "python", "model", "tiny", text, 0.5)


def test_events_are_counted(tmp_path: Path) -> None:
    """What was written can be read, also by the next process."""
    path = tmp_path / "data" / "signals.sqlite"
    first = SignalLog(path)
    first.offered(offered())
    first.event("a1", "accepted", 20.0)
    first.close()
    second = SignalLog(path)
    second.event("a1", "kept-30s", 1.0)

    assert second.totals() == {"shown": 1, "accepted": 1, "kept-30s": 1}
    second.close()


def test_no_code_is_stored(tmp_path: Path) -> None:
    """Neither the text nor anything it could be read from is in the files."""
    log = SignalLog(tmp_path / "signals.sqlite")
    log.offered(offered())
    log.offered(offered("b2", "something\nelse"))
    log.totals()
    log.close()

    stored = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert b"hunter2" not in stored
    assert b"something" not in stored


def test_equal_texts_can_be_told(tmp_path: Path) -> None:
    """The hash is the same for the same text, within one log."""
    path = tmp_path / "signals.sqlite"
    log = SignalLog(path)
    for id, text in (("a", "x()"), ("b", "x()"), ("c", "y()\nz()")):
        log.offered(offered(id, text))
    log.close()
    db = sqlite3.connect(path)
    rows = db.execute("SELECT id, chars, lines, text_hash FROM suggestion ORDER BY id").fetchall()
    db.close()

    assert [row[:3] for row in rows] == [("a", 3, 1), ("b", 3, 1), ("c", 7, 2)]
    assert rows[0][3] == rows[1][3] != rows[2][3]


def test_a_damaged_file_is_moved_aside(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A new log begins, the old file is kept, and the log has a line about it."""
    path = tmp_path / "signals.sqlite"
    path.write_bytes(b"this is no database, whatever its name says" * 100)
    log = SignalLog(path)
    log.event("a1", "accepted")

    assert log.totals() == {"accepted": 1}
    assert log.problem == ""
    log.close()
    assert [file.name for file in tmp_path.glob("*.broken-*")] != []
    assert "damaged" in caplog.text


@pytest.mark.parametrize(
    "damage",
    [
        "DELETE FROM meta",
        "UPDATE meta SET value = 'a word'",
        "UPDATE meta SET value = 1000000000000",
        "UPDATE meta SET value = zeroblob(65)",
    ],
)
def test_a_file_whose_key_is_gone_gets_another(tmp_path: Path, damage: str) -> None:
    """Hashes of before tell nothing any more; all else is there."""
    path = tmp_path / "signals.sqlite"
    log = SignalLog(path)
    log.offered(offered())
    log.close()
    with contextlib.closing(sqlite3.connect(path)) as db, db:
        db.execute(damage)

    for number, id in enumerate(("b2", "c3"), 2):
        log = SignalLog(path)
        log.offered(offered(id))
        assert log.totals()["shown"] == number
        assert not log.problem
        log.close()

    with contextlib.closing(sqlite3.connect(path)) as db:
        hashes = dict(db.execute("SELECT id, text_hash FROM suggestion"))
    assert hashes["a1"] != hashes["b2"] == hashes["c3"]


def test_a_file_damaged_while_in_use_is_moved_aside(tmp_path: Path) -> None:
    """Also later, nothing is raised and the next events are kept."""
    path = tmp_path / "signals.sqlite"
    log = SignalLog(path)
    log.event("a1", "accepted")
    log.totals()
    for file in tmp_path.iterdir():
        file.write_bytes(b"\xff" * 65_536)
    log.event("a2", "accepted")

    assert log.totals().get("accepted", 0) >= 1
    log.close()


def test_where_nothing_can_be_written_it_lives_in_memory(tmp_path: Path) -> None:
    """A home that is a file, or read-only, costs the log its past and nothing else."""
    (tmp_path / "data").write_text("a file where the folder should be")
    log = SignalLog(tmp_path / "data" / "signals.sqlite")
    log.event("a1", "rejected")

    assert log.totals() == {"rejected": 1}
    assert "memory" in log.problem
    log.close()


def test_old_rows_are_deleted(tmp_path: Path) -> None:
    """The log does not grow for ever."""
    now = [1_000_000.0]
    path = tmp_path / "signals.sqlite"
    old = SignalLog(path, now=lambda: now[0])
    old.offered(offered())
    old.close()
    now[0] += (KEEP_DAYS + 1) * 86_400
    new = SignalLog(path, now=lambda: now[0])
    new.event("b2", "accepted")

    assert new.totals() == {"accepted": 1}
    new.close()


def test_a_closed_log_takes_nothing(tmp_path: Path) -> None:
    """Late events are dropped without a word; closing twice is fine."""
    log = SignalLog(tmp_path / "signals.sqlite")
    log.close()
    log.event("a1", "accepted")
    log.close()

    assert log.totals() == {}


def test_two_processes_share_the_file(tmp_path: Path) -> None:
    """Two logs on one file lose nothing."""
    path = tmp_path / "signals.sqlite"
    first, second = SignalLog(path), SignalLog(path)
    for number in range(50):
        first.event(f"a{number}", "accepted")
        second.event(f"b{number}", "rejected")
    first.totals()
    second.totals()

    assert first.totals() == {"accepted": 50, "rejected": 50}
    first.close()
    second.close()


def test_a_log_of_before_calibrations_goes_on(tmp_path: Path) -> None:
    """Its rows still count in the statistics, and nothing is learned of their chances."""
    path = tmp_path / "signals.sqlite"
    now = 1_000_000.0
    db = sqlite3.connect(path)
    database.migrate(db, signals._MIGRATIONS[:1])
    with db:
        row = ("old", now, "python", "echo", "", 5, 1, 0.5, b"hash")
        db.execute("INSERT INTO suggestion VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
        db.execute("INSERT INTO event VALUES ('old', ?, 'accepted', 5)", (now,))
    db.close()
    log = SignalLog(path, now=lambda: now + 86_400)
    log.offered(offered("new"))
    log.event("new", "accepted")

    judged = log.judged(10, 100)

    assert judged is not None
    assert judged.result(5) == [signals.Judged("model", "tiny", 0.5, True, 0.0)]
    assert sum(tally.accepted for tally in log.tallies(30)) == 2
    log.close()


def test_the_newest_are_judged(tmp_path: Path) -> None:
    """So many as are asked for, with their age."""
    now = [1_000_000.0]
    log = SignalLog(tmp_path / "signals.sqlite", now=lambda: now[0])
    for number in range(5):
        now[0] += 86_400
        log.offered(offered(f"a{number}"))
        log.event(f"a{number}", "accepted" if number % 2 else "rejected")

    judged = log.judged(100, 3)

    assert judged is not None
    found = sorted((each.age_days, each.right) for each in judged.result(5))
    assert found == [(0.0, False), (1.0, True), (2.0, False)]
    log.close()
    assert log.judged(100, 3) is None


def test_tallies_by_who_made_them(tmp_path: Path) -> None:
    """Echo's lines are echo's, whoever scored them; taken once counts once; gone is not kept."""
    now = [1_000_000.0]
    log = SignalLog(tmp_path / "signals.sqlite", now=lambda: now[0])
    log.offered(Offered("old", "python", "model", "tiny", "x", 0.5))
    log.event("old", "accepted")
    now[0] += 40 * 86_400
    for id, source, model in (
        ("e1", "echo", ""),
        ("e2", "echo", "builtin"),
        ("e3", "echo", ""),
        ("m1", "model", "tiny"),
        ("m2", "model", "tiny"),
    ):
        log.offered(Offered(id, "python", source, model, "x = 1", 0.5))
    for id, kind, value in (
        ("e1", "accepted", 5.0),
        ("e1", "typed-through", 5.0),
        ("e1", "kept-30s", 1.0),
        ("e1", "kept-2m", 0.7),
        ("e2", "typed-through", 5.0),
        ("e2", "kept-30s", 1.0),
        ("e2", "kept-2m", 0.0),
        ("m1", "partly", 2.0),
        ("m2", "rejected", 0.0),
    ):
        log.event(id, kind, value)  # type: ignore[arg-type]

    tallies = log.tallies(30)

    assert tallies == [
        Tally("echo", "", 3, 1, 1, 0, 0, kept=1, looked_at=2),
        Tally("model", "tiny", 2, 0, 0, 1, 1, kept=0, looked_at=0),
    ]
    assert sum(tally.shown for tally in log.tallies(365)) == 6
    log.close()
    assert log.tallies(30) == []
