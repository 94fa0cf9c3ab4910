"""The calls of engines, counted in a local SQLite file.

Single calls are kept for `CALL_DAYS`, then only their sums by day, for `SUM_DAYS`. Stored are
numbers, and the names of models, servers and keys. Never stored: what was asked or answered, file
names, paths. Nothing of it leaves the machine.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from ownstack.log_database import LogDatabase
from ownstack.usage.calls import Call

CALL_DAYS = 14
SUM_DAYS = 5 * 366
SUM_UP_EVERY = 5_000
"""Calls after which a process that runs for long sums up old ones again."""
_DAY_S = 86_400
_MAX_NAME = 200

_KEYS = "role, task, engine, model, user, outcome, background, local"
_SUMS = "prompt_tokens, reused_tokens, generated_tokens, queue_ms, prefill_ms, decode_ms, total_ms"


@dataclass(frozen=True, slots=True)
class DaySum:
    """Calls of one day that are alike, summed up."""

    day: str
    """Such as "2026-11-29", where the user lives."""
    role: str
    task: str
    engine: str
    model: str
    user: str
    outcome: str
    background: int
    """1 or 0."""
    local: int
    calls: int
    prompt_tokens: int
    reused_tokens: int
    generated_tokens: int
    queue_ms: float
    prefill_ms: float
    decode_ms: float
    total_ms: float


def _m001_tables(db: sqlite3.Connection) -> None:
    keys = (
        "role TEXT NOT NULL, task TEXT NOT NULL, engine TEXT NOT NULL, model TEXT NOT NULL,"
        " user TEXT NOT NULL, outcome TEXT NOT NULL, background INTEGER NOT NULL,"
        " local INTEGER NOT NULL"
    )
    sums = (
        "prompt_tokens INTEGER NOT NULL, reused_tokens INTEGER NOT NULL,"
        " generated_tokens INTEGER NOT NULL, queue_ms REAL NOT NULL, prefill_ms REAL NOT NULL,"
        " decode_ms REAL NOT NULL, total_ms REAL NOT NULL"
    )
    db.execute(f"CREATE TABLE call (at REAL NOT NULL, {keys}, {sums})")
    db.execute("CREATE INDEX call_at ON call (at)")
    db.execute(
        f"CREATE TABLE day (day TEXT NOT NULL, {keys}, calls INTEGER NOT NULL, {sums},"
        f" PRIMARY KEY (day, {_KEYS})) WITHOUT ROWID"
    )


_MIGRATIONS = (_m001_tables,)

_SUMMED = ", ".join(f"SUM({name})" for name in _SUMS.split(", "))
_ADDED = ", ".join(f"{name} = {name} + excluded.{name}" for name in ["calls", *_SUMS.split(", ")])
_BY_DAY = (
    f"SELECT date(at, 'unixepoch', 'localtime') AS day, {_KEYS}, COUNT(*) AS calls, {_SUMMED}"
    " FROM call WHERE {which} GROUP BY day, " + _KEYS
)
_SUM_UP = f"INSERT INTO day {_BY_DAY.format(which='at < ?')} ON CONFLICT DO UPDATE SET {_ADDED}"
_ASK = (
    f"SELECT day, {_KEYS}, SUM(calls) AS n, {_SUMMED} FROM ("
    f"SELECT day, {_KEYS}, calls, {_SUMS} FROM day WHERE day >= ? UNION ALL "
    f"SELECT date(at, 'unixepoch', 'localtime') AS day, {_KEYS}, 1 AS calls, {_SUMS}"
    f" FROM call WHERE at >= ?) GROUP BY day, {_KEYS} ORDER BY day, n DESC, {_KEYS}"
)
_INSERT = "INSERT INTO call VALUES (" + ", ".join("?" * 16) + ")"


class UsageLog:
    """Keeps the counts of one process. Methods but `sums` return at once; any thread may call."""

    def __init__(self, path: Path, *, now: Callable[[], float] = time.time) -> None:
        self._now = now
        self._recorded = 0
        self._database = LogDatabase(path, "counts of calls", _MIGRATIONS, self._sum_up, now=now)

    @property
    def problem(self) -> str:
        """Why nothing is kept on disk, "" if it is. Known after the first write."""
        return self._database.problem

    def record(self, call: Call) -> None:
        """Count a call that has ended."""
        row = _row(self._now(), call)
        self._database.write(lambda db: db.execute(_INSERT, row))
        self._recorded += 1
        if self._recorded % SUM_UP_EVERY == 0:
            self._database.write(self._sum_up)

    def sums(self, since: float = 0.0, timeout_s: float = 10.0) -> list[DaySum]:
        """Return what was counted since then, by day. Waits for all writes before it.

        Of what is summed up already the whole first day counts.

        Raises:
            TimeoutError: the disk does not answer.
        """
        day = datetime.fromtimestamp(since).strftime("%Y-%m-%d") if since > 0 else ""

        def ask(db: sqlite3.Connection) -> list[DaySum]:
            return [DaySum(*row) for row in db.execute(_ASK, (day, since))]

        return self._database.ask(ask, [], timeout_s)

    def close(self, timeout_s: float = 5.0) -> None:
        """Write what is waiting and end the thread. Safe to call twice."""
        self._database.close(timeout_s)

    def _sum_up(self, db: sqlite3.Connection) -> None:
        oldest = self._now() - CALL_DAYS * _DAY_S
        db.execute(_SUM_UP, (oldest,))
        db.execute("DELETE FROM call WHERE at < ?", (oldest,))
        first = datetime.fromtimestamp(max(self._now() - SUM_DAYS * _DAY_S, 0))
        db.execute("DELETE FROM day WHERE day < ?", (first.strftime("%Y-%m-%d"),))


def _row(at: float, call: Call) -> tuple[object, ...]:
    caller = call.caller
    return (
        *(at, caller.role, call.task, _name(caller.engine), _name(caller.model)),
        *(_name(caller.user), call.outcome, call.background, call.local),
        *(call.prompt_tokens, call.reused_tokens, call.generated_tokens),
        *(call.queue_ms, call.prefill_ms, call.decode_ms, call.total_ms),
    )


def _name(name: str) -> str:
    """Return a name that SQLite takes: files may be called what is no Unicode."""
    return name.encode("utf-8", "replace").decode()[:_MAX_NAME]
