"""What a document's URI says about where it is."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from urllib.parse import unquote, urlsplit
from urllib.request import url2pathname


def file_path(uri: str) -> Path | None:
    """Return the path a `file:` URI names, or None for any other URI."""
    try:
        parts = urlsplit(uri)
    except ValueError:
        return None
    if parts.scheme != "file" or "\0" in unquote(parts.path):
        return None
    path = url2pathname(parts.path)
    if parts.netloc and parts.netloc != "localhost":
        path = f"//{parts.netloc}{path}"
    return Path(path)


def shown_path(uri: str, folders: Sequence[Path]) -> str:
    """Return the path shown to models: relative to the innermost folder, with `/`."""
    path = file_path(uri)
    if path is None:
        return unquote(uri.partition(":")[2]) or uri
    inside = [folder for folder in folders if path.is_relative_to(folder)]
    if not inside:
        return path.name
    return path.relative_to(max(inside, key=lambda folder: len(folder.parts))).as_posix()


def refusal(uri: str) -> str:
    """Return why nothing is completed in a document of this kind, or ""."""
    scheme = uri.partition(":")[0]
    if scheme in ("file", "untitled"):
        return ""
    if scheme == "vscode-notebook-cell":
        return "Notebook cells are not completed yet."
    return f"Only files and untitled documents are completed, not {scheme}: documents."
