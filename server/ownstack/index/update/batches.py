"""Work for many files, cut into jobs that last some tenths of a second."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from ownstack.files.reading import NO_STAMP, stamp_of
from ownstack.index.snapshot.snapshot import Snapshot
from ownstack.index.update.jobs import ChunkPlace, EmbedFile, EmbedFiles, FileToRead, ReadFiles

READ_BYTES = 192 * 1024
READ_FILES = 24
EMBED_CHUNKS = 256
MUCH_BYTES = 6_000_000
"""Two processors read so much in three seconds."""


def read_jobs(
    root: Path,
    paths: Sequence[str],
    known: Callable[[str], tuple[bytes, ...]],
    embedder: str,
) -> tuple[list[ReadFiles], bool]:
    """Return jobs that read all files, in their order, and whether that is much.

    Much is worth skimming before. `known`: see `FileToRead`; `embedder`: see `ReadFiles`.
    """
    jobs, files, size, n_bytes = [], list[FileToRead](), 0, 0
    for path in paths:
        files.append(FileToRead(path, known(path)))
        size += (stamp_of(root, path) or NO_STAMP)[1]
        if size > READ_BYTES or len(files) == READ_FILES:
            jobs.append(ReadFiles(str(root), tuple(files), embedder))
            n_bytes += size
            files, size = [], 0
    if files:
        jobs.append(ReadFiles(str(root), tuple(files), embedder))
    return jobs, n_bytes + size > MUCH_BYTES


def embed_jobs(
    root: Path, paths: Sequence[str], snapshot: Snapshot, embedder: str
) -> list[EmbedFiles]:
    """Return jobs that embed all chunks of files, as the snapshot has them."""
    jobs, files, n_chunks = [], list[EmbedFile](), 0
    for path in paths:
        file = _embed_file(snapshot, path)
        if file is not None:
            files.append(file)
            n_chunks += len(file.chunks)
        if n_chunks >= EMBED_CHUNKS:
            jobs.append(EmbedFiles(str(root), tuple(files), embedder))
            files, n_chunks = [], 0
    if files:
        jobs.append(EmbedFiles(str(root), tuple(files), embedder))
    return jobs


def _embed_file(snapshot: Snapshot, path: str) -> EmbedFile | None:
    rows = snapshot.rows_of(path)
    file = snapshot.file(path)
    if file is None or not rows:
        return None
    part = snapshot.part_of_row(rows.start)
    columns = part.block.batch.chunks
    places = tuple(
        ChunkPlace(
            columns.header[at],
            int(columns.start_line[at]),
            int(columns.end_line[at]),
            columns.text[at],
        )
        for at in range(rows.start - part.first_row, rows.stop - part.first_row)
    )
    return EmbedFile(path, file.content_hash, places)
