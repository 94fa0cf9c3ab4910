"""The texts of a folder that echo learns from: those of the index, if they are not too large."""

from __future__ import annotations

from pathlib import Path

from ownstack.completion.echo.segment import FileText
from ownstack.files import reading
from ownstack.files.notebook.text import is_notebook, max_file_bytes, without_marks
from ownstack.files.scan import Entry
from ownstack.files.secret.detection import without_secrets

MAX_FILE_BYTES = 512 * 1024


def counts(entry: Entry) -> bool:
    """Say whether a file is read; what is in it may still refuse that."""
    return not entry.reason and entry.stamp[1] <= max_file_bytes(entry.path, MAX_FILE_BYTES)


def read(folder: Path, relative: str) -> FileText | None:
    """Read a file as text with plain line ends; None if it cannot be read or is not such a text."""
    found = reading.read(folder, relative, MAX_FILE_BYTES)
    if isinstance(found, reading.Refusal):
        return None
    text = without_marks(found.text) if is_notebook(relative) else found.text
    text = without_secrets(relative, text)
    return FileText(relative, found.stamp, text.encode("utf-8", "replace"))
