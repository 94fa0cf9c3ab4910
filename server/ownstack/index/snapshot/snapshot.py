"""What the index knows at one moment: immutable, shared by any number of readers, no I/O to open.

Rows are numbered densely, from 0 to `chunk_count - 1`, in the order in which they came in. A
file that changes gets new rows at the end, and its old ones are dead: `live[row]` is False, and
nothing here returns them except arrays over all rows (`vectors`, `lengths`). Numbers stay valid
between snapshots of the same `generation`, so that what is derived from them can be kept; what
is derived from columns is best kept by `SnapshotBlock.cached`, since a save adds one small block.

An answer is checked against its file before it is used: `chunk(row)` returns None when the file
no longer holds what was indexed. Symbols and references are columns, and cost no look at any
file: ask `check(path)` before showing one.
"""

from __future__ import annotations

import bisect
import functools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal, cast

import numpy as np
import numpy.typing as npt

from ownstack.extract.classify import FLAG_UNSAVED
from ownstack.extract.kinds import REFERENCE_KINDS, ChunkKind, SymbolKind
from ownstack.extract.rows import CellRows, Import
from ownstack.index.snapshot import postings
from ownstack.index.snapshot.answers import (
    IndexedFile,
    StoredChunk,
    StoredReference,
    StoredSymbol,
    stored_file,
)
from ownstack.index.snapshot.blocks import SnapshotBlock, SnapshotPart, Vectors, with_part
from ownstack.index.snapshot.postings import Placed
from ownstack.index.storage.columns import (
    Batch,
    IndexedDocument,
    Int32s,
    join,
    only,
    term_hash,
)
from ownstack.index.texts import Texts

Field = Literal["text", "title"]
"""A chunk's own text, or its header (path and scope) with its name."""


class Snapshot:
    """What is known now. `Snapshot.empty(...)`, then `with_batch` and `without`: each a new one."""

    def __init__(
        self,
        texts: Texts,
        vectors: Vectors,
        parts: tuple[SnapshotPart, ...] = (),
        documents: tuple[IndexedDocument, ...] = (),
        live_documents: npt.NDArray[np.bool_] | None = None,
        places: Mapping[str, int] | None = None,
        version: int = 0,
    ) -> None:
        """Make one from its parts; use the methods that return new ones instead."""
        self._texts = texts
        self._vectors = vectors
        self.parts = parts
        """In order; `part.block.batch` has the columns."""
        self.documents = documents
        """Those that are or were, by number; `live_documents[number]` tells which."""
        self.live_documents = np.zeros(0, np.bool_) if live_documents is None else live_documents
        self._places: Mapping[str, int] = places or {}
        self.version = version
        """Larger in every later snapshot."""
        last = parts[-1] if parts else None
        self.chunk_count = last.first_row + last.block.n_chunks if last else 0
        self.symbol_count = last.first_symbol + last.block.n_symbols if last else 0

    @property
    def generation(self) -> int:
        """Changes when rows were numbered anew."""
        return self._vectors.generation

    @property
    def file_count(self) -> int:
        return len(self._places)

    def files(self) -> Iterator[IndexedFile]:
        """All live files, in no particular order."""
        return (stored_file(self.documents[number]) for number in self._places.values())

    def file(self, path: str) -> IndexedFile | None:
        number = self._places.get(path)
        return None if number is None else stored_file(self.documents[number])

    def check(self, path: str) -> bool:
        """Say whether a file still holds what is known of it; cost: some microseconds, or a read.

        False for files that are not in the index.
        """
        number = self._places.get(path)
        if number is None:
            return False
        document = self.documents[number]
        return bool(document.flags & FLAG_UNSAVED) or self._texts.current(path, document.content)

    def cells(self, path: str) -> CellRows | None:
        """Return where a notebook's cells are; None if there is no such file, or it has changed."""
        number = self._places.get(path)
        return None if number is None else self._texts.cells(path, self.documents[number].content)

    @functools.cached_property
    def document_of_row(self) -> Int32s:
        """int32[n]: each row's place in `documents`."""
        return self._numbers("chunks")

    @functools.cached_property
    def live(self) -> npt.NDArray[np.bool_]:
        """bool[n]: False for rows of files that changed or went."""
        return self.live_documents[self.document_of_row]

    def rows_of(self, path: str) -> range:
        """Return the rows of a file, in its order; empty if it is not in the index."""
        number = self._places.get(path)
        if number is None:
            return range(0)
        part = self._part_of_document(number)
        return range(part.first_row_of(number), part.first_row_of(number + 1))

    def part_of_row(self, row: int) -> SnapshotPart:
        return self._part_of_document(int(self.document_of_row[row]))

    def path(self, row: int) -> str:
        return self.documents[int(self.document_of_row[row])].path

    def chunk(self, row: int) -> StoredChunk | None:
        """Return a chunk with its text, or None if it is dead or its file has changed since."""
        number = int(self.document_of_row[row])
        if not self.live_documents[number]:
            return None
        document = self.documents[number]
        part = self._part_of_document(number)
        columns, local = part.block.batch.chunks, row - part.first_row
        start, end = int(columns.start_line[local]), int(columns.end_line[local])
        text = columns.text[local]
        if text:
            if not self.check(document.path):
                return None
        else:
            lines = self._texts.lines(document.path, document.content)
            if lines is None:
                return None
            text = "\n".join(lines[start - 1 : end])
        symbol = int(columns.symbol[local])
        first = part.first_symbol_of(number)
        return StoredChunk(
            row=row,
            path=document.path,
            language=document.language,
            kind=cast(ChunkKind, columns.kind[local]),
            name=columns.name[local],
            header=columns.header[local],
            text=text,
            start_line=start,
            end_line=end,
            content_hash=document.content,
            symbol=first + symbol if symbol >= 0 else None,
        )

    def vectors(self) -> npt.NDArray[np.float32]:
        """float32[n, dim], as the embedder made them; zeros for rows that are not embedded yet.

        Dead rows have vectors, too: mask by `live`. No copy is made.
        """
        return self._vectors.upto(self.chunk_count)

    @property
    def embedded_count(self) -> int:
        """How many live rows have their vector."""
        return int((self._vectors.embedded(self.chunk_count) & self.live).sum())

    def lengths(self, field: Field = "text") -> npt.NDArray[np.float32]:
        """float32[n]: the number of tokens of each row (different ones, for the title)."""
        return self._title_lengths if field == "title" else self._text_lengths

    def postings(self, term: str, field: Field = "text") -> tuple[Int32s, Int32s]:
        """Return the live rows that hold a term, ascending, and how often each does (to 255)."""
        rows, counts = postings.rows(self._placed(field), term)
        live = self.live[rows]
        return rows[live], counts[live]

    def bm25(
        self, terms: Sequence[str], field: Field = "text", k1: float = 1.2, b: float = 0.75
    ) -> npt.NDArray[np.float32]:
        """Score every row: float32[n], 0 where no term occurs or the row is dead."""
        scores = postings.bm25(self._placed(field), terms, self.lengths(field), k1, b)
        scores *= self.live
        return scores

    def full_text(
        self, terms: Sequence[str], limit: int, field: Field = "text"
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
        """Return the best live rows by BM25, best first, and their scores, all above 0."""
        scores = self.bm25(terms, field)
        least = np.partition(scores, -limit)[-limit] if limit < len(scores) else 0.0
        best = np.flatnonzero((scores >= least) & (scores > 0))
        best = best[np.lexsort((best, -scores[best]))][:limit]
        return best, scores[best]

    @functools.cached_property
    def document_of_symbol(self) -> Int32s:
        """int32[m]: each symbol row's place in `documents`; symbols of dead ones are in it."""
        return self._numbers("symbols")

    @functools.cached_property
    def live_symbols(self) -> npt.NDArray[np.bool_]:
        """bool[m]: False for symbols of files that changed or went."""
        return self.live_documents[self.document_of_symbol]

    def symbol(self, row: int) -> StoredSymbol:
        """Return one symbol; its columns are `part.block.batch.symbols` of each of `parts`."""
        number = int(self.document_of_symbol[row])
        part = self._part_of_document(number)
        columns, local = part.block.batch.symbols, row - part.first_symbol
        parent = int(columns.parent[local])
        first = part.first_symbol_of(number)
        return StoredSymbol(
            row=row,
            name=columns.name[local],
            kind=cast(SymbolKind, columns.kind[local]),
            qualified=columns.qualified[local],
            signature=columns.signature[local],
            doc=columns.doc[local],
            path=self.documents[number].path,
            start_line=int(columns.start_line[local]),
            end_line=int(columns.end_line[local]),
            name_line=int(columns.name_line[local]),
            parent=first + parent if parent >= 0 else None,
        )

    def symbols_of(self, path: str) -> range:
        """Return the rows of a file's symbols, in its order."""
        number = self._places.get(path)
        if number is None:
            return range(0)
        part = self._part_of_document(number)
        return range(part.first_symbol_of(number), part.first_symbol_of(number + 1))

    def references(self, name: str) -> list[StoredReference]:
        """Return all uses of a name in live files."""
        wanted = term_hash(name)
        found: list[StoredReference] = []
        for part in self.parts:
            columns = part.block.batch.references
            for local in np.sort(part.block.references_to(wanted)).tolist():
                number = part.first_document + int(columns.document[local])
                if not self.live_documents[number] or columns.name[local] != name:
                    continue
                symbol = int(columns.symbol[local])
                first = part.first_symbol_of(number)
                found.append(
                    StoredReference(
                        name=name,
                        kind=REFERENCE_KINDS[columns.kind[local]],
                        path=self.documents[number].path,
                        lines=tuple(columns.lines[local].tolist()),
                        symbol=first + symbol if symbol >= 0 else None,
                    )
                )
        return found

    def imports_of(self, path: str) -> list[Import]:
        number = self._places.get(path)
        if number is None:
            return []
        part = self._part_of_document(number)
        columns = part.block.batch.imports
        low = np.searchsorted(columns.document, number - part.first_document)
        high = np.searchsorted(columns.document, number - part.first_document, side="right")
        return [
            Import(columns.module[at], columns.name[at], columns.alias[at], int(columns.line[at]))
            for at in range(int(low), int(high))
        ]

    @classmethod
    def empty(cls, texts: Texts, dim: int) -> Snapshot:
        """Return a snapshot of nothing."""
        return cls(texts, Vectors(dim))

    def with_batch(self, batch: Batch) -> Snapshot:
        """Return one in which some files have new rows, in place of those they had."""
        if not batch.documents:
            return self
        first = len(self.documents)
        numbers = {document.path: first + at for at, document in enumerate(batch.documents)}
        live = np.append(self.live_documents, np.zeros(len(batch.documents), np.bool_))
        live[[self._places[path] for path in numbers if path in self._places]] = False
        live[list(numbers.values())] = True
        part = SnapshotPart(SnapshotBlock(batch), first, self.chunk_count, self.symbol_count)
        return Snapshot(
            self._texts,
            self._vectors,
            with_part(self.parts, part),
            self.documents + batch.documents,
            live,
            {**self._places, **numbers},
            self.version + 1,
        )

    def with_held(
        self,
        batch: Batch,
        vectors: npt.NDArray[np.float32],
        embedded: npt.NDArray[np.bool_],
    ) -> Snapshot:
        """Return one with files whose vectors are known, as far as `embedded` says."""
        after = self.with_batch(batch)
        self._vectors.put(self.chunk_count, vectors, embedded)
        return after

    def without(self, paths: Sequence[str]) -> Snapshot:
        """Return one in which some files are not."""
        gone = {path for path in paths if path in self._places}
        if not gone:
            return self
        live = self.live_documents.copy()
        live[[self._places[path] for path in gone]] = False
        places = {path: number for path, number in self._places.items() if path not in gone}
        return Snapshot(
            self._texts, self._vectors, self.parts, self.documents, live, places, self.version + 1
        )

    def renumbered(self) -> Snapshot:
        """Return one of a new generation, without dead rows. Costs a copy of what is not dead."""
        vectors = self._vectors.next_generation()
        if self.parts:
            live = self.live
            vectors.put(0, self.vectors()[live], self._embedded()[live])
        empty = Snapshot(self._texts, vectors, version=self.version)
        if not self._places:
            return empty
        alive = []
        for part in self.parts:
            last = part.first_document + part.block.n_documents
            kept = self.live_documents[part.first_document : last]
            if kept.any():
                alive.append(part.block.batch if kept.all() else only(part.block.batch, kept))
        return empty.with_batch(join(alive))

    def put_vectors(self, path: str, content: bytes, vectors: npt.NDArray[np.float32]) -> bool:
        """Set the vectors of a file's rows, for this and all snapshots that share them.

        Returns False, and does nothing, if the file is not in here with this content.
        """
        rows, number = self.rows_of(path), self._places.get(path)
        if number is None or self.documents[number].content != content:
            return False
        if len(rows) != len(vectors):
            return False
        self._vectors.put(rows.start, vectors)
        return True

    def awaiting_vectors(self) -> list[str]:
        """Return the paths of files of which a row has no vector."""
        numbers = np.unique(self.document_of_row[self.live & ~self._embedded()])
        return [self.documents[number].path for number in numbers.tolist()]

    def _embedded(self) -> npt.NDArray[np.bool_]:
        return self._vectors.embedded(self.chunk_count)

    def _part_of_document(self, number: int) -> SnapshotPart:
        return self.parts[bisect.bisect_right(self._first_documents, number) - 1]

    @functools.cached_property
    def _first_documents(self) -> list[int]:
        return [part.first_document for part in self.parts]

    def _numbers(self, table: Literal["chunks", "symbols"]) -> Int32s:
        columns = [
            getattr(part.block.batch, table).document + np.int32(part.first_document)
            for part in self.parts
        ]
        return np.concatenate(columns) if columns else np.empty(0, np.int32)

    def _placed(self, field: Field) -> list[Placed]:
        if field == "title":
            return [Placed(part.block.title_postings, part.first_row) for part in self.parts]
        return [Placed(part.block.text_postings, part.first_row) for part in self.parts]

    @functools.cached_property
    def _text_lengths(self) -> npt.NDArray[np.float32]:
        return _float_column([part.block.batch.chunks.length for part in self.parts])

    @functools.cached_property
    def _title_lengths(self) -> npt.NDArray[np.float32]:
        return _float_column([part.block.batch.chunks.title.lengths() for part in self.parts])


def _float_column(columns: Sequence[npt.NDArray[Any]]) -> npt.NDArray[np.float32]:
    return np.concatenate([np.empty(0, np.float32), *columns]).astype(np.float32)
