"""URIs of files, as editors write them."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import unquote, urlsplit
from urllib.request import url2pathname

MAX_URI_CHARS = 32_768
"""No system opens a file of a longer name, and looking at each of its parts would take long."""


def file_path(uri: str) -> Path | None:
    """Return the place a `file:` URI names, or None for any other URI.

    It holds no `..`: what that leads to, also behind a link, is what counts as inside a folder.
    """
    if len(uri) > MAX_URI_CHARS:
        return None
    try:
        parts = urlsplit(uri)
    except ValueError:
        return None
    if parts.scheme != "file" or "\0" in unquote(parts.path):
        return None
    path = url2pathname(parts.path)
    if parts.netloc and parts.netloc != "localhost":
        path = f"//{parts.netloc}{path}"
    return _resolved(path) if ".." in Path(path).parts else Path(path)


def _resolved(path: str) -> Path:
    """Ask the disk, which no editor makes necessary; by its name where that means the same."""
    place = os.path.realpath(path)
    named = os.path.normpath(path)
    return Path(named if os.path.realpath(named) == place else place)
