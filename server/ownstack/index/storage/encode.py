"""Values that were read from files → the columns that hold them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ownstack.extract.kinds import REFERENCE_KINDS, ReferenceKind
from ownstack.extract.rows import Chunk, Extracted, Import, Reference, Symbol
from ownstack.index.storage.columns import (
    MAX_COUNT,
    Batch,
    ChunkColumns,
    ImportColumns,
    IndexedDocument,
    Int32s,
    Ragged,
    ReferenceColumns,
    Strings,
    SymbolColumns,
)
from ownstack.index.storage.term_counts import TermCounter

MAX_SIGNATURE_CHARS = 400
MAX_DOC_CHARS = 400
MAX_NAME_CHARS = 200


class Encoder:
    """A way to turn documents into a batch, in which terms are hashes."""

    def __init__(self, counter: TermCounter) -> None:
        self._counter = counter

    def encode(self, documents: Sequence[tuple[IndexedDocument, Extracted, str]]) -> Batch:
        """Encode what was extracted from some texts, each given beside it."""
        chunks, symbols, uses, imports = list[_At](), list[_At](), list[_Use](), list[_At]()
        texts: list[str] = []
        for number, (_, extracted, text) in enumerate(documents):
            lines = text.split("\n")
            for chunk in extracted.chunks:
                same = chunk.text == "\n".join(lines[chunk.start_line - 1 : chunk.end_line])
                chunks.append((number, chunk))
                texts.append("" if same else chunk.text)
            symbols.extend((number, symbol) for symbol in extracted.symbols)
            imports.extend((number, import_) for import_ in extracted.imports)
            uses.extend(_grouped(number, extracted.references))
        return Batch(
            tuple(document for document, _, _ in documents),
            self._chunk_columns(chunks, texts),
            _symbol_columns(symbols),
            self._reference_columns(uses),
            _import_columns(imports),
        )

    def _chunk_columns(self, rows: list[_At], texts: list[str]) -> ChunkColumns:
        chunks: list[Chunk] = [chunk for _, chunk in rows]
        n = len(chunks)
        counted = self._counter.count([chunk.text for chunk in chunks])
        title = self._counter.count([f"{chunk.header} {chunk.name}" for chunk in chunks])
        lengths = np.bincount(counted.rows, counted.counts, n).astype(np.int32)
        firsts = counted.firsts(n)
        return ChunkColumns(
            document=_int32(number for number, _ in rows),
            kind=Strings.of(chunk.kind for chunk in chunks),
            name=Strings.of(chunk.name[:MAX_NAME_CHARS] for chunk in chunks),
            header=Strings.of(chunk.header for chunk in chunks),
            text=Strings.of(texts),
            start_line=_int32(chunk.start_line for chunk in chunks),
            end_line=_int32(chunk.end_line for chunk in chunks),
            symbol=_int32(-1 if chunk.symbol is None else chunk.symbol for chunk in chunks),
            length=lengths,
            terms=Ragged(counted.hashes, firsts),
            counts=Ragged(np.minimum(counted.counts, MAX_COUNT).astype(np.uint8), firsts),
            title=Ragged(title.hashes, title.firsts(n)),
        )

    def _reference_columns(self, uses: list[_Use]) -> ReferenceColumns:
        return ReferenceColumns(
            document=_int32(use.document for use in uses),
            name=Strings.of(use.name for use in uses),
            hash=np.array([self._counter.hash(use.name) for use in uses], np.uint32),
            kind=np.array([use.kind for use in uses], np.uint8),
            symbol=_int32(use.symbol for use in uses),
            lines=Ragged.of((use.lines for use in uses), np.int32),
        )


_At = tuple[int, Any]
"""A document's number and a value of it."""


@dataclass(slots=True)
class _Use:
    document: int
    name: str
    kind: int
    symbol: int
    lines: list[int]


def _grouped(number: int, references: Iterable[Reference]) -> Iterable[_Use]:
    uses: dict[tuple[str, ReferenceKind, int | None], list[int]] = {}
    for reference in references:
        uses.setdefault((reference.name, reference.kind, reference.symbol), []).append(
            reference.line
        )
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
        name=Strings.of(symbol.name[:MAX_NAME_CHARS] for symbol in symbols),
        kind=Strings.of(symbol.kind for symbol in symbols),
        qualified=Strings.of(symbol.qualified[: 2 * MAX_NAME_CHARS] for symbol in symbols),
        signature=Strings.of(symbol.signature[:MAX_SIGNATURE_CHARS] for symbol in symbols),
        doc=Strings.of(symbol.doc[:MAX_DOC_CHARS] for symbol in symbols),
        start_line=_int32(symbol.start_line for symbol in symbols),
        end_line=_int32(symbol.end_line for symbol in symbols),
        name_line=_int32(symbol.name_line for symbol in symbols),
        parent=_int32(-1 if symbol.parent is None else symbol.parent for symbol in symbols),
    )


def _import_columns(rows: list[tuple[int, Import]]) -> ImportColumns:
    imports = [import_ for _, import_ in rows]
    return ImportColumns(
        document=_int32(number for number, _ in rows),
        module=Strings.of(import_.module[:MAX_NAME_CHARS] for import_ in imports),
        name=Strings.of(import_.name[:MAX_NAME_CHARS] for import_ in imports),
        alias=Strings.of(import_.alias[:MAX_NAME_CHARS] for import_ in imports),
        line=_int32(import_.line for import_ in imports),
    )


def _int32(values: Iterable[int]) -> Int32s:
    array: npt.NDArray[np.int32] = np.array(list(values), np.int32)
    return array
