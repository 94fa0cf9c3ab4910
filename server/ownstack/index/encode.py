"""Values that were read from files → the columns that hold them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ownstack.index.columns import (
    MAX_COUNT,
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
)
from ownstack.index.counting import TermCounter
from ownstack.index.rows import Chunk, Extracted, Import, Reference, Symbol

MAX_SIGNATURE_CHARS = 400
MAX_DOC_CHARS = 400
MAX_NAME_CHARS = 200


class Encoder:
    """Turns documents into a batch, in which terms are hashes."""

    def __init__(self, counter: TermCounter) -> None:
        self._counter = counter

    def encode(self, documents: Sequence[tuple[Document, Extracted, str]]) -> Batch:
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
            imports.extend((number, one) for one in extracted.imports)
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
        counted = self._counter.count([one.text for one in chunks])
        title = self._counter.count([f"{one.header} {one.name}" for one in chunks])
        lengths = np.bincount(counted.rows, counted.counts, n).astype(np.int32)
        firsts = counted.firsts(n)
        return ChunkColumns(
            document=_int32(number for number, _ in rows),
            kind=Strings.of(one.kind for one in chunks),
            name=Strings.of(one.name[:MAX_NAME_CHARS] for one in chunks),
            header=Strings.of(one.header for one in chunks),
            text=Strings.of(texts),
            start_line=_int32(one.start_line for one in chunks),
            end_line=_int32(one.end_line for one in chunks),
            symbol=_int32(-1 if one.symbol is None else one.symbol for one in chunks),
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
