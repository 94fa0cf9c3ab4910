"""What is read from many files, as columns: small, quick to send, to store and to search.

A million Python objects cost half a gigabyte and a second; the same as columns costs a tenth.
Extraction turns values (`rows.py`) into a `Batch`, which travels between processes, into the
store and out of it, and is what a snapshot searches.
"""

from __future__ import annotations

import dataclasses
import itertools
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

MAX_COUNT = 255
"""A term that occurs more often says no more."""
Int32s = npt.NDArray[np.int32]
Rows = npt.NDArray[np.integer[Any]]
C = TypeVar("C")
"""A class of columns."""


def term_hash(term: str) -> int:
    """Return the 32 bits by which a term is known. Of 200,000 terms, about five share theirs."""
    return zlib.crc32(term.encode("utf-8", "surrogatepass"))


class Ragged:
    """A column of short arrays: `values[offsets[i] : offsets[i + 1]]` is row i."""

    __slots__ = ("offsets", "values")

    def __init__(self, values: npt.NDArray[Any], offsets: Int32s) -> None:
        self.values = values
        self.offsets = offsets

    @classmethod
    def of(cls, rows: Iterable[Sequence[int]], dtype: npt.DTypeLike) -> Ragged:
        offsets, values = [0], list[int]()
        for row in rows:
            values.extend(row)
            offsets.append(len(values))
        return cls(np.array(values, dtype), np.array(offsets, np.int32))

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __getitem__(self, row: int) -> npt.NDArray[Any]:
        return self.values[self.offsets[row] : self.offsets[row + 1]]

    def lengths(self) -> Int32s:
        return np.diff(self.offsets)

    def take(self, rows: Rows) -> Ragged:
        return Ragged(*_take(self.values, self.offsets, rows))

    @classmethod
    def concat(cls, many: Sequence[Ragged]) -> Ragged:
        return cls(np.concatenate([column.values for column in many]), _join(many))


class Strings:
    """A column of texts, held as UTF-8 end to end."""

    __slots__ = ("offsets", "values")

    def __init__(self, values: npt.NDArray[np.uint8], offsets: Int32s) -> None:
        self.values = values
        self.offsets = offsets

    @classmethod
    def of(cls, texts: Iterable[str], errors: str = "replace") -> Strings:
        """Encode texts; `errors` says what becomes of lone surrogates."""
        pieces = [text.encode("utf-8", errors) for text in texts]
        offsets = np.zeros(len(pieces) + 1, np.int32)
        np.cumsum([len(piece) for piece in pieces], out=offsets[1:])
        return cls(np.frombuffer(b"".join(pieces), np.uint8), offsets)

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __getitem__(self, row: int) -> str:
        piece = self.values[self.offsets[row] : self.offsets[row + 1]]
        return piece.tobytes().decode("utf-8", "surrogateescape")

    def __iter__(self) -> Iterator[str]:
        data, bounds = self.values.tobytes(), self.offsets.tolist()
        for start, end in itertools.pairwise(bounds):
            yield data[start:end].decode("utf-8", "surrogateescape")

    def take(self, rows: Rows) -> Strings:
        return Strings(*_take(self.values, self.offsets, rows))

    @classmethod
    def concat(cls, many: Sequence[Strings]) -> Strings:
        return cls(np.concatenate([column.values for column in many]), _join(many))


@dataclass(frozen=True, slots=True)
class ChunkColumns:
    """One row a chunk; the chunks of a document follow each other, in their order."""

    document: Int32s
    """Place in `Batch.documents`."""
    kind: Strings
    name: Strings
    header: Strings
    text: Strings
    """"" where the text is the file's lines, which are read from the file then."""
    start_line: Int32s
    end_line: Int32s
    symbol: Int32s
    """Place among the document's symbols, or -1."""
    length: Int32s
    """Number of tokens of `text`."""
    terms: Ragged
    """uint32: the hashes of the different tokens of `text`."""
    counts: Ragged
    """uint8: how often each occurs, at most `MAX_COUNT`."""
    title: Ragged
    """uint32: the hashes of the different tokens of `header` and `name`."""


@dataclass(frozen=True, slots=True)
class SymbolColumns:
    """One row a symbol; the symbols of a document follow each other, in their order."""

    document: Int32s
    name: Strings
    kind: Strings
    qualified: Strings
    signature: Strings
    doc: Strings
    start_line: Int32s
    end_line: Int32s
    name_line: Int32s
    parent: Int32s
    """Place among the document's symbols, or -1."""


@dataclass(frozen=True, slots=True)
class ReferenceColumns:
    """One row for all uses of a name, of one kind, in one symbol of a document."""

    document: Int32s
    name: Strings
    hash: npt.NDArray[np.uint32]
    kind: npt.NDArray[np.uint8]
    """Place in `kinds.REFERENCE_KINDS`."""
    symbol: Int32s
    """Place among the document's symbols, or -1."""
    lines: Ragged
    """int32: the lines, ascending."""


@dataclass(frozen=True, slots=True)
class ImportColumns:
    """One row an import."""

    document: Int32s
    module: Strings
    name: Strings
    alias: Strings
    line: Int32s


@dataclass(frozen=True, slots=True)
class IndexedDocument:
    """One state of one file, of which everything in a batch was read."""

    path: str
    """Relative to the project's folder, with slashes."""
    content: bytes
    """16 bytes that name the content (see `reading.content_hash`)."""
    language: str
    n_lines: int
    size_bytes: int
    flags: int
    """`FLAG_…`, or-ed."""


@dataclass(frozen=True, slots=True)
class Batch:
    """What was read from some files."""

    documents: tuple[IndexedDocument, ...]
    chunks: ChunkColumns
    symbols: SymbolColumns
    references: ReferenceColumns
    imports: ImportColumns


def firsts(document: Rows, n_documents: int) -> Int32s:
    """Return where each document's rows begin, and after the last one the end; it ascends."""
    return np.searchsorted(document, np.arange(n_documents + 1)).astype(np.int32)


def take(columns: C, rows: Rows) -> C:
    """Return some rows of columns."""
    return type(columns)(
        **{
            field.name: value[rows] if isinstance(value, np.ndarray) else value.take(rows)
            for field, value in _values(columns)
        }
    )


def concat(many: Sequence[C]) -> C:
    """Return columns one after the other; `many` is not empty."""
    first = many[0]
    if len(many) == 1:
        return first
    joined = {}
    for field, value in _values(first):
        pieces = [getattr(columns, field.name) for columns in many]
        joined[field.name] = (
            np.concatenate(pieces) if isinstance(value, np.ndarray) else type(value).concat(pieces)
        )
    return type(first)(**joined)


def renumbered(columns: C, document: Int32s) -> C:
    """Return columns of which the rows belong to other documents."""
    changes: Any = {"document": document.astype(np.int32, copy=False)}
    return dataclasses.replace(columns, **changes)  # type: ignore[type-var]


def join(batches: Sequence[Batch]) -> Batch:
    """Return batches as one, in their order; `batches` is not empty."""
    if len(batches) == 1:
        return batches[0]
    firsts = np.cumsum([0, *(len(batch.documents) for batch in batches)]).tolist()

    def joined(name: str) -> Any:
        return concat(
            [
                renumbered(columns, columns.document + first)
                for first, columns in (
                    (first, getattr(batch, name))
                    for first, batch in zip(firsts, batches, strict=False)
                )
            ]
        )

    documents = tuple(document for batch in batches for document in batch.documents)
    return Batch(
        documents, joined("chunks"), joined("symbols"), joined("references"), joined("imports")
    )


def only(batch: Batch, keep: npt.NDArray[np.bool_]) -> Batch:
    """Return what a batch holds of some of its documents; `keep[i]` tells of the i-th."""
    place = np.cumsum(keep) - 1

    def kept(columns: C) -> C:
        document: Int32s = columns.document  # type: ignore[attr-defined]
        rows = np.flatnonzero(keep[document])
        return renumbered(take(columns, rows), place[document[rows]])

    return Batch(
        tuple(document for document, is_kept in zip(batch.documents, keep, strict=True) if is_kept),
        kept(batch.chunks),
        kept(batch.symbols),
        kept(batch.references),
        kept(batch.imports),
    )


def _values(columns: Any) -> list[tuple[Any, Any]]:
    return [(field, getattr(columns, field.name)) for field in dataclasses.fields(columns)]


def _take(values: npt.NDArray[Any], offsets: Int32s, rows: Rows) -> tuple[npt.NDArray[Any], Int32s]:
    starts = offsets[rows].astype(np.int64)
    lengths = offsets[np.asarray(rows) + 1] - starts
    taken = np.zeros(len(rows) + 1, np.int32)
    np.cumsum(lengths, out=taken[1:])
    places = np.repeat(starts - taken[:-1], lengths) + np.arange(taken[-1])
    return values[places], taken


def _join(many: Sequence[Strings | Ragged]) -> Int32s:
    firsts = np.cumsum([0, *(int(column.offsets[-1]) for column in many)])
    pieces = [column.offsets[:-1] + first for column, first in zip(many, firsts, strict=False)]
    return np.concatenate([*pieces, firsts[-1:]]).astype(np.int32)
