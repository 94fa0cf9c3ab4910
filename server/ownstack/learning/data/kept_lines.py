"""Which lines of which files are suggestions that the user kept: they count for more.

Stored for each line: a keyed hash of its file's place, a keyed hash of its text without the blanks
around it, and the time. The key is random and lies in the file. No code and no names are stored.
Rows older than `KEEP_DAYS` are deleted, and the oldest of more than `MAX_ROWS`.
"""

from __future__ import annotations

import functools
import hashlib
import secrets
import sqlite3
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from ownstack.log_database import LogDatabase

KEEP_DAYS = 365
MAX_ROWS = 200_000
MAX_LINES = 200
"""Of one suggestion or edit."""
LEAST_CHARACTERS = 4
ANSWER_S = 5.0
_DAY_S = 86_400.0
_KEY_BYTES = 16
_HASH_BYTES = 12


def _m001_tables(db: sqlite3.Connection) -> None:
    db.execute("CREATE TABLE meta (key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID")
    db.execute("INSERT INTO meta VALUES ('key', ?)", (secrets.token_bytes(_KEY_BYTES),))
    db.execute(
        "CREATE TABLE kept (file BLOB NOT NULL, line BLOB NOT NULL, at REAL NOT NULL,"
        " PRIMARY KEY (file, line)) WITHOUT ROWID"
    )
    db.execute("CREATE INDEX kept_at ON kept (at)")


class KeptLines:
    """The log (`Home.kept_lines_file`). Any thread may ask; writing makes nobody wait."""

    def __init__(self, file: Path, *, now: Callable[[], float] = time.time) -> None:
        self._now = now
        self._log = LogDatabase(file, "kept lines", (_m001_tables,), self._tidied, now=now)

    @property
    def problem(self) -> str:
        """Why nothing is kept on disk, "" if it is."""
        return self._log.problem

    def keep(self, project: str, path: str, text: str) -> None:
        """Note that a text was suggested, accepted and is still in a file.

        `project` is the folder's absolute path, `path` the file's in it, with `/`.
        """
        lines = [line for line in map(str.strip, text.split("\n")) if _counts(line)][:MAX_LINES]
        if lines:
            self._log.write(functools.partial(_insert, project, path, lines, self._now()))

    def of(self, project: str, texts: Iterable[tuple[str, str]]) -> dict[str, frozenset[int]]:
        """Return which lines of files (path, text) were kept; files without any are left out.

        Nothing if the disk does not answer.
        """
        try:
            ask = functools.partial(_found, project, tuple(texts))
            return self._log.ask(ask, {}, ANSWER_S)
        except (TimeoutError, sqlite3.Error):
            return {}

    def clear(self, timeout_s: float = ANSWER_S) -> None:
        """Forget all of it. Waits until it is done.

        Raises:
            TimeoutError: the disk does not answer.
        """
        self._log.write(lambda db: db.execute("DELETE FROM kept"))
        self._log.ask(lambda db: None, None, timeout_s)

    def close(self) -> None:
        """Write what is waiting."""
        self._log.close()

    def _tidied(self, db: sqlite3.Connection) -> None:
        db.execute("DELETE FROM kept WHERE at < ?", (self._now() - KEEP_DAYS * _DAY_S,))
        db.execute(
            "DELETE FROM kept WHERE at < (SELECT at FROM kept ORDER BY at DESC LIMIT 1 OFFSET ?)",
            (MAX_ROWS,),
        )


def _insert(project: str, path: str, lines: list[str], at: float, db: sqlite3.Connection) -> None:
    key = _key(db)
    file = _file(key, project, path)
    rows = ((file, _hashed(key, line), at) for line in lines)
    db.executemany("INSERT OR REPLACE INTO kept VALUES (?, ?, ?)", rows)


def _found(
    project: str, texts: tuple[tuple[str, str], ...], db: sqlite3.Connection
) -> dict[str, frozenset[int]]:
    key, found = _key(db), dict[str, frozenset[int]]()
    for path, text in texts:
        asked = (_file(key, project, path),)
        kept = {
            bytes(line) for (line,) in db.execute("SELECT line FROM kept WHERE file = ?", asked)
        }
        if kept:
            lines = enumerate(map(str.strip, text.split("\n")))
            found[path] = frozenset(at for at, line in lines if _hashed(key, line) in kept)
    return {path: lines for path, lines in found.items() if lines}


def _counts(line: str) -> bool:
    return sum(map(str.isalnum, line)) >= LEAST_CHARACTERS


def _key(db: sqlite3.Connection) -> bytes:
    (key,) = db.execute("SELECT value FROM meta WHERE key = 'key'").fetchone()
    return bytes(key)


def _file(key: bytes, project: str, path: str) -> bytes:
    return _hashed(key, f"{project}\0{path}")


def _hashed(key: bytes, text: str) -> bytes:
    data = text.encode("utf-8", "surrogatepass")
    return hashlib.blake2b(data, key=key, digest_size=_HASH_BYTES).digest()
