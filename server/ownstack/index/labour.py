"""The jobs of worker processes: reading files, extracting, embedding.

Runs in another process at a low priority (`workers.py`); nothing here may import the store.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

import numpy as np

from ownstack.index import reading
from ownstack.index.chunks import windows
from ownstack.index.classify import flags_of
from ownstack.index.columns import FLAG_PLAIN, FLAG_UNSAVED, Batch, Document
from ownstack.index.counting import Counts, TermCounter
from ownstack.index.embed import Embedder, StaticEmbedder
from ownstack.index.embedding import embed_files
from ownstack.index.encode import Encoder
from ownstack.index.extract import extract, skim
from ownstack.index.jobs import (
    FilesRead,
    FileToRead,
    Job,
    ReadFiles,
    ReadText,
    TextRead,
    Vectors,
)
from ownstack.index.reading import NO_STAMP, Refusal, Stamp, Text
from ownstack.index.rows import Extracted
from ownstack.index.source import Source
from ownstack.languages import language_of
from ownstack.secret import secret_file

log = logging.getLogger(__name__)

_COUNTER = TermCounter()
_ENCODER = Encoder(_COUNTER)


def perform(job: Job, embedder: Embedder | None) -> Any:
    """Do a job: `FilesRead`, `TextRead`, or for each file its vectors (None if it changed).

    `embedder`: the worker's own, needed if the job names one.
    """
    if isinstance(job, ReadFiles):
        return read_files(job, embedder)
    if isinstance(job, ReadText):
        return read_text(job, embedder)
    assert embedder is not None
    return embed_files(job, embedder)


def read_files(job: ReadFiles, embedder: Embedder | None = None) -> FilesRead:
    """Read, hash, extract, and embed if that is asked for."""
    rows: list[tuple[Document, Extracted, str]] = []
    stamps: dict[str, Stamp] = {}
    known, refused, gone = [], [], []
    for file in job.files:
        found = reading.read(job.root, file.path)
        if isinstance(found, Refusal):
            if found.stamp == NO_STAMP and reading.stamp_of(job.root, file.path) is None:
                gone.append(file.path)
            else:
                refused.append((file.path, found.stamp, found.reason))
            continue
        stamps[file.path] = found.proof
        if found.content in file.known:
            known.append((file.path, found.content))
        else:
            rows.append(_extracted(file, found, skims=job.skims))
    batch, vectors = _encoded(rows, job.embedder, embedder)
    return FilesRead(batch, stamps, tuple(known), tuple(refused), tuple(gone), vectors)


def read_text(job: ReadText, embedder: Embedder | None = None) -> TextRead:
    """Extract a text; all chunks hold their texts, since no file does."""
    written = "" if secret_file(job.path, job.text) else job.text
    content = reading.content_hash(job.text.encode("utf-8", "replace"))
    text = Text(written, NO_STAMP, content, generated=False, settled=False)
    document, extracted, _ = _extracted(FileToRead(job.path), text, FLAG_UNSAVED)
    return TextRead(*_encoded([(document, extracted, "")], job.embedder, embedder))


def _encoded(
    rows: Sequence[tuple[Document, Extracted, str]], wanted: str, embedder: Embedder | None
) -> tuple[Batch, Vectors | None]:
    """Return rows as columns, with vectors if the embedder of that name is this process's own.

    What that saves is reading all files and counting their terms a second time.
    """
    batch = _ENCODER.encode(rows)
    if not isinstance(embedder, StaticEmbedder) or embedder.name != wanted:
        return batch, None
    chunks = [chunk for _, extracted, _ in rows for chunk in extracted.chunks]
    counted = Counts.of(batch.chunks.terms, batch.chunks.counts)
    counted = counted.plus(_COUNTER.count([one.header for one in chunks]))
    return batch, embedder.embed_counted(counted, len(chunks)).astype(np.float16)


def _extracted(
    file: FileToRead, found: Text, flags: int = 0, *, skims: bool = False
) -> tuple[Document, Extracted, str]:
    first_line = found.text[:200].partition("\n")[0]
    language = language_of("", file.path, first_line)
    name = language.id if language else ""
    flags |= flags_of(file.path, generated=found.generated)
    if file.plain:
        extracted, flags = plain(file.path, found.text, name), flags | FLAG_PLAIN
    else:
        try:
            extracted = (skim if skims else extract)(found.text, file.path, language)
        except Exception:
            # Parsers and queries fail in ways nobody foresees; the text can still be searched.
            log.exception("%s could not be parsed, so it is held as plain text.", file.path)
            extracted, flags = plain(file.path, found.text, name), flags | FLAG_PLAIN
    n_lines = found.text.count("\n") + (not found.text.endswith("\n"))
    size = found.stamp[1] if found.stamp != NO_STAMP else len(found.text.encode("utf-8", "replace"))
    document = Document(file.path, found.content, extracted.language or name, n_lines, size, flags)
    return document, extracted, found.text


def plain(path: str, text: str, language: str) -> Extracted:
    """Cut a text into windows of lines, without looking at what it says."""
    return Extracted(language, chunks=windows(path, Source(text)))
