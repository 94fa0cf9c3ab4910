"""Where the text before the cursor occurs elsewhere, and what follows there."""

from __future__ import annotations

import functools
import os
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np

from ownstack.completion.echo.buffer import MIN_MATCH_BYTES, Buffer
from ownstack.completion.echo.following import MAX_REST_CHARS, NEAR_BYTES, Continuation, follow
from ownstack.completion.echo.query import EchoQuery
from ownstack.completion.echo.segment import Segment
from ownstack.completion.echo.store import View
from ownstack.completion.suggestion import Origin
from ownstack.files.secret.detection import secret_text

OWN_OCCURRENCES = 60
OTHER_OCCURRENCES = 60
"""So many are looked at, the longest matches first; more would not change what is said."""

_MIN_ABOVE_BYTES = 4
_MAX_ABOVE_BYTES = 40
"""Of the line above, so much must be the same."""

Scope = Literal["own", "open", "folder", "project"]

_BEFORE_BYTES = 1_000
"""Of a line before an occurrence, looked at for what must not leave its file."""
_AFTER_BYTES = 4 * MAX_REST_CHARS


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One place at which the text before the cursor occurs again."""

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
    ending: str = ""
    """What takes the place of the closing marks right of the cursor, "" if they may stay."""
    line_end: int = 0
    """Where in the source its line ends, in bytes."""

    @property
    def secret(self) -> bool:
        """Say whether the line looks as if it must not leave its file."""
        if self.scope == "own":
            return False
        before = self.source.read(self.end - _BEFORE_BYTES, self.end).rpartition(b"\n")[2]
        return secret_text(before.decode("utf-8", "replace") + self.text, self.path)

    @property
    def found_in(self) -> str:
        """Return the URI of the other file that it is in, "" if it is in this one."""
        if self.scope == "own":
            return ""
        if self.stored is None:
            assert isinstance(self.source, Buffer)
            return self.source.uri
        return _uri(self.stored[0].folder, self.path)

    @property
    def origin(self) -> Origin:
        """Return where it is, for a person. Cost: reading the file up to there."""
        if self.stored is None:
            assert isinstance(self.source, Buffer)
            uri, start, skipped = self.source.uri, 0, self.source.skipped_lines
        else:
            assert isinstance(self.source, Segment)
            uri = _uri(self.stored[0].folder, self.path)
            start, skipped = self.source.files[self.source.numbers[self.path]].start, 0
        return Origin(uri, self.path, 1 + skipped + self.source.read(start, self.end).count(b"\n"))

    @property
    def stale(self) -> bool:
        """Say whether the file has changed since it was read."""
        if self.stored is None:
            return False
        view, stamp = self.stored
        try:
            status = os.stat(os.path.join(view.folder, self.path), follow_symlinks=False)
        except OSError:
            return True
        return (status.st_mtime_ns, status.st_size) != stamp


def collect(
    query: EchoQuery,
    opened: Sequence[Buffer],
    views: Sequence[View],
    hidden: Sequence[Collection[str]],
) -> list[Occurrence]:
    """Return the occurrences with the longest matches, at most about a hundred.

    `hidden`: for each view, the paths in it that do not count: they are open, or excluded.
    """
    own: list[_Hit] = []
    others: list[_Hit] = []
    for search in _searches(query):
        own += _in_buffer(search, query.own, "own", OWN_OCCURRENCES)
        for buffer in opened:
            others += _in_buffer(search, buffer, "open", OTHER_OCCURRENCES // 2)
        for view, hiding in zip(views, hidden, strict=True):
            others += _in_view(query, search, view, hiding)
    others.sort(key=lambda hit: -hit.match)
    return [
        *islice(_read_all(query, own), OWN_OCCURRENCES),
        *islice(_read_all(query, others), OTHER_OCCURRENCES),
    ]


@functools.lru_cache(1_024)
def _uri(folder: Path, path: str) -> str:
    return (folder / path).as_uri()


class _Hit(NamedTuple):
    """An occurrence whose text was not read yet."""

    source: Buffer | Segment
    end: int
    match: int
    path: str
    scope: Scope
    distance: int = 0
    stored: tuple[View, tuple[int, int]] | None = None


@dataclass(frozen=True, slots=True)
class _Search:
    """What is searched for."""

    backwards: bytes
    """The text before the cursor, the last byte first."""
    left_out: int = 0
    """Blanks right before the cursor that are not searched for; they count as agreeing."""
    least: int = MIN_MATCH_BYTES
    """Bytes that must agree."""


def _searches(query: EchoQuery) -> Iterator[_Search]:
    """Yield the text before the cursor; at the beginning of a line also without its blanks.

    Elsewhere the same lines may stand less deep, or in blanks of another kind. The line above
    must be the same then.
    """
    blanks, above = len(query.head), query.above.encode("utf-8", "replace")
    # What agrees in blanks only, or begins among them, would be refused (`follow`).
    least = max(MIN_MATCH_BYTES, blanks + 1) if query.begins_line else MIN_MATCH_BYTES
    yield _Search(query.backwards, least=least)
    if query.begins_line and blanks and len(above) >= _MIN_ABOVE_BYTES:
        breaks = query.backwards[blanks:]
        least = len(breaks) - len(breaks.lstrip()) + min(len(above), _MAX_ABOVE_BYTES)
        yield _Search(breaks, blanks, least)


def _read_all(query: EchoQuery, hits: Sequence[_Hit]) -> Iterator[Occurrence]:
    """Yield what fits at the cursor, each line once; what is not asked for is not read."""
    lines: set[tuple[int, int]] = set()
    for hit in hits:
        read = _read(query, hit)
        if read is None:
            continue
        line_end = hit.end + read.line_bytes
        cursor = hit.source.cursor if isinstance(hit.source, Buffer) else None
        # A line that ends at the cursor is the one that is being written.
        if line_end == cursor or (id(hit.source), line_end) in lines:
            continue
        lines.add((id(hit.source), line_end))
        yield Occurrence(
            read.text,
            hit.match,
            hit.scope,
            hit.distance,
            read.next_agrees,
            hit.path,
            hit.source,
            hit.end,
            hit.stored,
            ending=read.ending,
            line_end=line_end,
        )


def _read(query: EchoQuery, hit: _Hit) -> Continuation | None:
    near = NEAR_BYTES if query.begins_line else 2 * MAX_REST_CHARS
    before = hit.source.read(hit.end - near, hit.end)
    after = hit.source.read(hit.end, hit.end + _AFTER_BYTES)
    return follow(query, before, after, hit.match, hit.path)


def _in_buffer(search: _Search, buffer: Buffer, scope: Scope, limit: int) -> Iterator[_Hit]:
    ends, lengths = buffer.find(search.backwards, limit, search.least)
    cursor = buffer.cursor
    lengths = lengths + search.left_out
    for end, match in zip(ends.tolist(), lengths.tolist(), strict=True):
        distance = abs(end - cursor) if cursor is not None else 0
        yield _Hit(buffer, end, match, buffer.path, scope, distance)


def _in_view(
    query: EchoQuery, search: _Search, view: View, hidden: Collection[str]
) -> Iterator[_Hit]:
    """Yield the best of all parts."""
    lengths, ends, files, parts, ranks = [], [], [], [], []
    for number, part in enumerate(view.parts):
        found = part.segment.find(search.backwards, OTHER_OCCURRENCES)
        counts = part.alive[found.files] & (found.lengths >= search.least)
        for path in hidden:
            counts &= found.files != part.segment.numbers.get(path, -1)
        lengths.append(found.lengths[counts] + search.left_out)
        ends.append(found.ends[counts])
        files.append(found.files[counts])
        parts.append(np.full(len(ends[-1]), number))
        ranks.append(np.arange(len(ends[-1])))
    if not parts:
        return
    length, part_of = np.concatenate(lengths), np.concatenate(parts)
    end_of, file_of = np.concatenate(ends), np.concatenate(files)
    here = query.folder
    for i in np.lexsort((np.concatenate(ranks), -length))[:OTHER_OCCURRENCES].tolist():
        segment, end, match = view.parts[part_of[i]].segment, int(end_of[i]), int(length[i])
        file = segment.files[file_of[i]]
        scope: Scope = "folder" if file.path.rpartition("/")[0] == here else "project"
        yield _Hit(segment, end, match, file.path, scope, stored=(view, file.stamp))
