"""Reading a file as text that somebody wrote, or saying why it is none.

What a file holds is named by the hash of its bytes. Whether it still holds that is asked of its
stamp first, which costs some microseconds, and of its bytes only when the stamp differs.
"""

from __future__ import annotations

import hashlib
import logging
import os
import re
import time
from dataclasses import dataclass
from pathlib import Path

from ownstack.errors import in_words
from ownstack.index.presence import is_passing
from ownstack.secret import secret_file

log = logging.getLogger(__name__)

MAX_FILE_BYTES = 2 * 1024 * 1024
"""Larger files are data, or generated; 200 MB of them would fill the memory."""
MAX_LINE_BYTES = 20_000
"""A longer line was not written by hand; a file of such lines is data."""
_MINIFIED_CHARS = 8_000
_MINIFIED_MEAN_LINE_CHARS = 300
"""A text of at least `_MINIFIED_CHARS` whose lines are this long on average was generated."""
_SNIFF_BYTES = 8_192
_SAMPLE_CHARS = 64_000
_MINIFIED_NAME = re.compile(r"[.-]min\.(?:js|mjs|cjs|css)$")
_GENERATED_MARK = re.compile(
    r"@generated\b|DO NOT (?:EDIT|MODIFY)|(?:auto-?generated|generated (?:by|from|with))", re.I
)
_MARK_CHARS = 600
_UNSETTLED_NS = 50_000_000
"""A file that was written so shortly before it was read may change again with the same stamp."""

Stamp = tuple[int, int]
"""Modification time in nanoseconds, size in bytes."""
NO_STAMP: Stamp = (-1, -1)
"""Matches no file, so that the bytes are asked."""


@dataclass(frozen=True, slots=True)
class Text:
    """A file's text with plain line ends, and what it was when it was read."""

    text: str
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
    """Read a file. Never raises."""
    try:
        with open(os.path.join(folder, relative), "rb") as file:
            status = os.fstat(file.fileno())
            stamp = (status.st_mtime_ns, status.st_size)
            if status.st_size > max_bytes:
                return Refusal(_too_large(status.st_size, max_bytes), stamp)
            data = file.read(max_bytes + 1)
    except (OSError, ValueError) as error:
        stamp = NO_STAMP if is_passing(error) else stamp_of(folder, relative) or NO_STAMP
        return Refusal(f"It cannot be read: {in_words(error)}.", stamp)
    if len(data) > max_bytes:
        return Refusal(_too_large(len(data), max_bytes), stamp)
    text = as_text(relative, data)
    if isinstance(text, str):
        settled = _settled(stamp, len(data))
        return Text(text, stamp, content_hash(data), says_generated(text), settled)
    return Refusal(text.reason, stamp)


def as_text(relative: str, data: bytes) -> str | Refusal:
    """Return bytes as text with plain line ends; a few wrong bytes become U+FFFD."""
    if b"\0" in data[:_SNIFF_BYTES]:
        return Refusal("It is binary.", NO_STAMP)
    text = data.decode("utf-8-sig", "replace")
    if text.count("\ufffd") * 100 > len(text):
        return Refusal("It is binary, or text in another encoding than UTF-8.", NO_STAMP)
    if secret_file(relative, text):
        return Refusal("It holds secrets, by its name and by what it says.", NO_STAMP)
    if is_minified(relative, text):
        return Refusal("It is minified or generated.", NO_STAMP)
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "\ufffd")
    if len(data) > MAX_LINE_BYTES and max(map(len, text.split("\n"))) > MAX_LINE_BYTES:
        return Refusal("A line of it is too long to have been written by hand.", NO_STAMP)
    return text


def says_generated(text: str) -> bool:
    """Say whether the head of a file (600 characters) says that a program wrote it."""
    return bool(_GENERATED_MARK.search(text[:_MARK_CHARS]))


def is_minified(path: str, text: str) -> bool:
    """Say whether a text is minified or not a text at all: nothing to learn from."""
    sample = text[:_SAMPLE_CHARS]
    if _MINIFIED_NAME.search(path) or "\0" in sample:
        return True
    n_lines = sample.count("\n") + sample.count("\r") + 1
    return len(sample) >= _MINIFIED_CHARS and len(sample) / n_lines > _MINIFIED_MEAN_LINE_CHARS


def holds(folder: Path | str, relative: str, content: bytes) -> Stamp | None:
    """Read a file's bytes; return its proof (see `Text`) if they are `content`, else None."""
    try:
        with open(os.path.join(folder, relative), "rb") as file:
            status = os.fstat(file.fileno())
            if status.st_size > MAX_FILE_BYTES:
                return None
            data = file.read()
    except (OSError, ValueError) as error:
        log.debug("cannot read %s: %s", relative, error)
        return None
    if content_hash(data) != content:
        return None
    stamp = (status.st_mtime_ns, status.st_size)
    return stamp if _settled(stamp, len(data)) else NO_STAMP


def _settled(stamp: Stamp, n_bytes: int) -> bool:
    return stamp[1] == n_bytes and time.time_ns() - stamp[0] > _UNSETTLED_NS


def _too_large(size: int, limit: int) -> str:
    return f"It is too large ({size / 1e6:,.1f} MB; the limit is {limit / 1e6:,.1f} MB)."
