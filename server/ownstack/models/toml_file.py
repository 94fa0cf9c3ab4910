"""A small TOML file that several processes read and change: locked, replaced whole, never lost."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ownstack.files.opening import read_regular
from ownstack.files.writing import write_whole
from ownstack.locking import FileLock

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

MAX_BYTES = 4_000_000


def read(file: Path) -> tuple[dict[str, Any], str]:
    """Return the file's content and "", or {} and what is wrong with it; no file is no problem."""
    return _parsed(file, tomllib.loads)


def update(file: Path, change: Callable[[dict[str, Any]], None], *, private: bool = False) -> None:
    """Let `change` edit the content; nobody else changes the file meanwhile.

    `private`: only this user may read what is written. Comments, order and white space stay around
    whatever `change` leaves in place. What could not be understood is kept beside it, as
    `….broken`.

    Raises:
        OSError: it cannot be written.
    """
    import tomlkit  # 30 ms, and only who writes needs it.

    file.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock.take(file.with_name(f"{file.name}.lock"), waits=True, private=False)
    if lock is None:
        raise OSError("another process has been writing it for too long; try again")
    with lock:
        content, problem = _parsed(file, tomlkit.parse)
        if problem and file.exists():
            os.replace(file, file.with_name(f"{file.name}.broken"))
        change(content)
        write_whole(file, tomlkit.dumps(content).encode(), is_private=private)


def _parsed(file: Path, parse: Callable[[str], dict[str, Any]]) -> tuple[dict[str, Any], str]:
    try:
        data, status = read_regular(file, MAX_BYTES, follows_link=True)
        if status.st_size > len(data):
            raise ValueError(f"it has more than {MAX_BYTES:,} bytes")
        return parse(data.decode("utf-8")), ""
    except FileNotFoundError:
        return {}, ""
    except OSError as error:
        return {}, f"{file} cannot be read: {error.strerror or error}."
    except RecursionError:
        return {}, f"{file} is damaged: it nests too deep."
    except ValueError as error:  # What both parsers raise, and who decodes.
        return {}, f"{file} is damaged: {error}."


def stamp(file: Path) -> tuple[int, ...]:
    """Return what changes when a file is written."""
    try:
        status = file.stat()
    except OSError:
        return 0, 0, 0
    return status.st_mtime_ns, status.st_size, status.st_ino
