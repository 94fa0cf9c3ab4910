"""A SQLite file that several processes write: write-ahead log, numbered migrations, damage told."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from ownstack.errors import NewerFormatError

BUSY_S = 2.0
"""How long a writer waits for another process."""
_BUSY_STEP_S = 0.01
SIDE_FILES = ("-wal", "-shm")
"""What SQLite keeps beside a file, by the end of the name."""

Migration = Callable[[sqlite3.Connection], None]


def connect(path: Path | str, *, at_rest: bool = False) -> sqlite3.Connection:
    """Open a file without changing it, for use by one thread at a time.

    What is written to it is committed by `transaction` only. Text that is no UTF-8 is read as
    well as it can be; what is deleted is overwritten. A file `at_rest` (nobody writes it, and
    nothing of it is in its write-ahead log) is read where no other can stand beside it.

    Raises:
        sqlite3.Error: it cannot be opened.
    """
    name = f"{Path(path).absolute().as_uri()}?immutable=1" if at_rest else str(path)
    db = sqlite3.connect(
        name, timeout=BUSY_S, isolation_level=None, check_same_thread=False, uri=at_rest
    )
    db.text_factory = _text
    try:
        db.execute("PRAGMA secure_delete = ON")
    except sqlite3.Error:
        db.close()
        raise
    return db


def migrate(db: sqlite3.Connection, migrations: Sequence[Migration]) -> None:
    """Bring a file up to the newest schema; `PRAGMA user_version` is how many steps have run.

    Raises:
        NewerFormatError: more steps have run than there are. Nothing was changed, and nothing can
            be through this connection from now on.
        sqlite3.Error: it cannot be written, or is no database.
    """
    require_known(db, migrations)
    write_ahead(db)
    for number, step in enumerate(migrations, 1):
        if schema(db) >= number:
            continue
        with transaction(db):
            # Another process may have been quicker.
            if schema(db) < number:
                step(db)
                db.execute(f"PRAGMA user_version = {number}")


def write_ahead(db: sqlite3.Connection) -> None:
    """Switch a database to its write-ahead log; SQLite itself does not wait for others there."""
    ends_at = time.monotonic() + BUSY_S
    while True:
        try:
            db.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > ends_at:
                raise
            time.sleep(_BUSY_STEP_S)


def require_known(db: sqlite3.Connection, migrations: Sequence[Migration]) -> None:
    """Close a connection to writing if a newer version has changed the tables.

    Raises:
        NewerFormatError: it has.
    """
    if schema(db) > len(migrations):
        db.execute("PRAGMA query_only = ON")
        raise NewerFormatError(
            f"It was written by a newer version of Ownstack (schema {schema(db)}, "
            f"this one knows {len(migrations)}).",
            "It can be read, not changed: update Ownstack to go on with it.",
        )


def schema(db: sqlite3.Connection) -> int:
    """Return how many migrations a file has had."""
    return int(db.execute("PRAGMA user_version").fetchone()[0])


@contextmanager
def transaction(db: sqlite3.Connection) -> Iterator[None]:
    """Write all of it, or nothing if something is raised. Nobody else writes meanwhile."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise


def is_at_rest(path: Path) -> bool:
    """Say whether all of a file stands in it: there is no write-ahead log beside it."""
    log = path.with_name(path.name + SIDE_FILES[0])
    return path.exists() and not (log.exists() and log.stat().st_size)


def is_damage(error: BaseException) -> bool:
    """Say whether the file itself is at fault; a full or read-only disk and a lock are not it."""
    return type(error) is sqlite3.DatabaseError


def set_aside(path: Path, name: str) -> Path:
    """Give a file and those beside it another name, in the same folder; return it.

    Raises:
        OSError: it cannot be moved.
    """
    aside = path.with_name(name)
    path.replace(aside)
    for end in SIDE_FILES:
        side = path.with_name(path.name + end)
        if side.exists():
            side.replace(aside.with_name(aside.name + end))
    return aside


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")
