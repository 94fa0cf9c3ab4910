"""What is kept on disk, in LanceDB tables; the only module that imports lancedb and pyarrow.

`files` is a log: the newest row of a path counts. Everything else belongs to a document, one
state of one file, by its number, and never changes: so a branch switch writes some rows of
`files`, and what was read and embedded once is found again. The rows of a document are written
before the row of `files` that names it; what a kill left unnamed is removed at the next opening.

Filters hold numbers only, never a name. One process writes (`lock`), any number read: each while
it opens and loads only, and nobody calls `tidy` then (`StoreSession`), so that it removes at once
what it replaces. Unused bytes are counted after each write (`compaction.py`) and bound the size.
"""

from __future__ import annotations

import contextlib
import logging
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

os.environ.setdefault("LANCEDB_LOG", "error")

import lancedb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ownstack.errors import IndexCorruptError
from ownstack.index.storage import arrow
from ownstack.index.storage import folder as place
from ownstack.index.storage.columns import (
    Batch,
    ChunkColumns,
    ImportColumns,
    IndexedDocument,
    ReferenceColumns,
    SymbolColumns,
)
from ownstack.index.storage.compaction import Balance, compact, needs_compaction
from ownstack.index.storage.encode import Encoder
from ownstack.index.storage.file_state import FileState
from ownstack.index.storage.term_counts import TermCounter
from ownstack.paths import private_folder

log = logging.getLogger(__name__)

SCHEMA = 4  # Counted up, too, when what is read from a file changes: terms, languages.
LOG_SHARE, LOG_ROWS = 2, 256
"""The log is written anew at so many rows a file that it names, and some."""
_IN_FILTER = 2_000
_NOTHING = Encoder(TermCounter()).encode([])
_COLUMNS: Mapping[str, type[Any]] = {
    "chunks": ChunkColumns,
    "symbols": SymbolColumns,
    "references": ReferenceColumns,
    "imports": ImportColumns,
}
_TABLES = ("files", "vectors", *_COLUMNS)


@dataclass(frozen=True, slots=True)
class Held:
    """Documents with all that was read from them. `embedded[row]`: it has its vector."""

    batch: Batch
    vectors: npt.NDArray[np.float32]
    embedded: npt.NDArray[np.bool_]


class IndexStore:
    """The tables of one project. Not thread-safe."""

    def __init__(self, folder: Path, dim: int) -> None:
        """Use `open`."""
        self._folder = folder
        self._dim = dim
        self._tables: dict[str, Any] = {}
        self._loose: set[str] = set()
        """Tables that were written since they were last made compact."""
        self._balance = Balance()
        self._sequence = 0
        self._next = 0
        self._numbers: dict[tuple[str, bytes], int] = {}
        self._used: dict[int, tuple[int, IndexedDocument]] = {}
        self._contents: dict[str, set[bytes]] = {}
        self.files: dict[str, FileState] = {}

    @classmethod
    def open(cls, folder: Path, root: Path, embedder: str, dim: int, *, writes: bool) -> IndexStore:
        """Open the tables of a folder; who writes makes them, and drops another embedder's vectors.

        Raises:
            IndexCorruptError: they cannot be read, or were written by another version.
            OSError: the folder cannot be written.
        """
        store = cls(folder, dim)
        wanted = {"schema": SCHEMA, "root": str(root), "embedder": embedder, "dim": dim}
        found: dict[str, Any] = {}
        if place.has_head(folder):
            with _corrupt_if_raised("The index's head"):
                found = place.read_head(folder)
            if found.get("schema") != SCHEMA:
                raise IndexCorruptError("The index was made by another version.")
        if writes:
            private_folder(folder)
        elif found != wanted:
            raise IndexCorruptError("The index is that of another model.")
        with _corrupt_if_raised("The index"):
            place.expect_plain(folder)
            store._open_tables(makes=not found, drops_vectors=found != wanted)
        if found != wanted:
            place.write_head(folder, wanted)
        with _corrupt_if_raised("The index"):
            store._read_files()
            if writes:
                store._remove_unnamed()
        return store

    # Reading

    def number(self, path: str, content: bytes) -> int | None:
        """Return the number of a stored document, live or not."""
        return self._numbers.get((path, content))

    def contents(self, path: str) -> tuple[bytes, ...]:
        """Return the contents of a file that are stored."""
        return tuple(self._contents.get(path, ()))

    def live(self) -> list[int]:
        """Return the numbers of the documents that are the present state of a file."""
        return [
            self._numbers[path, state.document.content]
            for path, state in self.files.items()
            if state.document is not None
        ]

    def load(self, numbers: Sequence[int]) -> Held:
        """Return documents by their numbers. Cost: a look at all rows' numbers, and theirs.

        Raises:
            IndexCorruptError: a table cannot be read.
        """
        wanted = np.unique(np.array(numbers, np.int64))
        documents = tuple(self._used[number][1] for number in wanted.tolist())
        with _corrupt_if_raised("The index"):
            columns = {name: self._load_columns(name, wanted) for name in _COLUMNS}
            batch = Batch(documents, **columns)
            return Held(batch, *self._load_vectors(batch.chunks, wanted))

    def size_bytes(self) -> int:
        """Return what the index takes on disk."""
        return place.folder_bytes(self._folder)

    # Writing

    def write(self, batch: Batch | None, states: Mapping[str, FileState | None]) -> None:
        """Write new documents, then what files are now (None: gone).

        Raises:
            OSError, RuntimeError: it cannot be written (a full disk, say).
        """
        if batch is not None and batch.documents:
            numbers = self._next + np.arange(len(batch.documents), dtype=np.int64)
            self._next += len(numbers)
            for name in _COLUMNS:
                columns = getattr(batch, name)
                if len(columns.document):
                    self._add(name, arrow.table_of(columns, numbers[columns.document]))
            for number, document in zip(numbers.tolist(), batch.documents, strict=True):
                self._name(number, document)
        self._log(states)

    def write_vectors(
        self, vectors: Sequence[tuple[str, bytes, npt.NDArray[np.floating[Any]]]]
    ) -> None:
        """Write the vectors of all chunks of some documents, given by path and content."""
        known = [
            (self._numbers[path, content], array)
            for path, content, array in vectors
            if (path, content) in self._numbers and len(array)
        ]
        if known:
            rows = np.concatenate([np.full(len(array), number) for number, array in known])
            values = np.concatenate([array for _, array in known]).astype(np.float16)
            listed = pa.FixedSizeListArray.from_arrays(pa.array(values.ravel()), self._dim)
            self._add(
                "vectors", pa.table({"document": pa.array(rows, pa.int64()), "vector": listed})
            )

    def is_untidy(self) -> bool:
        """Say whether `tidy` would do something, in a few milliseconds."""
        return (
            self._balance.is_too_much
            or self._is_log_long()
            or any(self._needs_compaction(name) for name in self._loose)
        )

    def tidy(self, *, at_once: bool = False) -> None:
        """Forget documents nobody has used for long, and give back what of the disk is of no use.

        No process may be loading the index: what it reads would be removed.
        """
        self._forget()
        for name in sorted(self._loose):
            if at_once or self._needs_compaction(name):
                compact(self._tables[name])
                self._loose.discard(name)

    def _needs_compaction(self, name: str) -> bool:
        return needs_compaction(self._tables[name], self._folder / place.TABLES / f"{name}.lance")

    def _open_tables(self, *, makes: bool, drops_vectors: bool) -> None:
        tables = lancedb.connect(self._folder / place.TABLES)
        for name in _TABLES:
            if makes or (name == "vectors" and drops_vectors):
                schema = self._schema(name)
                self._tables[name] = tables.create_table(name, schema=schema, mode="overwrite")
            else:
                self._tables[name] = tables.open_table(name)
            self._loose.add(name)

    def _schema(self, name: str) -> pa.Schema:
        if name == "files":
            return arrow.FILES
        if name == "vectors":
            vector = pa.list_(pa.float16(), self._dim)
            return pa.schema([("document", pa.int64()), ("vector", vector)])
        return arrow.table_of(getattr(_NOTHING, name), np.empty(0, np.int64)).schema

    def _read_files(self) -> None:
        rows = self._tables["files"].to_arrow().sort_by("sequence").to_pydict()
        for at, (sequence, raw, number) in enumerate(
            zip(rows["sequence"], rows["path"], rows["document"], strict=True)
        ):
            path = raw.decode("utf-8", "surrogateescape")
            document = arrow.document_of(rows, at, path) if number >= 0 else None
            if document is not None:
                self._sequence = sequence
                self._name(number, document)
            if rows["present"][at]:
                stamp = (rows["mtime_ns"][at], rows["size"][at])
                self._set(path, FileState(stamp, rows["reason"][at], document))
            else:
                self._set(path, None)
        self._sequence = max(rows["sequence"], default=0)
        self._next = max(self._used, default=-1) + 1

    def _remove_unnamed(self) -> None:
        """Remove rows of documents that no row of `files` names."""
        named = np.array(sorted(self._used), np.int64)
        for name in ("vectors", *_COLUMNS):
            stored = np.unique(self._scan(name, ["document"])["document"].to_numpy())
            self._delete(name, np.setdiff1d(stored, named))

    def _load_columns(self, name: str, wanted: npt.NDArray[np.int64]) -> Any:
        kind = _COLUMNS[name]
        rows = self._rows(name, [field.name for field in fields(kind)], wanted)
        numbers = rows["document"].to_numpy().astype(np.int64)
        columns = kind(
            **{
                field.name: np.empty(0, np.int32)
                if field.name == "document"
                else arrow.column_of(rows[field.name].combine_chunks())
                for field in fields(kind)
            }
        )
        columns = replace(columns, document=np.searchsorted(wanted, numbers).astype(np.int32))
        return arrow.chosen(columns, numbers, wanted)

    def _load_vectors(
        self, chunks: ChunkColumns, wanted: npt.NDArray[np.int64]
    ) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.bool_]]:
        rows = self._rows("vectors", ["document", "vector"], wanted)
        numbers = rows["document"].to_numpy().astype(np.int64)
        listed = rows["vector"].combine_chunks()
        flat = listed.flatten().to_numpy(zero_copy_only=False).reshape(-1, self._dim)
        order = np.argsort(numbers, kind="stable")
        order = order[np.isin(numbers[order], wanted)]
        place = np.searchsorted(wanted, numbers[order])
        n_chunks = np.bincount(chunks.document, minlength=len(wanted))
        n_vectors = np.bincount(place, minlength=len(wanted))
        whole = n_chunks == n_vectors
        embedded = whole[chunks.document]
        vectors = np.zeros((len(chunks.document), self._dim), np.float32)
        vectors[embedded] = flat[order[whole[place]]]
        return vectors, embedded

    def _rows(self, name: str, columns: list[str], wanted: npt.NDArray[np.int64]) -> pa.Table:
        if len(wanted) > _IN_FILTER:
            return self._scan(name, columns)
        return self._scan(name, columns, f"document IN ({_listed(wanted) or '-1'})")

    def _scan(self, name: str, columns: list[str], where: str = "") -> pa.Table:
        query = self._tables[name].search().select(columns)
        return (query.where(where) if where else query).to_arrow()

    def _add(self, name: str, rows: pa.Table) -> None:
        self._tables[name].add(rows)
        self._loose.add(name)

    def _delete(self, name: str, numbers: npt.NDArray[np.int64]) -> None:
        for start in range(0, len(numbers), _IN_FILTER):
            listed = _listed(numbers[start : start + _IN_FILTER])
            self._tables[name].delete(f"document IN ({listed})")
            self._loose.add(name)

    def _name(self, number: int, document: IndexedDocument) -> None:
        if number not in self._used:
            self._balance.stored_bytes += document.size_bytes
        self._numbers[document.path, document.content] = number
        self._used[number] = (self._sequence, document)
        self._contents.setdefault(document.path, set()).add(document.content)

    def _log(self, states: Mapping[str, FileState | None]) -> None:
        rows = []
        for path, state in states.items():
            before = self.files.get(path)
            if state is None:
                if before is None:
                    continue
                rows.append(self._file_row(path, replace(before, reason=""), present=False))
            else:
                rows.append(self._file_row(path, state, present=True))
            self._set(path, state)
        if rows:
            self._add("files", arrow.file_table(rows))

    def _set(self, path: str, state: FileState | None) -> None:
        before = self.files.pop(path, None)
        for counted, sign in ((before, -1), (state, 1)):
            if counted is not None and counted.document is not None:
                self._balance.live_bytes += sign * counted.document.size_bytes
        if state is not None:
            self.files[path] = state

    def _file_row(self, path: str, state: FileState, *, present: bool) -> dict[str, Any]:
        self._sequence += 1
        document, number = state.document, -1
        if document is not None:
            number = self._numbers[path, document.content]
            self._used[number] = (self._sequence, document)
        return arrow.file_row(self._sequence, path, state, number, present=present)

    def _forget(self) -> None:
        gone = self._surplus() if self._balance.is_too_much else []
        if gone or self._is_log_long():
            self._rewrite_log(set(self._used) - set(self.live()) - set(gone))
        for number in gone:
            document = self._used.pop(number)[1]
            self._balance.stored_bytes -= document.size_bytes
            if self._numbers[document.path, document.content] == number:  # else it was read twice
                del self._numbers[document.path, document.content]
                self._contents[document.path].discard(document.content)
        for name in ("vectors", *_COLUMNS) if gone else ():
            self._delete(name, np.array(sorted(gone), np.int64))

    def _surplus(self) -> list[int]:
        """Return the documents that are no file's state, but for those used last."""
        dead = set(self._used) - set(self.live())
        budget, surplus = self._balance.kept_bytes, list[int]()
        for number in sorted(dead, key=lambda number: self._used[number][0], reverse=True):
            budget -= self._used[number][1].size_bytes
            if budget < 0:
                surplus.append(number)
        return surplus

    def _is_log_long(self) -> bool:
        n_rows = self._tables["files"].count_rows()
        return bool(n_rows > LOG_SHARE * (len(self.files) + len(self._used)) + LOG_ROWS)

    def _rewrite_log(self, kept: Iterable[int]) -> None:
        """Write anew which files there are, and which other documents."""
        others = sorted((self._used[number] for number in kept), key=lambda used: used[0])
        rows = [
            self._file_row(
                document.path, FileState((0, document.size_bytes), "", document), present=False
            )
            for _, document in others
        ]
        rows += [self._file_row(path, state, present=True) for path, state in self.files.items()]
        self._tables["files"].add(arrow.file_table(rows), mode="overwrite")
        self._loose.add("files")


@contextlib.contextmanager
def _corrupt_if_raised(what: str) -> Iterator[None]:
    try:
        yield
    except (KeyboardInterrupt, SystemExit, MemoryError, IndexCorruptError):
        raise
    except BaseException as error:
        # Native panics are no `Exception`; there is no list of what a broken file may raise.
        log.warning("%s cannot be read: %r", what, error)
        raise IndexCorruptError(f"{what} cannot be read.") from error


def _listed(numbers: npt.NDArray[np.int64]) -> str:
    return ",".join(map(str, numbers.tolist()))
