"""Values that were read from files → the columns that hold them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from ownstack.index.columns import (
    REFERENCE_KINDS,
    Batch,
    ChunkColumns,
    Document,
    ImportColumns,
    Int32s,
    Ragged,
    ReferenceColumns,
    Strings,
    SymbolColumns,
    term_hash,
)
from ownstack.index.rows import Chunk, Extracted, Import, Reference, Symbol

CountTerms = Callable[[str], Mapping[str, int]]
MAX_SIGNATURE_CHARS = 400
MAX_DOC_CHARS = 400
MAX_NAME_CHARS = 200
_MAX_MEMO = 500_000


class Encoder:
    """Turns documents into a batch. Keeps the hashes of terms it has met."""

    def __init__(self, count_terms: CountTerms) -> None:
        self._count_terms = count_terms
        self._hashes = _Hashes()

    def encode(self, documents: Sequence[tuple[Document, Extracted, str]]) -> Batch:
        """Encode what was extracted from some texts, each given beside it."""
        chunks, symbols, uses, imports = _Chunks(), list[_At](), list[_Use](), list[_At]()
        for number, (_, extracted, text) in enumerate(documents):
            lines = text.split("\n")
            for chunk in extracted.chunks:
                self._add_chunk(chunks, number, chunk, lines)
            symbols.extend((number, symbol) for symbol in extracted.symbols)
            imports.extend((number, one) for one in extracted.imports)
            uses.extend(_grouped(number, extracted.references))
        return Batch(
            tuple(document for document, _, _ in documents),
            chunks.columns(),
            _symbol_columns(symbols),
            self._reference_columns(uses),
            _import_columns(imports),
        )

    def _add_chunk(self, rows: _Chunks, number: int, chunk: Chunk, lines: list[str]) -> None:
        counted = self._count_terms(chunk.text)
        title = self._count_terms(f"{chunk.header} {chunk.name}")
        same = chunk.text == "\n".join(lines[chunk.start_line - 1 : chunk.end_line])
        rows.document.append(number)
        rows.chunk.append(chunk)
        rows.text.append("" if same else chunk.text)
        rows.length.append(sum(counted.values()))
        hashes, counts = self._hashes, list(counted.values())
        rows.terms.append([hashes[term] for term in counted])
        is_small = max(counts, default=0) <= 255
        rows.counts.append(counts if is_small else [min(count, 255) for count in counts])
        rows.title.append([hashes[term] for term in title])

    def _reference_columns(self, uses: list[_Use]) -> ReferenceColumns:
        return ReferenceColumns(
            document=_int32(use.document for use in uses),
            name=Strings.of(use.name for use in uses),
            hash=np.array([self._hashes[use.name] for use in uses], np.uint32),
            kind=np.array([use.kind for use in uses], np.uint8),
            symbol=_int32(use.symbol for use in uses),
            lines=Ragged.of((use.lines for use in uses), np.int32),
        )


class _Hashes(dict[str, int]):
    """The hashes of terms that were met."""

    def __missing__(self, term: str) -> int:
        if len(self) >= _MAX_MEMO:
            self.clear()
        hashed = self[term] = term_hash(term)
        return hashed


_At = tuple[int, Any]
"""A document's number and a value of it."""


@dataclass(slots=True)
class _Chunks:
    document: list[int] = field(default_factory=list)
    chunk: list[Chunk] = field(default_factory=list)
    text: list[str] = field(default_factory=list)
    length: list[int] = field(default_factory=list)
    terms: list[list[int]] = field(default_factory=list)
    counts: list[list[int]] = field(default_factory=list)
    title: list[list[int]] = field(default_factory=list)

    def columns(self) -> ChunkColumns:
        return ChunkColumns(
            document=_int32(self.document),
            kind=Strings.of(one.kind for one in self.chunk),
            name=Strings.of(one.name[:MAX_NAME_CHARS] for one in self.chunk),
            header=Strings.of(one.header for one in self.chunk),
            text=Strings.of(self.text),
            start_line=_int32(one.start_line for one in self.chunk),
            end_line=_int32(one.end_line for one in self.chunk),
            symbol=_int32(-1 if one.symbol is None else one.symbol for one in self.chunk),
            length=_int32(self.length),
            terms=Ragged.of(self.terms, np.uint32),
            counts=Ragged.of(self.counts, np.uint8),
            title=Ragged.of(self.title, np.uint32),
        )


@dataclass(slots=True)
class _Use:
    document: int
    name: str
    kind: int
    symbol: int
    lines: list[int]


def _grouped(number: int, references: Iterable[Reference]) -> Iterable[_Use]:
    uses: dict[tuple[str, str, int | None], list[int]] = {}
    for one in references:
        uses.setdefault((one.name, one.kind, one.symbol), []).append(one.line)
    return (
        _Use(
            number,
            name[:MAX_NAME_CHARS],
            REFERENCE_KINDS.index(kind),
            -1 if symbol is None else symbol,
            sorted(lines),
        )
        for (name, kind, symbol), lines in uses.items()
    )


def _symbol_columns(rows: list[tuple[int, Symbol]]) -> SymbolColumns:
    symbols = [symbol for _, symbol in rows]
    return SymbolColumns(
        document=_int32(number for number, _ in rows),
        name=Strings.of(one.name[:MAX_NAME_CHARS] for one in symbols),
        kind=Strings.of(one.kind for one in symbols),
        qualified=Strings.of(one.qualified[: 2 * MAX_NAME_CHARS] for one in symbols),
        signature=Strings.of(one.signature[:MAX_SIGNATURE_CHARS] for one in symbols),
        doc=Strings.of(one.doc[:MAX_DOC_CHARS] for one in symbols),
        start_line=_int32(one.start_line for one in symbols),
        end_line=_int32(one.end_line for one in symbols),
        name_line=_int32(one.name_line for one in symbols),
        parent=_int32(-1 if one.parent is None else one.parent for one in symbols),
    )


def _import_columns(rows: list[tuple[int, Import]]) -> ImportColumns:
    imports = [one for _, one in rows]
    return ImportColumns(
        document=_int32(number for number, _ in rows),
        module=Strings.of(one.module[:MAX_NAME_CHARS] for one in imports),
        name=Strings.of(one.name[:MAX_NAME_CHARS] for one in imports),
        alias=Strings.of(one.alias[:MAX_NAME_CHARS] for one in imports),
        line=_int32(one.line for one in imports),
    )


def _int32(values: Iterable[int]) -> Int32s:
    array: npt.NDArray[np.int32] = np.array(list(values), np.int32)
    return array
