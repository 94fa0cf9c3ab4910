"""Writing a file whole or not at all: whoever reads it meanwhile has the old one or the new one."""

from __future__ import annotations

import os
import secrets
import stat
from collections.abc import Callable
from pathlib import Path

_FLAGS = (
    os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
)


def write_whole(
    file: Path,
    data: bytes,
    *,
    is_private: bool = False,
    keeps_mode: bool = False,
    is_lasting: bool = False,
) -> None:
    """Put a file in the place of what is there, and make the folder that it lies in.

    A link there is replaced, what it leads to is not touched. `is_private`: only this user may read
    it; else the user's mask says who may. `keeps_mode`: who might use what is there may use the new
    one. `is_lasting`: it is on the disk before the old one is gone; costs some milliseconds.

    Raises:
        OSError: it cannot be written; then what was there is as it was, and nothing else is left.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    mode = _mode(file) if keeps_mode else None
    new = file.with_name(f".{file.name[:40]}.{secrets.token_hex(8)}.new")
    try:
        descriptor = os.open(new, _FLAGS, 0o600 if is_private else 0o666)
        with open(descriptor, "wb") as stream:
            stream.write(data)
            if is_lasting:
                stream.flush()
                os.fsync(stream.fileno())
        if mode is not None:
            os.chmod(new, mode)
        os.replace(new, file)
    except BaseException:
        new.unlink(missing_ok=True)
        raise


def write_whole_by(file: Path, write: Callable[[Path], object]) -> None:
    """Let `write` fill a new file, which takes the place of what is there once it is on the disk.

    Raises:
        OSError: it cannot be put there. That, or whatever `write` raises: what was there is as it
            was, and nothing else is left.
    """
    new = file.with_name(f".{file.name[:40]}.{secrets.token_hex(8)}.new")
    try:
        write(new)
        with open(new, "rb+") as stream:
            os.fsync(stream.fileno())
        os.replace(new, file)
    except BaseException:
        new.unlink(missing_ok=True)
        raise


def _mode(file: Path) -> int | None:
    try:
        return stat.S_IMODE(os.stat(file).st_mode)
    except FileNotFoundError:
        return None
