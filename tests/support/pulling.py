"""Fetching one model from a hub of the tests, without waiting between attempts."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

from ownstack.models.fetching.downloads import Progress, fetch, prepare

REPOSITORY = "owner/model-GGUF"
SOURCE = f"hf:{REPOSITORY}/m-q4_k_m.gguf"
SIZE = 1_000_000


def pulled(
    source: str,
    folder: Path,
    on_progress: Callable[[Progress], None] = lambda progress: None,
    stop: threading.Event | None = None,
    sha256: str = "",
) -> list[Path]:
    """Fetch without waiting between attempts."""
    return fetch(prepare(source, folder, sha256=sha256), on_progress, stop, first_pause_s=0)


def files_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.suffix != ".lock")
