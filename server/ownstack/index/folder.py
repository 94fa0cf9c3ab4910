"""The folder of one index: where it lies, its head, which says what made it, how to remove it."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ownstack.paths import short_hash

_HEAD = "index.json"


def folder_of(cache: Path, root: Path) -> Path:
    """Return where the index of a project lies, of all those in `cache`. Follows links."""
    return cache / short_hash(str(root.resolve()))


def has_head(folder: Path) -> bool:
    """Say whether there is an index; it has its head once all its tables were made."""
    return (folder / _HEAD).exists()


def read_head(folder: Path) -> dict[str, Any]:
    """Return what was written. Raises what comes of a file that is not such a head."""
    return dict(json.loads((folder / _HEAD).read_text("utf-8")))


def write_head(folder: Path, head: Mapping[str, Any]) -> None:
    """Write it whole or not at all."""
    partial = folder / (_HEAD + ".partial")
    partial.write_text(json.dumps(head), "utf-8")
    os.replace(partial, folder / _HEAD)


def erase(folder: Path) -> None:
    """Remove an index that cannot be used."""
    with contextlib.suppress(FileNotFoundError):
        (folder / _HEAD).unlink()
    shutil.rmtree(folder / "tables", ignore_errors=True)


def folder_bytes(folder: Path) -> int:
    """Return the size of all files below a folder."""
    total = 0
    for where, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(OSError):
                total += os.stat(os.path.join(where, name)).st_size
    return total
