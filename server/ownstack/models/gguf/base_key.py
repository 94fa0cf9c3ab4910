"""Which model an adapter belongs to: a key that changes with its weights, read in milliseconds."""

from __future__ import annotations

import hashlib
from pathlib import Path

_BLOCKS = 64
_BLOCK_BYTES = 65_536
_HEAD_BYTES = 4 * 1_048_576


def base_key(path: Path) -> str:
    """Return 16 hexadecimal digits: of the file's size, its head, and blocks spread all over it.

    The head (names, shapes and types of tensors, the vocabulary's beginning) and the blocks are
    8 MB at most, so that a model of any size is told from another one at once.

    Raises:
        OSError: it cannot be read.
    """
    size = path.stat().st_size
    digest = hashlib.sha256(str(size).encode())
    with path.open("rb") as file:
        digest.update(file.read(_HEAD_BYTES))
        for block in range(_BLOCKS):
            file.seek(max(0, size - _BLOCK_BYTES) * block // (_BLOCKS - 1))
            digest.update(file.read(_BLOCK_BYTES))
    return digest.hexdigest()[:16]
