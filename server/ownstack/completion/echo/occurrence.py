"""Where the text before the cursor occurs elsewhere, and what follows there."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ownstack.completion.echo.buffer import MIN_MATCH_BYTES, Buffer
from ownstack.completion.echo.question import Question
from ownstack.completion.echo.segment import Segment
from ownstack.completion.echo.store import View
from ownstack.completion.secret import secret_text

MAX_REST_CHARS = 200
MIN_BLANK_MATCH = 9
"""A match of blanks only says something from this length on."""
OWN_PLACES = 100
OTHER_PLACES = 100
"""So many are looked at, the longest matches first; more would not change what is said."""

Scope = Literal["own", "open", "folder", "project"]

_LINE = re.compile(rb"[^\n\0]*")
_AFTER_BYTES = 4 * MAX_REST_CHARS


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One place."""

    text: str
    """What would have to be typed at the cursor for the line to go on as it does there."""
    match: int
    """Bytes before the cursor that agree."""
    scope: Scope
    distance: int
    """In the same document: bytes from the cursor; else 0."""
    next_agrees: bool
    """The next line there is the next line here."""
    path: str
    before: bytes
    """What stands before the place, as far as its line goes."""
    stored: tuple[View, str, tuple[int, int]] | None = None
    """If it was read from a store: the file, and its stamp then."""

    @property
    def secret(self) -> bool:
        """The line looks as if it must not leave its file."""
        line = self.before.decode("utf-8", "replace") + self.text
        return self.scope != "own" and secret_text(line)

    @property
    def stale(self) -> bool:
        """The file has changed since it was read."""
        if self.stored is None:
            return False
        view, path, stamp = self.stored
        try:
            status = os.stat(os.path.join(view.folder, path), follow_symlinks=False)
        except OSError:
            return True
        return (status.st_mtime_ns, status.st_size) != stamp


def collect(
    question: Question,
    opened: Sequence[Buffer],
    views: Sequence[View],
    hidden: Sequence[Collection[str]],
) -> list[Occurrence]:
    """Return the places with the longest matches, at most about two hundred.

    `hidden`: for each view, the paths in it that do not count: they are open, or excluded.
    """
    found = list(_in_buffer(question, question.own, "own", OWN_PLACES))
    others: list[Occurrence] = []
    for buffer in opened:
        others += _in_buffer(question, buffer, "open", OTHER_PLACES // 2)
    for view, hiding in zip(views, hidden, strict=True):
        for part in view.parts:
            others += _in_segment(question, view, part.segment, part.alive, hiding)
    others.sort(key=lambda one: -one.match)
    return found + others[:OTHER_PLACES]


def _in_buffer(
    question: Question, buffer: Buffer, scope: Scope, places: int
) -> Iterator[Occurrence]:
    ends, lengths = buffer.find(question.backwards, places)
    cursor = buffer.cursor
    for end, match in zip(ends.tolist(), lengths.tolist(), strict=True):
        read = _follow(question, buffer.text[end : end + _AFTER_BYTES], match)
        # A line that ends at the cursor is the one that is being written.
        if read is None or (cursor is not None and cursor == end + read[1]):
            continue
        text, _, agrees = read
        distance = abs(end - cursor) if cursor is not None else 0
        before = buffer.text[max(0, end - MAX_REST_CHARS) : end].rpartition(b"\n")[2]
        yield Occurrence(text, match, scope, distance, agrees, buffer.path, before)


def _in_segment(
    question: Question,
    view: View,
    segment: Segment,
    alive: NDArray[np.bool_],
    hidden: Collection[str],
) -> Iterator[Occurrence]:
    matches = segment.find(question.backwards, OTHER_PLACES)
    left = OTHER_PLACES
    for end, match, number in zip(
        matches.ends.tolist(), matches.lengths.tolist(), matches.files.tolist(), strict=True
    ):
        if left == 0 or match < MIN_MATCH_BYTES:
            return
        file = segment.files[number]
        if not alive[number] or file.path in hidden:
            continue
        read = _follow(question, segment.read(end, end + _AFTER_BYTES), match)
        if read is None:
            continue
        left -= 1
        folder = file.path.rpartition("/")[0]
        scope: Scope = "folder" if folder == question.folder else "project"
        before = segment.read(end - MAX_REST_CHARS, end).rpartition(b"\n")[2]
        stored = (view, file.path, file.stamp)
        yield Occurrence(read[0], match, scope, 0, read[2], file.path, before, stored)


def _follow(question: Question, after: bytes, match: int) -> tuple[str, int, bool] | None:
    """Return what follows as it would be typed, the bytes to the end of its line, and the next."""
    if match < MIN_BLANK_MATCH and question.backwards[:match].isspace():
        return None
    line = _LINE.match(after)[0]  # type: ignore[index]
    text = line.decode("utf-8", "replace").rstrip()
    wanted = question.rest.rstrip()
    if wanted and text.endswith(wanted):
        text = text[: -len(wanted)]  # Perhaps nothing is left: the line is complete.
    elif wanted.strip() or not text:
        return None  # Something else stands right of the cursor: what follows does not fit.
    if len(text) > MAX_REST_CHARS or "\ufffd" in text:
        return None
    agrees = bool(question.below) and _next_line(after, len(line)) == question.below
    return text, len(line), agrees


def _next_line(after: bytes, end: int) -> str:
    lines = after[end:].partition(b"\0")[0].split(b"\n")[1:]
    return next((line.strip() for line in lines if line.strip()), b"").decode("utf-8", "replace")
