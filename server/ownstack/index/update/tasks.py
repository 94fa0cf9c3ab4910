"""The jobs of worker processes: reading files, extracting, embedding.

Runs in another process at a low priority (`workers.py`); nothing here may import the store.
"""

from __future__ import annotations

import functools
import logging
import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ownstack.extract.cells import ExtractOne, extract_cells, rows_in
from ownstack.extract.chunks import windows
from ownstack.extract.classify import FLAG_PLAIN, FLAG_UNSAVED, flags_of
from ownstack.extract.file import extract, skim
from ownstack.extract.rows import Extracted
from ownstack.extract.source import SourceText
from ownstack.files import reading
from ownstack.files.handwriting import without_long_lines
from ownstack.files.notebook.text import is_notebook
from ownstack.files.reading import NO_STAMP, Refusal, Stamp, Text
from ownstack.files.secret.detection import secret_file, without_secrets
from ownstack.index.embedding.embedder import StaticEmbedder, TextEmbedder
from ownstack.index.storage.columns import Batch, IndexedDocument
from ownstack.index.storage.encode import Encoder
from ownstack.index.storage.term_counts import Counts, TermCounter
from ownstack.index.update.jobs import (
    FilesRead,
    FileToRead,
    Job,
    ReadFiles,
    ReadText,
    TextRead,
    Vectors,
)
from ownstack.index.update.vectors import embed_files
from ownstack.languages import Language, language_of

log = logging.getLogger(__name__)

_MAX_BESIDE = 2_000
_COUNTER = TermCounter()
_ENCODER = Encoder(_COUNTER)


def perform(job: Job, embedder: TextEmbedder | None) -> Any:
    """Do a job: `FilesRead`, `TextRead`, or for each file its vectors (None if it changed).

    `embedder`: the worker's own, needed if the job names one.
    """
    if isinstance(job, ReadFiles):
        return read_files(job, embedder)
    if isinstance(job, ReadText):
        return read_text(job, embedder)
    assert embedder is not None
    return embed_files(job, embedder)


def read_files(job: ReadFiles, embedder: TextEmbedder | None = None) -> FilesRead:
    """Read, hash, extract, and embed if that is asked for."""
    rows: list[tuple[IndexedDocument, Extracted, str]] = []
    stamps: dict[str, Stamp] = {}
    known, refused, gone = [], [], []
    beside = functools.lru_cache(64)(functools.partial(_beside, job.root))
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
            # What is found is shown, to people and to models that complete other files.
            found = replace(found, text=without_secrets(file.path, found.text))
            rows.append(_extracted(file, found, beside, skims=job.skims))
    batch, vectors = _encoded(rows, job.embedder, embedder)
    return FilesRead(batch, stamps, tuple(known), tuple(refused), tuple(gone), vectors)


def read_text(job: ReadText, embedder: TextEmbedder | None = None) -> TextRead:
    """Extract a text; all chunks hold their texts, since no file does."""
    content = reading.content_hash(job.text.encode("utf-8", "replace"))
    written = reading.plain_lines(job.text).replace("\0", "\ufffd")
    if secret_file(job.path, written):
        written = ""
    written = without_secrets(job.path, without_long_lines(written))
    text = Text(written, NO_STAMP, content, generated=False, settled=False)
    beside = functools.partial(_beside, job.root)
    document, extracted, _ = _extracted(FileToRead(job.path), text, beside, FLAG_UNSAVED)
    cells = rows_in(written) if is_notebook(job.path) else None
    return TextRead(*_encoded([(document, extracted, "")], job.embedder, embedder), cells)


def _encoded(
    rows: Sequence[tuple[IndexedDocument, Extracted, str]],
    wanted: str,
    embedder: TextEmbedder | None,
) -> tuple[Batch, Vectors | None]:
    """Return rows as columns, with vectors if the embedder of that name is this process's own.

    What that saves is reading all files and counting their terms a second time.
    """
    batch = _ENCODER.encode(rows)
    if not isinstance(embedder, StaticEmbedder) or embedder.name != wanted:
        return batch, None
    chunks = [chunk for _, extracted, _ in rows for chunk in extracted.chunks]
    counted = Counts.of(batch.chunks.terms, batch.chunks.counts)
    counted = counted.plus(_COUNTER.count([chunk.header for chunk in chunks]))
    return batch, embedder.embed_counted(counted, len(chunks)).astype(np.float16)


def _extracted(
    file: FileToRead,
    found: Text,
    beside: Callable[[str], list[str]],
    flags: int = 0,
    *,
    skims: bool = False,
) -> tuple[IndexedDocument, Extracted, str]:
    folder = file.path.rpartition("/")[0]
    language = language_of("", file.path, found.text, lambda: beside(folder))
    name = language.id if language else ""
    flags |= flags_of(file.path, generated=found.generated)
    extract_file = extract_cells if is_notebook(file.path) else _extract_whole
    if file.plain:
        extracted = extract_file(found.text, file.path, plain, language)
        flags |= FLAG_PLAIN
    else:
        try:
            extract_one = skim if skims else extract
            extracted = extract_file(found.text, file.path, extract_one, language)
        except Exception:
            # Parsers and queries fail in ways nobody foresees; the text can still be searched.
            log.exception("%s could not be parsed, so it is held as plain text.", file.path)
            extracted = extract_file(found.text, file.path, plain, language)
            flags |= FLAG_PLAIN
    n_lines = found.text.count("\n") + (not found.text.endswith("\n"))
    size = found.stamp[1] if found.stamp != NO_STAMP else len(found.text.encode("utf-8", "replace"))
    document = IndexedDocument(
        file.path, found.content, extracted.language or name, n_lines, size, flags
    )
    return document, extracted, found.text


def _extract_whole(
    text: str, path: str, extract_one: ExtractOne, language: Language | None
) -> Extracted:
    return extract_one(text, path, language)


def _beside(root: str, folder: str) -> list[str]:
    """Return names of files in a folder of the project; none if it cannot be listed."""
    if not root:
        return []
    try:
        with os.scandir(os.path.join(root, folder)) as entries:
            return [entry.name for entry, _ in zip(entries, range(_MAX_BESIDE), strict=False)]
    except (OSError, ValueError) as error:
        log.debug("cannot list %s: %s", folder, error)
        return []


def plain(text: str, path: str, language: Language | None) -> Extracted:
    """Cut a text into windows of lines, without looking at what it says."""
    return Extracted(language.id if language else "", chunks=windows(path, SourceText(text)))
