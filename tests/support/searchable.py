"""A small project on disk and its snapshot, made by the product's own readers."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from ownstack.index.embedding.embedder import StaticEmbedder
from ownstack.index.snapshot.snapshot import Snapshot
from ownstack.index.texts import Texts
from ownstack.index.update.jobs import FileToRead, ReadFiles
from ownstack.index.update.tasks import read_files

TOY = StaticEmbedder(
    ["bicycl", "bik", "cycl", "fish", "salmon"],
    np.array([[1, 0], [1, 0.1], [0.9, 0], [0, 1], [0.1, 1]], np.float32),
    "toy",
)
"""Knows two things."""


def searchable(folder: Path, files: Mapping[str, str]) -> Snapshot:
    """Write files and index them, with the vectors of `TOY`."""
    for path, text in files.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
    job = ReadFiles(str(folder), tuple(FileToRead(path) for path in files))
    snapshot = Snapshot.empty(Texts(folder), TOY.dim).with_batch(read_files(job).batch)
    for path in files:
        file_rows = snapshot.file(path)
        chunks = [snapshot.chunk(row) for row in snapshot.rows_of(path)]
        if file_rows is not None and chunks:
            texts = [f"{chunk.header}\n{chunk.text}" for chunk in chunks if chunk]
            snapshot.put_vectors(path, file_rows.content_hash, TOY.embed(texts))
    return snapshot
