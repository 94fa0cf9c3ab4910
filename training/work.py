"""The work folder: everything a run reads or writes that does not belong in the repository."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from pathlib import Path

from benchmarks.packages.documents import Document


def default_work() -> Path:
    """The per-user cache folder; platformdirs is imported late, a bare GPU machine lacks it."""
    from platformdirs import user_cache_dir

    return Path(user_cache_dir("ownstack")) / "training"


def add_work_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--work", type=Path, default=None, help="work folder (default: the user's cache folder)"
    )


def work_folder(option: Path | None) -> Path:
    folder = (option or default_work()).expanduser().resolve()
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def write_atomically(path: Path, write: Callable[[Path], None]) -> None:
    """Let `write` fill a sibling file, flush it to disk, then take `path`'s name in one step."""
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_name(path.name + ".part")
    write(scratch)
    with scratch.open("rb+") as file:
        os.fsync(file.fileno())
    scratch.replace(path)


def save_documents(path: Path, documents: list[Document]) -> None:
    """Write texts as JSON lines, as `benchmarks.packages.documents` reads them."""

    def write(scratch: Path) -> None:
        with scratch.open("w", encoding="utf-8", newline="\n") as file:
            file.writelines(document.json() + "\n" for document in documents)

    write_atomically(path, write)
