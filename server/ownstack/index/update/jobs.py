"""What a worker process is asked and what it answers: values that travel between processes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from ownstack.extract.rows import CellRows
from ownstack.files.reading import Stamp
from ownstack.index.storage.columns import Batch

Vectors = npt.NDArray[np.floating[Any]]
"""float[n_chunks, dim]"""


@dataclass(frozen=True, slots=True)
class FileToRead:
    """A file, and the contents of it that need not be extracted again."""

    path: str
    known: tuple[bytes, ...] = ()
    plain: bool = False
    """Do not parse it: that killed a worker."""


@dataclass(frozen=True, slots=True)
class ReadFiles:
    """Read some files of a folder."""

    root: str
    files: tuple[FileToRead, ...]
    embedder: str = ""
    """The name of the one that makes vectors at once, if it is the worker's own; "": none."""
    skims: bool = False
    """Only skim the files, which are read again: definitions by regular expressions."""


@dataclass(frozen=True, slots=True)
class FilesRead:
    """What became of each file; every path is in one of the fields."""

    batch: Batch
    """Of those that were extracted."""
    stamps: dict[str, Stamp]
    """Of those that were extracted, or known."""
    known: tuple[tuple[str, bytes], ...]
    """Path and content of those that hold a known content."""
    refused: tuple[tuple[str, Stamp, str], ...]
    """Path, stamp and the reason why they are not in the index."""
    gone: tuple[str, ...]
    vectors: Vectors | None = None
    """Of all chunks of the batch."""


@dataclass(frozen=True, slots=True)
class ReadText:
    """Extract a text that no file holds, an editor's buffer."""

    path: str
    text: str
    embedder: str = ""
    """See `ReadFiles`."""
    root: str = ""
    """The folder that the path is relative to."""


@dataclass(frozen=True, slots=True)
class TextRead:
    """What a text holds."""

    batch: Batch
    vectors: Vectors | None
    """Of all chunks of the batch."""
    cells: CellRows | None = None
    """Where its cells are, if it is a notebook's."""


@dataclass(frozen=True, slots=True)
class ChunkPlace:
    """Where the text of a chunk stands, or that text."""

    header: str
    start_line: int
    end_line: int
    text: str


@dataclass(frozen=True, slots=True)
class EmbedFile:
    """The chunks of one content of a file."""

    path: str
    content: bytes
    chunks: tuple[ChunkPlace, ...]


@dataclass(frozen=True, slots=True)
class EmbedFiles:
    """Embed the chunks of some files."""

    root: str
    files: tuple[EmbedFile, ...]
    embedder: str
    """Its name; vectors of another one are not wanted."""


Job: TypeAlias = "ReadFiles | ReadText | EmbedFiles"
