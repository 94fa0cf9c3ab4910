"""A small TOML file that several processes read and change: locked, replaced whole, never lost."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import tomli_w

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


def read(file: Path) -> tuple[dict[str, Any], str]:
    """Return the file's content and "", or {} and what is wrong with it; no file is no problem."""
    try:
        return tomllib.loads(file.read_text("utf-8")), ""
    except FileNotFoundError:
        return {}, ""
    except OSError as error:
        return {}, f"{file} cannot be read: {error.strerror or error}."
    except ValueError as error:  # TOMLDecodeError and UnicodeDecodeError are both
        return {}, f"{file} is damaged and is left out: {error}."


def update(file: Path, change: Callable[[dict[str, Any]], None]) -> None:
    """Let `change` edit the content; nobody else changes the file meanwhile.

    What could not be understood is kept beside it, as `….broken`.

    Raises:
        OSError: it cannot be written.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    with _locked(file.with_name(f"{file.name}.lock")):
        content, problem = read(file)
        if problem and file.exists():
            os.replace(file, file.with_name(f"{file.name}.broken"))
        change(content)
        new = file.with_name(f"{file.name}.{os.getpid()}.new")
        try:
            new.write_bytes(tomli_w.dumps(content).encode())
            os.replace(new, file)
        finally:
            new.unlink(missing_ok=True)


@contextlib.contextmanager
def _locked(lock: Path) -> Iterator[None]:
    """Hold the lock file; the system lets go of it when its holder dies."""
    descriptor = os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        _lock(descriptor)
        yield
    finally:
        os.close(descriptor)


if sys.platform == "win32":
    import msvcrt

    def _lock(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_LOCK, 1)

else:
    import fcntl

    def _lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
