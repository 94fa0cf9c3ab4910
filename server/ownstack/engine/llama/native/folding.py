"""Adapters folded into one that is faster: ranks side by side, scales in it, other numbers.

llama.cpp computes four small steps for each matrix of each adapter, and what they cost hardly
depends on the rank: two adapters cost nearly twice what one of both their ranks does. The second
half of a pair (B) has rows of just the rank, for which its float16 code is no faster than a plain
loop; float32 is. With coder-0.5b, rank 16 and seven matrices a layer, a token takes 1.18 times what
it takes without as trainers write it, 1.08 times so; two, 1.39 and 1.17 times. Prompts are read by
code for ranks of whole multiples of 16 (llamafile's), so that a rank is filled up with zeros. What
comes out is the same sum. The folded file is a cache: made once, beside other work, and gone
without harm.
"""

from __future__ import annotations

import hashlib
import logging
import struct
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ownstack.concurrency import threads
from ownstack.engine.adapters import Adapter
from ownstack.errors import AdapterError, in_words
from ownstack.files.writing import write_whole
from ownstack.models.gguf import adapter_file, gguf_file
from ownstack.models.gguf.gguf_file import GgufFile, Tensor

log = logging.getLogger(__name__)

MAX_FILES = 8
_ALIGNMENT = 32
_STRING = 8
_WHOLE_RANK = 16
Matrix = NDArray[np.float32]


def folded(adapters: Sequence[Adapter], architecture: str) -> bytes | None:
    """Return the file of one adapter that adds what these do; None if there is none, or no need.

    A matrix that only some are for is changed by those alone: the ranks of the others are zeros.

    Raises:
        AdapterError: one of them cannot be used.
    """
    files = [adapter_file.read(item.path, architecture=architecture) for item in adapters]
    rank = sum(file.rank for file in files)
    padding = -rank % _WHOLE_RANK
    if rank + padding > adapter_file.MAX_RANK:
        return None
    heads = [gguf_file.read(item.path) for item in adapters]
    kinds = {(tensor.name[-1], tensor.kind) for head in heads for tensor in head.tensors}
    is_fast = kinds == {("a", adapter_file.F16), ("b", adapter_file.F32)} and not padding
    if len(adapters) == 1 and is_fast:
        return None
    factors = [
        item.scale * (file.alpha / file.rank if file.alpha else 1.0)
        for item, file in zip(adapters, files, strict=True)
    ]
    tables = [_tensors(head) for head in heads]
    entries: list[tuple[str, NDArray[Any]]] = []
    with np.errstate(over="ignore", invalid="ignore"):
        for weight in dict.fromkeys(weight for file in files for weight in file.weights):
            a, b = f"{weight}.lora_a", f"{weight}.lora_b"
            [n_in, n_out] = next((t[a].shape[1], t[b].shape[0]) for t in tables if a in t)
            rows: list[Matrix] = [np.zeros((padding, n_in), np.float32)]
            columns: list[Matrix] = [np.zeros((n_out, padding), np.float32)]
            for file, table, factor in zip(files, tables, factors, strict=True):
                is_there = a in table
                rows.append(table[a] if is_there else np.zeros((file.rank, n_in), np.float32))
                columns.append(
                    table[b] * factor if is_there else np.zeros((n_out, file.rank), np.float32)
                )
            entries.append((a, np.concatenate(rows).astype("<f2")))
            entries.append((b, np.concatenate(columns, axis=1).astype("<f4")))
    if not all(np.isfinite(matrix).all() for _, matrix in entries):
        return None  # Numbers that these cannot hold.
    return _written(architecture, float(rank + padding), entries)


class Folder:
    """Folds adapters beside other work, into a folder that is a cache. For the native thread."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._thread: ThreadPoolExecutor = threads("ownstack-folding")
        self._asked: set[tuple[Adapter, ...]] = set()
        self._ready: dict[tuple[Adapter, ...], Path] = {}

    def get(self, adapters: tuple[Adapter, ...], architecture: str) -> Path | None:
        """Return the file of adapters that can be used, if it was made; else have it made."""
        if adapters not in self._asked:
            self._asked.add(adapters)
            self._thread.submit(self._fold, adapters, architecture)
        return self.ready(adapters)

    def ready(self, adapters: tuple[Adapter, ...]) -> Path | None:
        """Return the file, if it was made."""
        return self._ready.get(adapters)

    def refuse(self, adapters: tuple[Adapter, ...]) -> None:
        """Do not give a file again that could not be used."""
        path = self._ready.pop(adapters, None)
        if path is not None:
            path.unlink(missing_ok=True)

    def close(self) -> None:
        """Fold no more; what is being folded is."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _fold(self, adapters: tuple[Adapter, ...], architecture: str) -> None:
        try:
            path = self._folder / f"{_key(adapters)}.gguf"
            if not path.is_file():
                data = folded(adapters, architecture)
                if data is None:
                    return
                write_whole(path, data, is_private=True)
                self._trim(path)
            path.touch()
        except (OSError, AdapterError) as error:
            log.info("Adapters are not folded together: %s", in_words(error))
            return
        self._ready[adapters] = path

    def _trim(self, kept: Path) -> None:
        """Delete what was not used for longest; what llama.cpp has read it does not read again."""
        files = sorted(self._folder.glob("*.gguf"), key=lambda file: file.stat().st_mtime)
        for file in files[: max(0, len(files) - MAX_FILES)]:
            if file != kept:
                file.unlink(missing_ok=True)


def _key(adapters: Sequence[Adapter]) -> str:
    """Name what is folded by its files and scales, and by how it is."""
    digest = hashlib.sha256(b"%d\n" % _WHOLE_RANK)
    for adapter in adapters:
        status = adapter.path.stat()
        said = (str(adapter.path), status.st_size, status.st_mtime_ns, adapter.scale)
        digest.update(f"{said}\n".encode("utf-8", "replace"))
    return digest.hexdigest()[:32]


def _tensors(head: GgufFile) -> dict[str, Matrix]:
    """Return an adapter's matrices, float32[out, in]."""
    with head.path.open("rb") as file:
        found = {}
        for tensor in head.tensors:
            file.seek(tensor.offset)
            found[tensor.name] = _matrix(tensor, file.read(tensor.size_bytes))
    return found


def _matrix(tensor: Tensor, data: bytes) -> Matrix:
    if tensor.kind == adapter_file.BF16:
        wide = np.frombuffer(data, "<u2").astype(np.uint32) << np.uint32(16)
        values: Matrix = wide.view(np.float32)
    else:
        form = "<f4" if tensor.kind == adapter_file.F32 else "<f2"
        values = np.frombuffer(data, form).astype(np.float32)
    return values.reshape(tensor.shape[::-1])


def _written(architecture: str, alpha: float, tensors: Sequence[tuple[str, NDArray[Any]]]) -> bytes:
    """Return a GGUF file (version 3): a head, a table, and the matrices, each aligned."""
    texts = {
        "general.architecture": architecture,
        "general.type": "adapter",
        "adapter.type": "lora",
    }
    out = bytearray(b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(texts) + 1))
    for key, value in texts.items():
        out += _text(key) + struct.pack("<I", _STRING) + _text(value)
    out += _text("adapter.lora.alpha") + struct.pack("<If", gguf_file.FLOAT32, alpha)
    at = 0
    for name, matrix in tensors:
        rows, columns = matrix.shape
        kind = adapter_file.F16 if matrix.dtype.itemsize == 2 else adapter_file.F32
        out += _text(name) + struct.pack("<IQQIQ", 2, columns, rows, kind, at)
        at += _aligned(matrix.nbytes)
    out += bytes(_aligned(len(out)) - len(out))
    for _, matrix in tensors:
        out += matrix.tobytes() + bytes(_aligned(matrix.nbytes) - matrix.nbytes)
    return bytes(out)


def _text(text: str) -> bytes:
    data = text.encode()
    return struct.pack("<Q", len(data)) + data


def _aligned(size: int) -> int:
    return -(-size // _ALIGNMENT) * _ALIGNMENT
