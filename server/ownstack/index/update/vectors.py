"""The vectors of chunks, from their files."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from ownstack.files import reading
from ownstack.files.reading import Refusal
from ownstack.files.secret.detection import without_secrets
from ownstack.index.embedding.embedder import TextEmbedder
from ownstack.index.update.jobs import ChunkPlace, EmbedFile, EmbedFiles

Vectors = npt.NDArray[np.float32]


def embed_files(job: EmbedFiles, embedder: TextEmbedder) -> list[Vectors | None]:
    """Embed the chunks of files, if they still hold what was extracted from them.

    Raises:
        ValueError: another embedder is asked for: the package was updated since the start, say.
    """
    if embedder.name != job.embedder:
        raise ValueError(f"the embedder is {embedder.name}, not {job.embedder}")
    found: list[int | None] = []
    texts: list[str] = []
    for file in job.files:
        chunk_texts = _chunk_texts(job.root, file)
        found.append(None if chunk_texts is None else len(chunk_texts))
        texts.extend(chunk_texts or ())
    vectors = embedder.embed(texts) if texts else np.zeros((0, embedder.dim), np.float32)
    at, answers = 0, list[Vectors | None]()
    for count in found:
        answers.append(None if count is None else vectors[at : at + count])
        at += count or 0
    return answers


def _chunk_texts(root: str, file: EmbedFile) -> list[str] | None:
    lines: Sequence[str] = ()
    if any(not chunk.text for chunk in file.chunks):
        found = reading.read(root, file.path)
        if isinstance(found, Refusal) or found.content != file.content:
            return None
        lines = without_secrets(file.path, found.text).split("\n")
    return [f"{chunk.header}\n{_text(chunk, lines)}" for chunk in file.chunks]


def _text(chunk: ChunkPlace, lines: Sequence[str]) -> str:
    return chunk.text or "\n".join(lines[chunk.start_line - 1 : chunk.end_line])
