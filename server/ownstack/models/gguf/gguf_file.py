"""The head of a GGUF file: metadata and tensor table, read with distrust and without weights.

llama.cpp ends the process on some damaged files and allocates what others tell it to; here every
count and length is checked against the file's size before anything is read or made, so that a
file can be refused with a reason. Format: ggml-org/ggml, docs/gguf.md (versions 2 and 3, little
endian).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, BinaryIO

from ownstack.errors import ModelCorruptError, ModelNotFoundError

Scalar = str | int | float | bool

MAGIC = b"GGUF"
MAX_KEYS = 65_536
MAX_TENSORS = 65_536
"""The largest models in use have some thousand tensors."""
MAX_ARRAY = 4_194_304
"""Entries of one array; the largest vocabularies have 262,144 tokens and some more merges."""
MAX_KEY_BYTES = 65_535
MAX_TEXT_BYTES = 16_777_216
"""Chat templates take some ten kilobytes."""
MAX_HEAD_BYTES = 536_870_912
_CHUNK_BYTES = 4_194_304
MAX_DIMENSIONS = 4
SPLIT_COUNT_KEY = "split.count"
FLOAT32 = 6
_STRING, _ARRAY = 8, 9
_SCALARS = {
    kind: f"<{letter}" for kind, letter in zip((*range(8), 10, 11, 12), "BbHhIif?Qqd", strict=True)
}
_BYTES = {kind: struct.calcsize(form) for kind, form in _SCALARS.items()}

BLOCKS = {
    kind: (values, size)
    for values, sizes in {
        1: ((0, 4), (1, 2), (24, 1), (25, 2), (26, 4), (27, 8), (28, 8), (30, 2)),
        32: ((2, 18), (3, 20), (6, 22), (7, 24), (8, 34), (9, 36), (20, 18), (39, 17)),
        64: ((40, 36),),
        128: ((41, 18),),
        256: (
            *((10, 84), (11, 110), (12, 144), (13, 176), (14, 210), (15, 292), (16, 66)),
            *((17, 74), (18, 98), (19, 50), (21, 110), (22, 82), (23, 136), (29, 56)),
            *((34, 54), (35, 66)),
        ),
    }.items()
    for kind, size in sizes
}
"""ggml type → (values a block, bytes a block), from gguf-py, GGML_QUANT_SIZES (9, Q8_1, from
ggml-common.h: 36 bytes)."""


@dataclass(frozen=True, slots=True)
class Array:
    """An array of the metadata, decoded only when it is asked for."""

    kind: int
    length: int
    _data: bytes
    """The raw entries: fixed size, or 8 bytes of length and the text for each string."""

    def strings(self) -> list[str]:
        """Return the entries of an array of strings; [] for any other."""
        return [raw.decode("utf-8", "replace") for raw in self.raw()]

    def raw(self) -> Iterator[bytes]:
        """Yield the entries of an array of strings as bytes; none for any other."""
        if self.kind != _STRING:
            return
        unpack, data, at = struct.Struct("<Q").unpack_from, self._data, 0
        for _ in range(self.length):
            size = unpack(data, at)[0]
            yield data[at + 8 : at + 8 + size]
            at += 8 + size

    def numbers(self) -> list[int | float | bool]:
        """Return the entries of an array of numbers; [] for any other."""
        if self.kind not in _SCALARS:
            return []
        return list(struct.unpack(f"<{self.length}{_SCALARS[self.kind][1]}", self._data))


@dataclass(frozen=True, slots=True)
class Tensor:
    """One entry of the tensor table."""

    name: str
    shape: tuple[int, ...]
    kind: int
    size_bytes: int
    offset: int = 0
    """Where its data begin in the file."""

    @property
    def values(self) -> int:
        """How many numbers it holds."""
        product = 1
        for size in self.shape:
            product *= size
        return product


@dataclass(frozen=True, slots=True)
class GgufFile:
    """What a GGUF file says about itself."""

    path: Path
    size_bytes: int
    metadata: dict[str, Scalar]
    arrays: dict[str, Array]
    tensors: tuple[Tensor, ...]
    kinds: dict[str, int] = field(default_factory=dict)
    """Key → the type of its value; numbers of several types are one here."""

    def text(self, key: str) -> str:
        """Return the value as text, "" if there is none."""
        value = self.metadata.get(key, "")
        return str(value).lower() if isinstance(value, bool) else str(value)

    def number(self, key: str) -> int:
        """Return a whole, not negative number, 0 if there is none."""
        value = self.metadata.get(key, 0)
        return value if isinstance(value, int) and value > 0 else 0

    def first_number(self, key: str) -> int:
        """Return a number, or the largest one of an array (some keys have one entry a layer)."""
        array = self.arrays.get(key)
        if array is None:
            return self.number(key)
        return max((int(n) for n in array.numbers() if n > 0), default=0)


def read(path: Path) -> GgufFile:
    """Read and check the head of a file; milliseconds, also for a vocabulary of 150,000 tokens.

    Raises:
        ModelNotFoundError: there is no such file, or it cannot be opened.
        ModelCorruptError: it is no GGUF file, is damaged, or is cut off.
    """
    try:
        if not path.is_file():
            what = "is a folder" if path.is_dir() else "does not exist"
            raise ModelNotFoundError(f"{path} {what}.", "Give the path of a GGUF file.")
        with path.open("rb") as file:
            size = path.stat().st_size
            if size < 24:
                raise _corrupt(path, f"it has only {size} bytes")
            return _HeadReader(path, file, size).file()
    except OSError as error:
        raise ModelNotFoundError(
            f"{path} cannot be read: {error.strerror or error}.", "Check the file's permissions."
        ) from error


def _corrupt(path: Path, why: str) -> ModelCorruptError:
    return ModelCorruptError(
        f"{path.name} is not a usable GGUF file: {why}.", "Download it again, or choose another."
    )


class _HeadReader:
    """A position in the file that never leaves it.

    The head is read into memory in chunks: a memory map would end the process if somebody cut
    the file off meanwhile.
    """

    def __init__(self, path: Path, file: BinaryIO, size: int) -> None:
        self._path = path
        self._file = file
        self._size = size
        self._data = bytearray()
        self._at = 0

    def file(self) -> GgufFile:
        if self._take(4) != MAGIC:
            raise self._bad("it does not begin with “GGUF”")
        version = self._scalar(4)
        if version not in (2, 3):
            raise self._bad(f"version {version} of the format is not known")
        n_tensors, n_keys = self._scalar(10), self._scalar(10)
        if n_tensors > MAX_TENSORS or n_keys > MAX_KEYS:
            raise self._bad(f"it claims to hold {n_tensors} tensors and {n_keys} keys")
        metadata: dict[str, Scalar] = {}
        arrays: dict[str, Array] = {}
        kinds: dict[str, int] = {}
        for _ in range(n_keys):
            key, kind = self._string(MAX_KEY_BYTES), self._scalar(4)
            value = self._value(kind)
            kinds[key] = kind
            if isinstance(value, Array):
                arrays[key] = value
            else:
                metadata[key] = value
        entries = [self._tensor() for _ in range(n_tensors)]
        start = self._data_start(entries, metadata.get("general.alignment", 32))
        tensors = tuple(replace(tensor, offset=start + tensor.offset) for tensor in entries)
        return GgufFile(self._path, self._size, metadata, arrays, tensors, kinds)

    def _tensor(self) -> Tensor:
        """Return the next entry of the table, its offset still that from where the data begin."""
        name, dimensions = self._string(MAX_KEY_BYTES), self._scalar(4)
        if dimensions > MAX_DIMENSIONS:
            raise self._bad(f"the tensor {name[:80]} has {dimensions} dimensions")
        shape = tuple(self._scalar(10) for _ in range(dimensions))
        kind, offset = self._scalar(4), self._scalar(10)
        if kind not in BLOCKS:
            raise self._bad(f"the tensor {name[:80]} has the unknown type {kind}")
        values_per_block, block_bytes = BLOCKS[kind]
        tensor = Tensor(name, shape, kind, 0, offset)
        size = -(-tensor.values // values_per_block) * block_bytes
        return replace(tensor, size_bytes=size)

    def _data_start(self, entries: list[Tensor], alignment: Any) -> int:
        if not isinstance(alignment, int) or alignment < 1 or alignment > 1 << 20:
            raise self._bad(f"its alignment is {alignment}")
        start = -(-self._at // alignment) * alignment
        end = max((tensor.offset + tensor.size_bytes for tensor in entries), default=0)
        if entries and start + end > self._size:
            missing = start + end - self._size
            raise self._bad(f"it is cut off, {missing:,} of {start + end:,} bytes are missing")
        return start

    def _value(self, kind: int) -> Scalar | Array:
        if kind == _STRING:
            return self._string(MAX_TEXT_BYTES)
        if kind == _ARRAY:
            return self._array()
        return self._number(kind)

    def _array(self) -> Array:
        kind, length = self._scalar(4), self._scalar(10)
        if length > MAX_ARRAY:
            raise self._bad(f"a list has {length} entries")
        if kind in _BYTES:
            return Array(kind, length, self._take(length * _BYTES[kind]))
        if kind != _STRING:
            raise self._bad(f"a list holds entries of type {kind}")
        start, data, at = self._at, self._data, self._at
        unpack = struct.Struct("<Q").unpack_from
        for _ in range(length):
            if at + 8 > len(data):
                self._need(at + 8)
            at += 8 + unpack(data, at)[0]
        self._need(at)
        self._at = at
        return Array(kind, length, bytes(data[start:at]))

    def _string(self, limit: int) -> str:
        size = self._scalar(10)
        if size > limit:
            raise self._bad(f"a text has {size} bytes")
        return self._take(size).decode("utf-8", "replace")

    def _scalar(self, kind: int) -> int:
        return int(self._number(kind))

    def _number(self, kind: int) -> int | float | bool:
        if kind not in _SCALARS:
            raise self._bad(f"a value has the unknown type {kind}")
        number: int | float | bool = struct.unpack(_SCALARS[kind], self._take(_BYTES[kind]))[0]
        return number

    def _take(self, size: int) -> bytes:
        end = self._at + size
        self._need(end)
        taken = bytes(self._data[self._at : end])
        self._at = end
        return taken

    def _need(self, end: int) -> None:
        """Have the file's first `end` bytes in memory, or refuse."""
        if end > self._size:
            raise self._bad("it ends too early")
        if end > MAX_HEAD_BYTES:
            raise self._bad("its metadata is too long")
        while len(self._data) < end:
            chunk = self._file.read(max(_CHUNK_BYTES, end - len(self._data)))
            if not chunk:
                raise self._bad("it ends too early")
            self._data += chunk

    def _bad(self, why: str) -> ModelCorruptError:
        return _corrupt(self._path, why)
