"""Reading a file as text that somebody wrote, or saying why it is none.

What a file holds is named by the hash of its bytes. Whether it still holds that is asked of its
stamp first, which costs some microseconds, and of its bytes only when the stamp differs.
"""

from __future__ import annotations

import hashlib
import logging
import os
import time
from dataclasses import dataclass
from pathlib import Path

from ownstack.errors import in_words
from ownstack.files.availability import is_passing
from ownstack.files.decoding import SNIFF_BYTES, decode
from ownstack.files.handwriting import is_minified, says_generated, without_long_lines
from ownstack.files.notebook.cells import notebook_text
from ownstack.files.notebook.text import NotebookError, is_notebook, max_file_bytes
from ownstack.files.opening import read_regular
from ownstack.files.secret.detection import secret_file

log = logging.getLogger(__name__)

MAX_FILE_BYTES = 2 * 1024 * 1024
"""Larger files are data, or generated; 200 MB of them would fill the memory."""
_UNSETTLED_NS = 50_000_000
"""A file that was written so shortly before it was read may change again with the same stamp."""

Stamp = tuple[int, int]
"""Modification time in nanoseconds, size in bytes."""
NO_STAMP: Stamp = (-1, -1)
"""Matches no file, so that the bytes are asked."""


@dataclass(frozen=True, slots=True)
class Text:
    """A file's text, and what it was when it was read."""

    text: str
    """With plain line ends and without lines that nobody wrote. It may hold secrets."""
    stamp: Stamp
    content: bytes
    generated: bool
    """It says of itself that a program wrote it."""
    settled: bool
    """False if the file was written so lately that its stamp proves nothing yet."""

    @property
    def proof(self) -> Stamp:
        """The stamp by which the content can be told without reading it again."""
        return self.stamp if self.settled else NO_STAMP


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a file is not read as text, in words for a person."""

    reason: str
    stamp: Stamp


def content_hash(data: bytes) -> bytes:
    """Return 16 bytes that name some content."""
    return hashlib.blake2b(data, digest_size=16).digest()


def stamp_of(folder: Path | str, relative: str) -> Stamp | None:
    """Return a file's stamp, or None if there is no such file (any more).

    `NO_STAMP` if that cannot be told for the moment.
    """
    try:
        status = os.stat(os.path.join(folder, relative), follow_symlinks=False)
    except (OSError, ValueError) as error:
        return NO_STAMP if is_passing(error) else None
    return status.st_mtime_ns, status.st_size


def read(folder: Path | str, relative: str, max_bytes: int = MAX_FILE_BYTES) -> Text | Refusal:
    """Read a file; a notebook may be larger, as most of it is left out. Never raises."""
    max_bytes = max_file_bytes(relative, max_bytes)
    try:
        data, status = read_regular(os.path.join(folder, relative), max_bytes + 1)
    except (OSError, ValueError) as error:
        stamp = NO_STAMP if is_passing(error) else stamp_of(folder, relative) or NO_STAMP
        return Refusal(f"It cannot be read: {in_words(error)}.", stamp)
    stamp = (status.st_mtime_ns, status.st_size)
    if len(data) > max_bytes:
        return Refusal(_too_large(max(status.st_size, len(data)), max_bytes), stamp)
    text = as_text(relative, data)
    if isinstance(text, str):
        settled = _settled(stamp, len(data))
        return Text(text, stamp, content_hash(data), says_generated(text), settled)
    return Refusal(text.reason, stamp)


def as_text(relative: str, data: bytes) -> str | Refusal:
    """Return bytes as text with plain line ends; what is wrong in them becomes U+FFFD.

    Lines too long to have been written by hand are left out, their line ends are not.
    """
    text = decode(data)
    if text is None:
        is_binary = b"\0" in data[:SNIFF_BYTES]
        reason = "It is binary." if is_binary else "It is binary, or text in an unknown encoding."
        return Refusal(reason, NO_STAMP)
    if is_notebook(relative):
        try:
            text = notebook_text(text)
        except NotebookError as error:
            return Refusal(str(error), NO_STAMP)
    if secret_file(relative, text):
        return Refusal("It holds secrets, by its name and by what it says.", NO_STAMP)
    text = plain_lines(text)
    if is_minified(relative, text):
        return Refusal("It is minified or generated.", NO_STAMP)
    return without_long_lines(text.replace("\0", "\ufffd"))


def plain_lines(text: str) -> str:
    r"""Return `text` with `\n` for line ends."""
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def holds(folder: Path | str, relative: str, content: bytes) -> Stamp | None:
    """Read a file's bytes; return its proof (see `Text`) if they are `content`, else None."""
    try:
        limit = max_file_bytes(relative, MAX_FILE_BYTES)
        data, status = read_regular(os.path.join(folder, relative), limit + 1)
    except (OSError, ValueError) as error:
        log.debug("cannot read %s: %s", relative, error)
        return None
    if len(data) > limit or content_hash(data) != content:
        return None
    stamp = (status.st_mtime_ns, status.st_size)
    return stamp if _settled(stamp, len(data)) else NO_STAMP


def _settled(stamp: Stamp, n_bytes: int) -> bool:
    return stamp[1] == n_bytes and time.time_ns() - stamp[0] > _UNSETTLED_NS


def _too_large(size: int, limit: int) -> str:
    return f"It is too large ({size / 1e6:,.1f} MB; the limit is {limit / 1e6:,.1f} MB)."
