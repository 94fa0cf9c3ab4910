"""What a document's URI says about where it is."""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from urllib.parse import unquote

from ownstack.document import Documents, OpenText
from ownstack.errors import ModelError
from ownstack.files.uri import MAX_URI_CHARS, file_path

MAX_SHOWN_CHARS = 1_000

CELL = "vscode-notebook-cell"
_SCHEME_IN_CELL = re.compile(r"[A-Za-z]\d+s([A-Za-z0-9+/_-]+)=*$")


def notebook_uri(uri: str) -> str:
    """Return the URI of the notebook that a cell's text belongs to; other URIs as they are.

    Editors that tell of notebooks say which it is; else it is told by how VS Code names cells.
    """
    scheme, _, rest = uri[:MAX_URI_CHARS].partition(":")
    if scheme != CELL:
        return uri
    place, _, fragment = rest.partition("#")
    named = _SCHEME_IN_CELL.match(unquote(fragment))
    try:
        scheme = base64.b64decode(f"{named[1]}==", "-_").decode("ascii") if named else "file"
    except ValueError:
        scheme = "file"
    return f"{scheme}:{place}"


def shown_path(uri: str, folders: Sequence[Path]) -> str:
    """Return the path shown to models: relative to the innermost folder, with `/`."""
    uri = notebook_uri(uri)
    path = file_path(uri)
    if path is None:
        return (unquote(uri[:MAX_URI_CHARS].partition(":")[2]) or uri)[-MAX_SHOWN_CHARS:]
    inside = [folder for folder in folders if path.is_relative_to(folder)]
    if not inside:
        return path.name
    return path.relative_to(max(inside, key=lambda folder: len(folder.parts))).as_posix()


def open_text(file: Path, documents: Documents, refused: Iterable[str]) -> OpenText | None:
    """Return the document that is open of a file; `refused`: URIs of open texts without one."""
    for document in documents:
        if file_path(document.uri) == file:
            return OpenText(document.uri, document.version, document.text)
    found = (uri for uri in tuple(refused) if file_path(uri) == file)
    return next((OpenText(uri, 0, None) for uri in found), None)


def refusal(uri: str) -> str:
    """Return why nothing is completed in a document of this kind, or ""."""
    scheme = notebook_uri(uri)[:MAX_SHOWN_CHARS].partition(":")[0]
    if scheme in ("file", "untitled"):
        return ""
    return f"Only files and untitled documents are completed, not {scheme}: documents."


def check_trust(model: str, folders: Sequence[Path]) -> None:
    """Refuse a model that lies in one of the folders, which are not trusted.

    Raises:
        ModelError: say so.
    """
    path = Path(os.path.abspath(model))
    if any(path.is_relative_to(folder) for folder in folders):
        raise ModelError(
            f"The model {path.name} lies in a folder that is not trusted.",
            "Trust the folder, or choose another model.",
        )
