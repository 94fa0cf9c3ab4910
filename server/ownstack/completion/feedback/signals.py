"""What became of suggestions, kept in a local SQLite file.

Stored for each suggestion: a random id, the time, the language id, which tier and model made it,
its length in characters and lines, its confidence and by which calibration, what was learned of it
then, and keyed hashes: of its text, of its line in its document, of how it begins, and of the file
and the folder that it was found in. The key is random and lies in the file: equal ones can be
counted, but not read back except by guessing.
For each event: the suggestion's id, the time, the kind, and a number (characters typed, or the
share that is still there). Never stored: code, file names, paths as such. Nothing of it leaves the
machine. Rows older than `KEEP_DAYS` are deleted.

Writing happens on a thread of its own, in batches; nothing here makes an event loop wait.
"""

from __future__ import annotations

import functools
import hashlib
import secrets
import sqlite3
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from ownstack.completion.echo.preferences import TRAITS_BYTES, UNKNOWN, Subject, traits
from ownstack.log_database import LogDatabase

KEEP_DAYS = 365
CALIBRATION = 1
"""Which chances the confidences are. To be raised whenever a source comes to mean something else by
its chance: what was learned of the older ones does not hold for the new. 0 is stored where nothing
is to be learned."""

KEY_BYTES = 16
_NEW_KEY = "INSERT OR REPLACE INTO meta VALUES ('hash_key', ?)"
_HASH_KEY = f"""
SELECT value FROM meta
WHERE key = 'hash_key' AND typeof(value) = 'blob' AND length(value) = {KEY_BYTES}
"""

Kind = Literal[
    "shown", "typed-through", "accepted", "partly", "rejected", "kept-30s", "kept-2m", "kept-10m"
]


@dataclass(frozen=True, slots=True)
class Offered:
    """A suggestion that was shown. `text` is hashed on the way in."""

    id: str
    language: str
    source: str
    model: str
    text: str
    confidence: float | None
    tells: bool = True
    """What becomes of it tells whether its confidence was right."""
    subject: Subject = UNKNOWN
    """What it is known by again, hashed on the way in."""
    shift: float = 0.0
    """Of its log-odds, for what was learned of its line."""


@dataclass(frozen=True, slots=True)
class Tally:
    """What became of the suggestions of one maker."""

    source: str
    """"echo" or "model"."""
    model: str
    """Its name, "" for echo."""
    shown: int
    accepted: int
    """By the key that accepts."""
    typed_through: int
    """Typed to the end."""
    partly: int
    """A good part was taken, then something else was typed."""
    rejected: int
    kept: int
    """Of those accepted or typed: in the file each time it was looked at …"""
    looked_at: int
    """… of so many that were looked at (30 s, 2 and 10 minutes later, if the file stays open)."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A suggestion that was taken or turned down, and what was promised of it."""

    source: str
    model: str
    """ "" for echo."""
    chance: float
    """That it is exactly right, as its source said."""
    right: bool
    """It was taken, and still there two minutes later if it was looked at then."""
    age_days: float


@dataclass(frozen=True, slots=True)
class Remembered:
    """What became of a line that was suggested before."""

    traits: bytes
    source: str
    model: str
    """ "" for echo."""
    chance: float | None
    """As it was shown, with `shift` in it."""
    shift: float
    right: bool
    """It was taken, and nobody saw it gone within ten minutes."""
    kept_long: bool
    """It was still there after ten minutes."""
    at: float


@dataclass(frozen=True, slots=True)
class History:
    """What was logged of lines, the oldest first, and the key of its hashes."""

    key: bytes
    outcomes: Sequence[Remembered]


class Listener(Protocol):
    """Hears what is logged in this process, on whichever thread does."""

    def offered(self, offered: Offered, /) -> None: ...
    def event(self, id: str, kind: Kind, value: float, /) -> None: ...


def _m001_tables(db: sqlite3.Connection) -> None:
    db.execute("CREATE TABLE meta (key TEXT PRIMARY KEY, value BLOB) WITHOUT ROWID")
    db.execute(
        "CREATE TABLE suggestion (id TEXT PRIMARY KEY, at REAL NOT NULL, language TEXT NOT NULL,"
        " source TEXT NOT NULL, model TEXT NOT NULL, chars INTEGER NOT NULL,"
        " lines INTEGER NOT NULL, confidence REAL, text_hash BLOB NOT NULL) WITHOUT ROWID"
    )
    db.execute(
        "CREATE TABLE event (suggestion TEXT NOT NULL, at REAL NOT NULL, kind TEXT NOT NULL,"
        " value REAL NOT NULL)"
    )
    db.execute("CREATE INDEX event_at ON event (at)")
    db.execute("CREATE INDEX event_kind ON event (kind)")
    db.execute(_NEW_KEY, (secrets.token_bytes(KEY_BYTES),))


def _m002_calibration(db: sqlite3.Connection) -> None:
    db.execute("ALTER TABLE suggestion ADD COLUMN calibration INTEGER NOT NULL DEFAULT 0")


def _m003_traits(db: sqlite3.Connection) -> None:
    db.execute("ALTER TABLE suggestion ADD COLUMN traits BLOB")
    db.execute("ALTER TABLE suggestion ADD COLUMN shift REAL NOT NULL DEFAULT 0")


_MIGRATIONS = (_m001_tables, _m002_calibration, _m003_traits)
_ENDINGS = ("typed-through", "accepted", "partly", "rejected")

_TALLIES = """
SELECT source, CASE source WHEN 'echo' THEN '' ELSE model END AS maker, COUNT(*) AS shown,
    CAST(TOTAL(accepted) AS INTEGER), CAST(TOTAL(typed AND NOT accepted) AS INTEGER),
    CAST(TOTAL(partly) AS INTEGER), CAST(TOTAL(rejected) AS INTEGER),
    CAST(TOTAL((accepted OR typed) AND least > 0) AS INTEGER),
    CAST(TOTAL((accepted OR typed) AND least IS NOT NULL) AS INTEGER)
FROM suggestion LEFT JOIN (
    SELECT suggestion, MAX(kind = 'accepted') AS accepted, MAX(kind = 'typed-through') AS typed,
        MAX(kind = 'partly') AS partly, MAX(kind = 'rejected') AS rejected,
        MIN(CASE WHEN kind GLOB 'kept-*' THEN value END) AS least
    FROM event WHERE at >= ? GROUP BY suggestion
) ON suggestion = id
WHERE at >= ? GROUP BY source, maker ORDER BY shown DESC, source, maker
"""
"""TOTAL, not SUM: that of nothing is 0. Echo's lines are echo's, whoever scored them."""

_JUDGED = f"""
WITH newest AS (
    SELECT suggestion, kind, at FROM event
    WHERE at BETWEEN :since AND :now AND +kind IN {_ENDINGS} ORDER BY at DESC LIMIT :most
), gone AS (
    SELECT suggestion FROM event
    WHERE at >= (SELECT MIN(at) FROM newest) AND +kind = 'kept-2m' AND value <= 0
)
SELECT source, CASE source WHEN 'echo' THEN '' ELSE model END, confidence,
    MAX(kind IN ('accepted', 'typed-through')) AND id NOT IN (SELECT suggestion FROM gone),
    MAX(newest.at)
FROM newest JOIN suggestion ON id = newest.suggestion
WHERE typeof(confidence) = 'real' AND calibration = :calibration GROUP BY id
"""
"""The plus keeps SQLite from the index of kinds: by time, it may stop at the newest. A column may
hold anything, and texts are greater than all numbers: what is no time or chance is passed over."""


_HISTORY = f"""
WITH newest AS (
    SELECT suggestion, kind, at FROM event
    WHERE at BETWEEN :since AND :now AND +kind IN {_ENDINGS} ORDER BY at DESC LIMIT :most
), looked AS (
    SELECT suggestion, MIN(value) AS least, MAX(kind = 'kept-10m') AS long FROM event
    WHERE at BETWEEN (SELECT MIN(at) FROM newest) AND :now AND +kind GLOB 'kept-*'
    GROUP BY suggestion
), ended AS (
    SELECT suggestion, MAX(kind IN ('accepted', 'typed-through')) AS taken,
        MAX(kind = 'rejected') AS rejected, MAX(at) AS at
    FROM newest GROUP BY suggestion
)
SELECT traits, source, CASE source WHEN 'echo' THEN '' ELSE model END,
    CASE typeof(confidence) WHEN 'real' THEN confidence END,
    CASE typeof(shift) WHEN 'real' THEN shift ELSE 0.0 END,
    taken AND IFNULL(least > 0, 1), taken AND IFNULL(least > 0 AND long, 0), ended.at
FROM ended JOIN suggestion ON id = ended.suggestion
LEFT JOIN looked ON looked.suggestion = ended.suggestion
WHERE typeof(traits) = 'blob' AND length(traits) = {TRAITS_BYTES}
    AND (taken OR rejected AND calibration > 0)
ORDER BY ended.at
"""


class SignalLog:
    """Keeps the signals of one process. Methods return at once; any thread may call them."""

    def __init__(self, path: Path, *, now: Callable[[], float] = time.time) -> None:
        self._now = now
        self._key = b""
        self._listeners: list[Listener] = []
        self.n_ended = 0
        """Suggestions that were taken or turned down, as this process has seen."""
        self.n_cleared = 0
        """How often this process has cleared the log."""
        self._database = LogDatabase(path, "signals", _MIGRATIONS, self._opened, now=now)

    @property
    def problem(self) -> str:
        """Why nothing is kept on disk, "" if it is. Known after the first write."""
        return self._database.problem

    def now(self) -> float:
        """Return the seconds since 1970."""
        return self._now()

    def hear(self, listener: Listener) -> None:
        """Tell somebody of all that is logged from now on."""
        self._listeners.append(listener)

    def unhear(self, listener: Listener) -> None:
        """Tell them no more, if they were told."""
        if listener in self._listeners:
            self._listeners.remove(listener)

    def offered(self, suggestion: Offered) -> None:
        """Record that a suggestion was shown."""
        for listener in self._listeners:
            listener.offered(suggestion)
        self._database.write(functools.partial(self._insert, self._now(), suggestion))
        self.event(suggestion.id, "shown", float(len(suggestion.text)))

    def event(self, suggestion: str, kind: Kind, value: float = 0.0) -> None:
        """Record what happened to a suggestion."""
        self.n_ended += kind in _ENDINGS
        for listener in self._listeners:
            listener.event(suggestion, kind, value)
        row = (suggestion, self._now(), kind, value)
        self._database.write(lambda db: db.execute("INSERT INTO event VALUES (?, ?, ?, ?)", row))

    def totals(self, timeout_s: float = 5.0) -> dict[str, int]:
        """Return how many events of each kind are in the log. Waits for all writes before it."""
        ask = "SELECT kind, COUNT(*) FROM event GROUP BY kind"
        return self._database.ask(lambda db: dict(db.execute(ask).fetchall()), {}, timeout_s)

    def tallies(self, days: float, timeout_s: float = 5.0) -> list[Tally]:
        """Return what became of the suggestions of the last days, most shown first.

        Waits for all writes before it.
        """
        since = self._now() - days * 86_400
        return self._database.ask(
            lambda db: [Tally(*row) for row in db.execute(_TALLIES, (since, since))], [], timeout_s
        )

    def judged(self, days: float, most: int) -> Future[list[Judged]] | None:
        """Have the newest suggestions of the last days found that turned out right or wrong.

        What was only glanced at says nothing. The future is done on the log's thread, after all
        writes before it; None if the log is closed.
        """
        now = self._now()
        since = now - days * 86_400
        named = {"since": since, "now": now, "most": most, "calibration": CALIBRATION}

        def ask(db: sqlite3.Connection) -> list[Judged]:
            return [
                Judged(source, model, chance, bool(right), (now - ended) / 86_400)
                for source, model, chance, right, ended in db.execute(_JUDGED, named)
            ]

        return self._database.ask_soon(ask)

    def history(self, days: float, most: int) -> Future[History] | None:
        """Have found what became, up to now, of the newest suggestions that tell something.

        The future is done on the log's thread, after all writes before it; None if the log is
        closed.
        """
        now = self._now()
        named = {"since": now - days * 86_400, "now": now, "most": most}

        def ask(db: sqlite3.Connection) -> History:
            rows = db.execute(_HISTORY, named).fetchall()
            outcomes = [
                Remembered(traits, source, model, chance, shift, bool(right), bool(kept_long), at)
                for traits, source, model, chance, shift, right, kept_long, at in rows
            ]
            return History(self._key, outcomes)

        return self._database.ask_soon(ask)

    def clear(self, timeout_s: float = 5.0) -> None:
        """Forget all suggestions. Waits until it is done.

        Raises:
            TimeoutError: the disk does not answer.
        """
        self._database.write(_forget_all)
        self._database.ask(lambda db: None, None, timeout_s)
        self.n_cleared += 1

    def close(self, timeout_s: float = 5.0) -> None:
        """Write what is waiting and end the thread. Safe to call twice."""
        self._database.close(timeout_s)

    def _opened(self, db: sqlite3.Connection) -> None:
        oldest = self._now() - KEEP_DAYS * 86_400
        db.execute("DELETE FROM event WHERE at < ?", (oldest,))
        db.execute("DELETE FROM suggestion WHERE at < ?", (oldest,))
        found = db.execute(_HASH_KEY).fetchone()
        if found is None:
            db.execute(_NEW_KEY, (secrets.token_bytes(KEY_BYTES),))
            found = db.execute(_HASH_KEY).fetchone()
        self._key = found[0]

    def _insert(self, at: float, offered: Offered, db: sqlite3.Connection) -> None:
        data = offered.text.encode("utf-8", "surrogatepass")
        text_hash = hashlib.blake2b(data, digest_size=8, key=self._key).digest()
        size = len(offered.text), offered.text.count("\n") + 1
        calibration = CALIBRATION if offered.tells else 0
        db.execute(
            "INSERT OR REPLACE INTO suggestion VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                *(offered.id, at, offered.language, offered.source, offered.model),
                *(*size, offered.confidence, text_hash, calibration),
                *(traits(offered.subject, self._key) or None, offered.shift),
            ),
        )


def _forget_all(db: sqlite3.Connection) -> None:
    db.execute("DELETE FROM event")
    db.execute("DELETE FROM suggestion")
