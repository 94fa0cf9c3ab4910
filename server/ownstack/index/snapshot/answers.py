"""What a snapshot answers with: plain values, made from its columns one at a time."""

from __future__ import annotations

from dataclasses import dataclass

from ownstack.extract.classify import FLAG_GENERATED, FLAG_TEST
from ownstack.extract.kinds import ChunkKind, ReferenceKind, SymbolKind
from ownstack.index.storage.columns import IndexedDocument


@dataclass(frozen=True, slots=True)
class StoredChunk:
    """A chunk as it stands in its file now. Lines are 1-based, inclusive."""

    row: int
    path: str
    language: str
    kind: ChunkKind
    name: str
    header: str
    text: str
    start_line: int
    end_line: int
    content_hash: bytes
    """Names the content of the whole file."""
    symbol: int | None
    """Its symbol's row among `Snapshot.symbols`."""


@dataclass(frozen=True, slots=True)
class StoredSymbol:
    """A symbol and the file that defines it."""

    row: int
    name: str
    kind: SymbolKind
    qualified: str
    signature: str
    doc: str
    path: str
    start_line: int
    end_line: int
    name_line: int
    parent: int | None
    """Its parent's row."""


@dataclass(frozen=True, slots=True)
class StoredReference:
    """All uses of a name, of one kind, inside one symbol."""

    name: str
    kind: ReferenceKind
    path: str
    lines: tuple[int, ...]
    symbol: int | None
    """Row of the symbol in which they stand."""


@dataclass(frozen=True, slots=True)
class IndexedFile:
    """A file of the index."""

    path: str
    language: str
    n_lines: int
    size_bytes: int
    is_test: bool
    is_generated: bool
    content_hash: bytes


def stored_file(document: IndexedDocument) -> IndexedFile:
    return IndexedFile(
        path=document.path,
        language=document.language,
        n_lines=document.n_lines,
        size_bytes=document.size_bytes,
        is_test=bool(document.flags & FLAG_TEST),
        is_generated=bool(document.flags & FLAG_GENERATED),
        content_hash=document.content,
    )
