"""A folder's index in memory, made by the product's own readers in this process."""

from __future__ import annotations

from pathlib import Path

from ownstack.files import scan
from ownstack.index.embedding.embedder import TextEmbedder
from ownstack.index.snapshot.snapshot import Snapshot
from ownstack.index.texts import Texts
from ownstack.index.update.jobs import FileToRead, ReadFiles
from ownstack.index.update.tasks import read_files


def snapshot_of(folder: Path, embedder: TextEmbedder) -> Snapshot:
    """Read, extract and embed every file that the product would."""
    paths = sorted(entry.path for entry in scan.scan(folder) if not entry.reason)
    job = ReadFiles(str(folder), tuple(FileToRead(path) for path in paths))
    snapshot = Snapshot.empty(Texts(folder), embedder.dim).with_batch(read_files(job).batch)
    embed(snapshot, embedder)
    return snapshot


def embed(snapshot: Snapshot, embedder: TextEmbedder) -> None:
    """Give every row its vector, of the text that the product embeds."""
    for file in snapshot.files():
        chunks = [snapshot.chunk(row) for row in snapshot.rows_of(file.path)]
        texts = [f"{chunk.header}\n{chunk.text}" for chunk in chunks if chunk]
        if texts:
            snapshot.put_vectors(file.path, file.content_hash, embedder.embed(texts))
