"""A file cut into pieces that are searched and shown as one, along its definitions.

Every line is in exactly one chunk; only windows of text that nothing is known about overlap.
A function, a method and a small class are chunks of their own; small siblings are grouped; what
is too long is cut where statements begin. Lines are never cut.
"""

from __future__ import annotations

import functools
import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, cast

from ownstack.extract.definition import Definition
from ownstack.extract.kinds import FUNCTIONS, VALUES, ChunkKind, SymbolKind
from ownstack.extract.rows import Chunk
from ownstack.extract.source import SourceText

TARGET_CHARS = 1_500
"""About 400 tokens, between the 250 of Copilot and the 500 of Continue."""
MAX_CHARS = 2_000
"""A function of this length stays whole: two halves of a screen are worth less."""
SMALL_CHARS = 250
"""Shorter siblings are grouped."""
GROUP_CHARS = 1_000
WINDOW_OVERLAP_LINES = 5
MAX_TEXT_CHARS = 20_000
"""A longer line is data; its chunk says how it begins."""
_MAX_MEMBERS = 40
_MAX_HEADER_CHARS = 1_500
_WORD = re.compile(r"\w")
Borders = Callable[[], tuple[list[int], list[int]]]
"""Finds rows at which something begins, in order, and how deep each lies."""


@dataclass(slots=True)
class _Piece:
    """Some rows, and what they are."""

    first: int
    last: int
    owner: Definition | None
    """What encloses the rows; what they are themselves if `kind` is "own"."""
    kind: Literal["own", "text", "group"]
    is_open: bool = False
    """Whether small siblings that follow may be added."""


def chunks_of(
    path: str, source: SourceText, defined: list[Definition], borders: Borders
) -> tuple[Chunk, ...]:
    """Cut a file along its definitions; what is too long of one, at its `borders`."""
    if not source.text.strip():
        return _all(path, source)
    cutter = _Cutter(source, defined, borders)
    return tuple(cutter.chunk(path, piece) for piece in cutter.pieces())


def windows(path: str, source: SourceText) -> tuple[Chunk, ...]:
    """Cut a text that nothing is known about, at empty lines where there are some."""
    if not source.text.strip():
        return _all(path, source)
    chunks, first, n_rows = [], 0, source.n_rows
    while first < n_rows:
        end = _fill(source, first, n_rows)
        if end < n_rows:
            middle = first + (end - first) // 2
            empty = [row for row in range(middle, end) if not source.lines[row].strip()]
            end = empty[-1] + 1 if empty else end
        chunks.append(_chunk("text", "", [path], source, (first, end - 1), None))
        if end >= n_rows:
            break
        back = end
        while back > max(first + 1, end - WINDOW_OVERLAP_LINES) and (
            source.size(back - 1, end - 1) < TARGET_CHARS // 4
        ):
            back -= 1
        first = back
    return tuple(chunks)


def _all(path: str, source: SourceText) -> tuple[Chunk, ...]:
    """Return the one chunk of a text of white space, none of an empty one."""
    if not source.text:
        return ()
    return (_chunk("text", "", [path], source, (0, source.n_rows - 1), None),)


def _fill(source: SourceText, first: int, limit: int) -> int:
    """Return the row after as many as are no more than the target together; at least one."""
    end = bisect_right(source.sizes, source.sizes[first] + TARGET_CHARS) - 1
    return min(max(end, first + 1), limit)


class _Cutter:
    """The cutting of one file."""

    def __init__(
        self, source: SourceText, defined: list[Definition], find_borders: Borders
    ) -> None:
        self._source = source
        self._all = defined
        self._find_borders = find_borders
        self._children: dict[int | None, list[int]] = {}
        for at, definition in enumerate(self._all):
            self._children.setdefault(definition.parent, []).append(at)

    def pieces(self) -> list[_Piece]:
        """Return what covers the file. Recurses no deeper than symbols nest."""
        return self._cut(None, 0, self._source.n_rows - 1)

    def _cut(self, at: int | None, first: int, last: int) -> list[_Piece]:
        """Cut what encloses other definitions: its head, its members, what is between them."""
        owner = None if at is None else self._all[at]
        pieces: list[_Piece] = []
        row = first
        for child in self._members(at):
            definition = self._all[child]
            start, end = max(definition.first_row, row), min(definition.rows[1], last)
            if start > end or (owner is not None and definition.rows[0] == owner.rows[0]):
                continue  # on a row with the one before, or with its owner's beginning
            if self._says_something(row, start - 1):
                self._add(pieces, owner, self._between(owner, row, start - 1, row == first))
            elif pieces:
                pieces[-1].last = start - 1
            else:
                start = row
            self._add(pieces, owner, self._own(child, start, end))
            row = end + 1
        if row <= last:
            self._add(pieces, owner, self._between(owner, row, last, row == first))
        return pieces

    def _members(self, at: int | None) -> list[int]:
        """Return which definitions inside another are looked at one by one."""
        inner = self._children.get(at, [])
        if at is None or self._all[at].kind not in FUNCTIONS:
            return inner
        sizes = (self._source.size(self._all[i].first_row, self._all[i].rows[1]) for i in inner)
        return [i for i, size in zip(inner, sizes, strict=True) if size >= TARGET_CHARS // 2]

    def _between(
        self, owner: Definition | None, first: int, last: int, is_head: bool
    ) -> list[_Piece]:
        kind: Literal["own", "text"] = "own" if owner is not None and is_head else "text"
        return self._parts(_Piece(first, last, owner, kind, is_open=True))

    def _own(self, at: int, first: int, last: int) -> list[_Piece]:
        size = self._source.size(first, last)
        has_members = any(self._all[i].kind not in VALUES for i in self._members(at))
        whole = _Piece(first, last, self._all[at], "own", is_open=size < SMALL_CHARS)
        if size <= (TARGET_CHARS if has_members else MAX_CHARS):
            return [whole]
        return self._cut(at, first, last) if has_members else self._parts(whole)

    def _parts(self, piece: _Piece) -> list[_Piece]:
        """Cut what is too long where the statements begin that lie least deep."""
        source = self._source
        if source.size(piece.first, piece.last) <= MAX_CHARS:
            return [piece]
        rows, depths = self._borders
        parts, first = [], piece.first
        while source.size(first, piece.last) > MAX_CHARS and first < piece.last:
            end = _fill(source, first, piece.last + 1)
            low = bisect_right(source.sizes, source.sizes[first] + TARGET_CHARS // 2) - 1
            left, right = bisect_left(rows, max(low, first + 1)), bisect_right(rows, end)
            if left < right:
                end = rows[min(range(left, right), key=lambda i: (depths[i], -rows[i]))]
            parts.append(_Piece(first, end - 1, piece.owner, piece.kind))
            first = end
        if first <= piece.last:
            parts.append(_Piece(first, piece.last, piece.owner, piece.kind))
        return parts

    @functools.cached_property
    def _borders(self) -> tuple[list[int], list[int]]:
        return self._find_borders()

    def _add(self, pieces: list[_Piece], owner: Definition | None, added: list[_Piece]) -> None:
        """Append pieces; what is small joins an open sibling, what says nothing any."""
        source = self._source
        last = pieces[-1] if pieces else None
        if last is None or len(added) > 1:
            pieces += added
            return
        (piece,) = added
        small = piece.is_open and source.size(last.first, piece.last) <= GROUP_CHARS
        if not self._says_something(piece.first, piece.last):
            last.last = piece.last
        elif small and last.is_open:
            last.last = piece.last
            is_head = last.kind == "own" and last.owner is owner
            if not is_head and not last.kind == piece.kind == "text":
                last.kind, last.owner = "group", owner
        else:
            pieces.append(piece)

    def _says_something(self, first: int, last: int) -> bool:
        return any(_WORD.search(line) for line in self._source.lines[first : last + 1])

    def chunk(self, path: str, piece: _Piece) -> Chunk:
        """Return a piece with its header: path, what it stands in, outermost first, itself."""
        around: list[Definition] = []
        holder = piece.owner
        while holder is not None:
            around.append(holder)
            holder = None if holder.parent is None else self._all[holder.parent]
        lines = [path, *(holder.signature or holder.qualified for holder in reversed(around))]
        owner = piece.owner
        kind: ChunkKind = "group" if piece.kind == "own" else piece.kind
        if owner is None:
            return _chunk(kind, "", lines, self._source, (piece.first, piece.last), None)
        if piece.kind == "own" and owner.kind != "scope":
            kind = cast(SymbolKind, owner.kind)
        if piece.kind == "own" and piece.last < owner.rows[1] and piece.first <= owner.rows[0]:
            members = (self._all[i] for i in self._children.get(self._all.index(owner), ()))
            lines += [member.signature for member in members if member.rows[0] > piece.last][
                :_MAX_MEMBERS
            ]
        rows = (piece.first, piece.last)
        return _chunk(kind, owner.qualified, lines, self._source, rows, owner.symbol)


def _chunk(
    kind: ChunkKind,
    name: str,
    header: list[str],
    source: SourceText,
    rows: tuple[int, int],
    symbol: int | None,
) -> Chunk:
    first, last = rows
    text = "\n".join(source.lines[first : last + 1])[:MAX_TEXT_CHARS]
    said = "\n".join(filter(None, header))[:_MAX_HEADER_CHARS]
    return Chunk(kind, name, said, text, first + 1, last + 1, symbol)
