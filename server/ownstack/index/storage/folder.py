"""The folder of one index: where it lies, its head, which says what made it, how to remove it."""

from __future__ import annotations

import contextlib
import json
import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ownstack.errors import IndexCorruptError
from ownstack.files.opening import read_regular
from ownstack.paths import remove, set_aside, short_hash

TABLES = "tables"
_HEAD = "index.json"
_MAX_HEAD_BYTES = 64 * 1024
_ROWS = "data"
"""The folder of a table that holds its rows; beside it lies what says which of them count."""
_MAX_ROWS_BYTES, _MAX_TABLE_BYTES = 2_000_000_000, 256_000_000


def folder_of(cache: Path, root: Path) -> Path:
    """Return where the index of a project lies, of all those in `cache`. Follows links."""
    return cache / short_hash(str(root.resolve()))


def has_head(folder: Path) -> bool:
    """Say whether there is an index; it has its head once all its tables were made.

    Whether the head can be read is another question: what cannot is found out, and said, there.
    """
    return os.path.lexists(folder / _HEAD)


def read_head(folder: Path) -> dict[str, Any]:
    """Return what was written. Raises what comes of a file that is not such a head."""
    data, _ = read_regular(folder / _HEAD, _MAX_HEAD_BYTES)
    return dict(json.loads(data))


def write_head(folder: Path, head: Mapping[str, Any]) -> None:
    """Write it whole or not at all."""
    partial = folder / (_HEAD + ".partial")
    remove(partial)
    partial.write_text(json.dumps(head), "utf-8")
    os.replace(partial, folder / _HEAD)


def erase(folder: Path) -> None:
    """Remove an index that cannot be used, whatever stands in its place.

    Raises:
        OSError: it cannot be removed, nor set aside.
    """
    if not folder.is_dir():
        set_aside(folder)
        return
    for name in (_HEAD, TABLES):
        try:
            remove(folder / name)
        except OSError:
            set_aside(folder / name)


def expect_plain(folder: Path) -> None:
    """See that tables are files in folders, and what is read whole is no larger than it may be.

    Native code would wait for a FIFO for ever, and take what it finds into memory.

    Raises:
        IndexCorruptError: something else is among them.
    """
    places = [folder / TABLES] if os.path.lexists(folder / TABLES) else []
    for where, folders, names in os.walk(folder / TABLES):
        places += [Path(where, name) for name in (*folders, *names)]
    for path in places:
        try:
            status = path.lstat()
        except FileNotFoundError:
            continue  # Who writes gives a file its name when it is whole.
        if not (stat.S_ISREG(status.st_mode) or stat.S_ISDIR(status.st_mode)):
            raise IndexCorruptError("The index holds what is neither a file nor a folder.")
        limit = _MAX_ROWS_BYTES if path.parent.name == _ROWS else _MAX_TABLE_BYTES
        if status.st_size > limit:
            raise IndexCorruptError("The index holds a file that is too large.")


def folder_bytes(folder: Path) -> int:
    """Return the size of all files below a folder."""
    total = 0
    for where, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(OSError):
                total += os.stat(os.path.join(where, name)).st_size
    return total
