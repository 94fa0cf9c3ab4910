"""What the index holds: plain values that every part of it shares. Lines are 1-based, inclusive."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from typing import NamedTuple

from ownstack.extract.kinds import ChunkKind, ReferenceKind, SymbolKind


class Symbol(NamedTuple):
    """Something with a name that a file defines."""

    name: str
    kind: SymbolKind
    qualified: str
    """The names of what it stands in, and its own, with dots."""
    signature: str
    """What declares it, without its body, on one line."""
    doc: str
    """Its documentation's first paragraph, or ""."""
    start_line: int
    end_line: int
    name_line: int
    parent: int | None = None
    """Place of the enclosing symbol in `Extracted.symbols`."""
    above: int = 0
    """How many lines directly above the first are its comments, decorators and attributes."""


class Reference(NamedTuple):
    """A name that is used."""

    name: str
    line: int
    kind: ReferenceKind
    symbol: int | None = None
    """Place, in `Extracted.symbols`, of the symbol in which it stands."""


class Import(NamedTuple):
    """A name that is taken from another file or module."""

    module: str
    name: str
    """What is taken, "" if it is the module as a whole."""
    alias: str
    """The name it has here."""
    line: int


class Chunk(NamedTuple):
    """A piece of a file that is searched and shown as one."""

    kind: ChunkKind
    name: str
    """The qualified name of its symbol, or ""."""
    header: str
    """Path and enclosing scope, for full text and embedding; not part of `text`."""
    text: str
    start_line: int
    end_line: int
    symbol: int | None = None


@dataclass(frozen=True, slots=True)
class Extracted:
    """All that is read from one file's text."""

    language: str
    """An id of `grammars/languages.toml`, "" if it is none of them."""
    symbols: tuple[Symbol, ...] = ()
    references: tuple[Reference, ...] = ()
    imports: tuple[Import, ...] = ()
    chunks: tuple[Chunk, ...] = ()


@dataclass(frozen=True, slots=True)
class CellRows:
    """Where the cells are in a notebook's text, by which editors number its lines."""

    numbers: tuple[int, ...]
    first_lines: tuple[int, ...]
    """1-based, ascending."""

    def place(self, line: int) -> tuple[int, int] | None:
        """Return the cell in which a line stands, and which line of that cell it is; 1-based."""
        at = bisect_right(self.first_lines, line) - 1
        return None if at < 0 else (self.numbers[at], line - self.first_lines[at] + 1)


@dataclass(frozen=True, slots=True)
class SearchHit:
    """One result of a search, best first in a list of them."""

    path: str
    """Relative to the project's folder, with slashes."""
    start_line: int
    end_line: int
    kind: ChunkKind
    name: str
    score: float
    text: str
    parts: dict[str, float] = field(default_factory=dict)
    """What each part of the ranking added, by its name."""
    cell: int | None = None
    """Of a notebook: the cell that the lines are counted in, 1-based as in an editor."""
