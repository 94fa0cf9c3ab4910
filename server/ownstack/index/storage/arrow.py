"""Columns to and from Arrow, mostly without a copy; of `store.py`, and for nobody else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ownstack.index.storage.columns import C, IndexedDocument, Ragged, Strings, take
from ownstack.index.storage.file_state import FileState


def release_unused() -> None:
    """Let Arrow hand back to the system what it keeps for later."""
    pa.default_memory_pool().release_unused()


def table_of(columns: Any, numbers: npt.NDArray[np.int64]) -> pa.Table:
    arrays = {field.name: _to_arrow(getattr(columns, field.name)) for field in fields(columns)}
    return pa.table(arrays | {"document": pa.array(numbers)})


def _to_arrow(column: Any) -> pa.Array:
    if isinstance(column, Strings):
        buffers = [None, pa.py_buffer(column.offsets), pa.py_buffer(column.values)]
        return pa.Array.from_buffers(pa.string(), len(column), buffers)
    if isinstance(column, Ragged):
        return pa.ListArray.from_arrays(pa.array(column.offsets), pa.array(column.values))
    return pa.array(column)


def column_of(array: pa.Array) -> Any:
    if pa.types.is_string(array.type):
        _, offsets, values = array.buffers()
        data = np.frombuffer(values, np.uint8) if values else np.empty(0, np.uint8)
        return Strings(*_rebased(data, offsets, array))
    if pa.types.is_list(array.type):
        return Ragged(
            *_rebased(array.values.to_numpy(zero_copy_only=False), array.buffers()[1], array)
        )
    return array.to_numpy(zero_copy_only=False)


def _rebased(values: npt.NDArray[Any], offsets: Any, array: pa.Array) -> tuple[Any, Any]:
    if not len(array):
        return values[:0], np.zeros(1, np.int32)
    bounds = np.frombuffer(offsets, np.int32)[array.offset : array.offset + len(array) + 1]
    return values[bounds[0] : bounds[-1]], bounds - bounds[0]


def chosen(columns: C, numbers: npt.NDArray[np.int64], wanted: npt.NDArray[np.int64]) -> C:
    """Return the rows of the wanted documents, in their order."""
    is_sorted = bool(np.all(numbers[1:] >= numbers[:-1]))
    if is_sorted and len(wanted) and np.isin(numbers, wanted, assume_unique=False).all():
        return columns
    order = np.argsort(numbers, kind="stable")
    return take(columns, order[np.isin(numbers[order], wanted)])


FILES = pa.schema(
    [
        *(("sequence", pa.int64()), ("path", pa.binary()), ("document", pa.int64())),
        *(("content", pa.binary()), ("mtime_ns", pa.int64()), ("size", pa.int64())),
        *(("language", pa.string()), ("lines", pa.int32()), ("flags", pa.int32())),
        *(("bytes", pa.int64()), ("reason", pa.string()), ("present", pa.bool_())),
    ]
)
"""The log of files; names are bytes, since not all of them are text."""


_ROWS_AT_ONCE = 256


def file_table(rows: Sequence[dict[str, Any]]) -> pa.Table:
    """Return rows of `FILES` as a table; other threads have their turn in between."""
    pieces = [
        pa.Table.from_pylist(rows[at : at + _ROWS_AT_ONCE], schema=FILES)
        for at in range(0, len(rows), _ROWS_AT_ONCE)
    ]
    return pa.concat_tables([FILES.empty_table(), *pieces])


def file_row(
    sequence: int, path: str, state: FileState, number: int, *, present: bool
) -> dict[str, Any]:
    """Return a row of `FILES`; `number` is that of the state's document."""
    document = state.document
    return {
        "sequence": sequence,
        "path": path.encode("utf-8", "surrogateescape"),
        "document": number,
        "content": document.content if document else b"",
        "mtime_ns": state.stamp[0],
        "size": state.stamp[1],
        "language": document.language if document else "",
        "lines": document.n_lines if document else 0,
        "flags": document.flags if document else 0,
        "bytes": document.size_bytes if document else 0,
        "reason": state.reason,
        "present": present,
    }


def document_of(rows: dict[str, list[Any]], at: int, path: str) -> IndexedDocument:
    """Return the document of a row of `FILES`, given by its columns."""
    return IndexedDocument(
        path,
        rows["content"][at],
        rows["language"][at],
        rows["lines"][at],
        rows["bytes"][at],
        rows["flags"][at],
    )
