"""Calls in SQLite: single ones for a while, then their sums by day."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from ownstack.usage.calls import Call, Caller
from ownstack.usage.log import CALL_DAYS, SUM_DAYS, SUM_UP_EVERY, DaySum, UsageLog

CODER = Caller("completion", "llama", "coder")
NOON = datetime(2026, 3, 10, 12).timestamp()
DAY_S = 86_400


def call(caller: Caller = CODER, **more: object) -> Call:
    """Return a call that found 60 of its 100 tokens read."""
    given = {"prompt_tokens": 100, "reused_tokens": 60, "generated_tokens": 5, "decode_ms": 50.0}
    return Call(caller, "infill", "answered", **{**given, **more})  # type: ignore[arg-type]


def test_calls_that_are_alike_are_summed_up(tmp_path: Path) -> None:
    """By day and by all that is not a number; the next process reads what this one wrote."""
    first = UsageLog(tmp_path / "data" / "usage.sqlite", now=lambda: NOON)
    first.record(call())
    first.record(call())
    first.record(call(Caller("chat", "llama", "coder", user="aider")))
    first.close()
    second = UsageLog(tmp_path / "data" / "usage.sqlite", now=lambda: NOON)

    editor, served = second.sums()

    assert editor == DaySum(
        "2026-03-10", "completion", "infill", "llama", "coder", "", "answered", 0, 1,
        2, 200, 120, 10, 0.0, 0.0, 100.0, 0.0,
    )  # fmt: skip
    assert (served.role, served.user, served.calls) == ("chat", "aider", 1)
    second.close()


def test_old_calls_become_sums_and_nothing_is_lost(tmp_path: Path) -> None:
    """What is asked for comes out the same, and the single rows are gone."""
    now = [NOON]
    file = tmp_path / "usage.sqlite"
    log = UsageLog(file, now=lambda: now[0])
    for _ in range(3):
        log.record(call())
    before = log.sums()
    log.close()
    now[0] += (CALL_DAYS + 1) * DAY_S
    for _ in range(2):  # The second time there is nothing left to sum up.
        log = UsageLog(file, now=lambda: now[0])
        assert log.sums() == before
        rows = log._database.ask(lambda db: db.execute("SELECT * FROM call").fetchall(), [], 5)
        log.close()

    assert rows == []


def test_sums_of_one_day_are_added_to(tmp_path: Path) -> None:
    """A day that is summed up in two goes is one day."""
    now = [NOON]
    file = tmp_path / "usage.sqlite"
    for later_s in (0, 3600, (CALL_DAYS * DAY_S)):
        now[0] = NOON + later_s
        log = UsageLog(file, now=lambda: now[0])
        log.record(call())
        log.close()
    now[0] = NOON + CALL_DAYS * DAY_S + 1800
    log = UsageLog(file, now=lambda: now[0])
    first = log.sums()
    log.close()
    now[0] += DAY_S
    log = UsageLog(file, now=lambda: now[0])

    assert [item.calls for item in first] == [2, 1]
    assert log.sums() == first
    log.close()


def test_a_process_that_runs_for_long_sums_up_too(tmp_path: Path) -> None:
    """The file does not grow with the daemon's age."""
    now = [NOON]
    log = UsageLog(tmp_path / "usage.sqlite", now=lambda: now[0])
    log.record(call())
    log.sums()
    now[0] += (CALL_DAYS + 1) * DAY_S
    for _ in range(SUM_UP_EVERY - 1):
        log.record(call())
        if log._database._jobs.qsize() > 2_000:
            log.sums()

    count = log._database.ask(
        lambda db: db.execute("SELECT MIN(at) FROM call").fetchone()[0], 0, 60
    )
    assert count == now[0]
    log.close()


def test_what_is_very_old_is_forgotten(tmp_path: Path) -> None:
    """Sums are kept for years, not for ever."""
    now = [NOON]
    file = tmp_path / "usage.sqlite"
    log = UsageLog(file, now=lambda: now[0])
    log.record(call())
    log.close()
    now[0] += (SUM_DAYS + 2) * DAY_S
    log = UsageLog(file, now=lambda: now[0])

    assert log.sums() == []
    log.close()


def test_since_a_time(tmp_path: Path) -> None:
    """What was before is left out."""
    now = [NOON]
    log = UsageLog(tmp_path / "usage.sqlite", now=lambda: now[0])
    log.record(call())
    now[0] += 2 * DAY_S
    log.record(call())

    assert [item.day for item in log.sums(NOON + DAY_S)] == ["2026-03-12"]
    assert len(log.sums()) == 2
    log.close()


def test_where_nothing_can_be_written_it_lives_in_memory(tmp_path: Path) -> None:
    """A home that is a file costs the log its past, and nobody an answer."""
    (tmp_path / "data").write_text("a file where the folder should be")
    log = UsageLog(tmp_path / "data" / "usage.sqlite")
    log.record(call())

    assert [item.calls for item in log.sums()] == [1]
    assert "memory" in log.problem
    log.close()


def test_names_that_are_no_unicode(tmp_path: Path) -> None:
    """A model's file may be called so; it is counted under a name near it."""
    log = UsageLog(tmp_path / "usage.sqlite")
    log.record(call(Caller("chat", "llama", "m\udcff" + "x" * 10_000)))

    (counted,) = log.sums()
    assert counted.model.startswith("m?x")
    assert len(counted.model) == 200
    log.close()
