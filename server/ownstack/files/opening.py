"""Opening what somebody else named: only regular files, bounded, and without waiting.

A clone may hold links to devices that never end, a FIFO that nobody writes to, a file that grows
while it is read. None of them may hold a thread or fill the memory.
"""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

_FLAGS = (
    os.O_RDONLY
    # A FIFO without a writer, or a terminal, would be waited for.
    | getattr(os, "O_NONBLOCK", 0)
    # A terminal would become that of a process that has none.
    | getattr(os, "O_NOCTTY", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
)
_NO_FOLLOW: int = getattr(os, "O_NOFOLLOW", 0)


def read_regular(
    path: Path | str, max_bytes: int, *, follows_link: bool = False
) -> tuple[bytes, os.stat_result]:
    """Return the first `max_bytes` bytes of a regular file, and its status when it was opened.

    Compare `st_size` with what came to see whether that is all. Unless `follows_link`, the last
    part of the path must not be a link; the folders above it may be.

    Raises:
        OSError: it cannot be opened or read, or is not a regular file (EINVAL; for a link ELOOP).
        ValueError: the path holds a NUL.
    """
    # Opening a device may already do something, so it is asked before; `fstat` settles it.
    status = os.stat(path, follow_symlinks=follows_link)
    if stat.S_ISLNK(status.st_mode):
        raise OSError(errno.ELOOP, "It is a link", str(path))
    _expect_regular(status, path)
    descriptor = os.open(path, _FLAGS if follows_link else _FLAGS | _NO_FOLLOW)
    with open(descriptor, "rb", buffering=0) as file:
        status = os.fstat(descriptor)
        _expect_regular(status, path)
        pieces, left = [], max_bytes
        while left > 0 and (piece := file.read(left)):
            pieces.append(piece)
            left -= len(piece)
    return b"".join(pieces), status


def _expect_regular(status: os.stat_result, path: Path | str) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise OSError(errno.EINVAL, "It is not a regular file", str(path))
