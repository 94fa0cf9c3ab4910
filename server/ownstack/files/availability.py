"""Whether a project's folder is there, told from one that is away for a while.

Drives of a network come and go. What cannot be asked of them is not gone: an index keeps it, finds
nothing of it meanwhile (each answer is checked against its file), and goes on when they are back.
"""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Iterator
from pathlib import Path

from ownstack.errors import IndexingError, in_words

_PASSING = frozenset(
    number
    for name in (
        *("EIO", "ESTALE", "ENOTCONN", "ETIMEDOUT", "EHOSTDOWN", "EHOSTUNREACH", "ENETDOWN"),
        *("ENETUNREACH", "ENETRESET", "ECONNABORTED", "ECONNREFUSED", "ECONNRESET", "EREMOTEIO"),
        *("EKEYEXPIRED", "ENODEV", "ENXIO", "EBUSY", "EAGAIN", "EMFILE", "ENFILE", "ENOMEM"),
    )
    if (number := getattr(errno, name, None)) is not None
)
_PASSING_ON_WINDOWS = frozenset((21, 32, 33, 53, 55, 59, 64, 121, 1117, 1231, 1232))
"""Not ready, used by another process, and what becomes of a network; `errno` tells none of it."""


def is_passing(error: OSError | ValueError) -> bool:
    """Say whether what fails so may succeed later, though nothing is changed."""
    if getattr(error, "winerror", None) in _PASSING_ON_WINDOWS:
        return True
    return isinstance(error, OSError) and error.errno in _PASSING


def device_of(root: Path, *, holds_files: bool = False) -> int:
    """Return the device that a folder lies on; another one later means that a drive went or came.

    `holds_files`: it did when it was looked at last, so it is away if it is empty now.

    Raises:
        IndexingError: it cannot be listed, or a drive is missing from it.
    """
    try:
        empty = emptied(root)
        device = os.stat(root).st_dev
    except OSError as error:
        raise away(f"The folder cannot be listed: {in_words(error)}.") from error
    if empty is not None and holds_files:
        raise empty
    return device


def emptied(root: Path) -> IndexingError | None:
    """Return what is raised of a folder that held files if it is empty now.

    What a drive that is not mounted leaves behind is an empty folder.

    Raises:
        OSError: it cannot be listed.
    """
    with os.scandir(root) as entries:
        if next(entries, None) is not None:
            return None
    hint = "Connect its drive if that is away; else rebuild the index."
    return away("The folder is empty now.", hint)


@contextlib.contextmanager
def steady(root: Path) -> Iterator[None]:
    """Look at a whole folder: what is not seen in between is not there.

    Raises:
        IndexingError: the folder is away, or was for a moment: nothing can be said of its files.
    """
    device = device_of(root)
    yield
    if device_of(root) != device:
        raise away("The folder was away for a moment.")


def away(
    what: str, hint: str = "Connect its drive again, or see that you may read it."
) -> IndexingError:
    """Return what is raised of a folder that is away, which is said in a sentence."""
    return IndexingError(f"{what} What was read of it is kept.", hint)
