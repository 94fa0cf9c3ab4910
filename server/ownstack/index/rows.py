"""What the index holds: plain values that every part of it shares. Lines are 1-based, inclusive."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple


class Symbol(NamedTuple):
    """Something with a name that a file defines."""

    name: str
    kind: str
    """"class", "function", "method", "constant", "variable", "type", "module", "field" …"""
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


class Reference(NamedTuple):
    """A name that is used."""

    name: str
    line: int
    kind: str
    """"call", "type", "name" or "import"."""
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

    kind: str
    """The kind of its symbol, or "text", or "group" for some small siblings."""
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
class SearchHit:
    """One result of a search, best first in a list of them."""

    path: str
    """Relative to the project's folder, with slashes."""
    start_line: int
    end_line: int
    kind: str
    name: str
    score: float
    text: str
    parts: dict[str, float] = field(default_factory=dict)
    """What each part of the ranking added, by its name."""
