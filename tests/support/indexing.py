"""Small projects and an embedder that tests of the index can believe in."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ownstack.extract.terms import terms
from ownstack.files.listing import look_at
from ownstack.index.project import ProjectIndex
from ownstack.index.storage.file_state import FileState
from ownstack.index.update.plan import SyncPlan, plan_changes

FILES = {
    "app/server.py": "import os\n\n\ndef start_server(port):\n    return bind_socket(port)\n",
    "app/net.py": "def bind_socket(port):\n    return open_socket(port)\n",
    "test/test_net.py": "def test_bind():\n    assert bind_socket(1)\n",
    "notes.md": "# Notes\n\nSockets are bound once.\n",
}
"""A small project."""


class LengthEmbedder:
    """A text's vector is its length and its number of lines; nothing is trained or loaded."""

    name = "length"
    dim = 2

    def embed(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        rows = [(len(text), text.count("\n") + 1) for text in texts]
        return np.array(rows, np.float32).reshape(len(rows), 2)


def write(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")


def open_index(root: Path, cache: Path, **options: bool) -> ProjectIndex:
    return ProjectIndex.open(root, cache, LengthEmbedder(), n_workers=1, **options)


def plan_update(
    root: Path, paths: Iterable[str], stored: Mapping[str, FileState], overlaid: Collection[str]
) -> SyncPlan | None:
    """Look at single files and compare; None if all must be looked at."""
    changes = look_at(root, paths)
    return None if changes is None else plan_changes(root, changes, stored, overlaid)


def found(index: ProjectIndex, *words: str) -> set[str]:
    """Return the paths of all chunks that hold one of the words and can be shown."""
    rows, _ = index.snapshot.full_text(terms(" ".join(words)), 100)
    chunks = [index.snapshot.chunk(row) for row in rows.tolist()]
    return {chunk.path for chunk in chunks if chunk is not None}


def shown(index: ProjectIndex) -> str:
    """Return the texts of all chunks that can be shown, in the order of their paths."""
    snapshot = index.snapshot
    chunks = [snapshot.chunk(row) for row in range(snapshot.chunk_count)]
    texts = sorted((chunk.path, chunk.start_line, chunk.text) for chunk in chunks if chunk)
    return "\n".join(text for _, _, text in texts)


class open_again:
    """An index that is closed at the end."""

    def __init__(self, root: Path, cache: Path) -> None:
        self._index = open_index(root, cache)

    def __enter__(self) -> ProjectIndex:
        return self._index

    def __exit__(self, *_: object) -> None:
        self._index.close()
