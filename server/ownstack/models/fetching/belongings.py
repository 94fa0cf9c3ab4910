"""Which files are ours to delete with a model: what was downloaded, and what lies around it."""

from __future__ import annotations

import re
from pathlib import Path

_SHARD = re.compile(r"-\d{5}-of-(\d{5})\.gguf$", re.IGNORECASE)


def model_files(path: Path) -> list[Path]:
    """Return the files of a model that are there, by the first one's path: all parts of it."""
    split = _SHARD.search(path.name)
    if split is None:
        return [path] if path.is_file() else []
    stem = re.escape(path.name[: split.start()])
    pattern = re.compile(rf"{stem}-\d{{5}}-of-{split[1]}\.gguf", re.IGNORECASE)
    return sorted(file for file in _beside(path) if pattern.fullmatch(file.name))


def delete(path: Path) -> list[Path]:
    """Delete a downloaded model, what was left of attempts to fetch it, and its empty folder.

    Returns which model files are gone.

    Raises:
        OSError: one cannot be deleted.
    """
    files = model_files(path)
    for file in files:
        file.unlink()
    for file in _beside(path):
        if any(file.name.startswith(f"{gone.name}.") for gone in (path, *files)) and (
            file.name.endswith((".lock", ".part", ".part.json"))
        ):
            file.unlink()
    if path.parent.is_dir() and not any(path.parent.iterdir()):
        path.parent.rmdir()
    return files


def _beside(path: Path) -> list[Path]:
    if not path.parent.is_dir():
        return []
    return [file for file in path.parent.iterdir() if file.is_file()]
