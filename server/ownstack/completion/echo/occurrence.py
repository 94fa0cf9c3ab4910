"""Where the text before the cursor occurs elsewhere, and what follows there."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from ownstack.completion.echo.buffer import MIN_MATCH_BYTES, Buffer
from ownstack.completion.echo.question import Question
from ownstack.completion.echo.segment import Segment
from ownstack.completion.echo.store import View
from ownstack.secret import secret_text

MAX_REST_CHARS = 200
MIN_BLANK_MATCH = 9
"""A match of blanks only says something from this length on."""
OWN_PLACES = 60
OTHER_PLACES = 60
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
    source: Buffer | Segment
    end: int
    """Where in the source the match ends, in bytes."""
    stored: tuple[View, tuple[int, int]] | None = None
    """If it was read from a store: its view, and the file's stamp then."""
    renamed: bool = False
    """The text was fitted to the names here."""

    @property
    def secret(self) -> bool:
        """The line looks as if it must not leave its file."""
        if self.scope == "own":
            return False
        before = self.source.read(self.end - MAX_REST_CHARS, self.end).rpartition(b"\n")[2]
        return secret_text(before.decode("utf-8", "replace") + self.text)

    @property
    def stale(self) -> bool:
        """The file has changed since it was read."""
        if self.stored is None:
            return False
        view, stamp = self.stored
        try:
            status = os.stat(os.path.join(view.folder, self.path), follow_symlinks=False)
        except OSError:
            return True
        return (status.st_mtime_ns, status.st_size) != stamp


def collect(
    question: Question,
    opened: Sequence[Buffer],
    views: Sequence[View],
    hidden: Sequence[Collection[str]],
) -> list[Occurrence]:
    """Return the places with the longest matches, at most about a hundred.

    `hidden`: for each view, the paths in it that do not count: they are open, or excluded.
    """
    found = list(_in_buffer(question, question.own, "own", OWN_PLACES))
    others: list[Occurrence] = []
    for buffer in opened:
        others += _in_buffer(question, buffer, "open", OTHER_PLACES // 2)
    for view, hiding in zip(views, hidden, strict=True):
        others += _in_view(question, view, hiding)
    others.sort(key=lambda one: -one.match)
    return found + others[:OTHER_PLACES]


def _in_buffer(
    question: Question, buffer: Buffer, scope: Scope, places: int
) -> Iterator[Occurrence]:
    ends, lengths = buffer.find(question.backwards, places)
    cursor = buffer.cursor
    for end, match in zip(ends.tolist(), lengths.tolist(), strict=True):
        read = _follow(question, buffer.read(end, end + _AFTER_BYTES), match)
        # A line that ends at the cursor is the one that is being written.
        if read is None or (cursor is not None and cursor == end + read[1]):
            continue
        text, _, agrees = read
        distance = abs(end - cursor) if cursor is not None else 0
        yield Occurrence(text, match, scope, distance, agrees, buffer.path, buffer, end)


def _in_view(question: Question, view: View, hidden: Collection[str]) -> Iterator[Occurrence]:
    """Yield the best of all parts; only those are read."""
    lengths, ends, files, parts, ranks = [], [], [], [], []
    for number, part in enumerate(view.parts):
        found = part.segment.find(question.backwards, OTHER_PLACES)
        counts = part.alive[found.files] & (found.lengths >= MIN_MATCH_BYTES)
        for path in hidden:
            counts &= found.files != part.segment.numbers.get(path, -1)
        lengths.append(found.lengths[counts])
        ends.append(found.ends[counts])
        files.append(found.files[counts])
        parts.append(np.full(len(ends[-1]), number))
        ranks.append(np.arange(len(ends[-1])))
    if not parts:
        return
    length, part_of = np.concatenate(lengths), np.concatenate(parts)
    end_of, file_of = np.concatenate(ends), np.concatenate(files)
    here = question.folder
    for i in np.lexsort((np.concatenate(ranks), -length))[:OTHER_PLACES].tolist():
        segment, end, match = view.parts[part_of[i]].segment, int(end_of[i]), int(length[i])
        file = segment.files[file_of[i]]
        read = _follow(question, segment.read(end, end + _AFTER_BYTES), match)
        if read is not None:
            scope: Scope = "folder" if file.path.rpartition("/")[0] == here else "project"
            stored = (view, file.stamp)
            yield Occurrence(read[0], match, scope, 0, read[2], file.path, segment, end, stored)


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
    if not question.below:
        return text, len(line), False
    below = _LINE.match(after[len(line) :].lstrip())[0].strip()  # type: ignore[index]
    return text, len(line), below == question.below
