"""The project's index as commands use it: opened, brought up to date, closed."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ownstack.index.project import ProjectIndex
    from ownstack.index.snapshot.snapshot import Snapshot
    from ownstack.index.status import Progress, Report

LOOK_AGAIN_S = 20.0
"""After so long a question has the project's files looked at again."""
WORDS = {
    "scanning": "Looking",
    "skimming": "Skimming",
    "reading": "Reading",
    "embedding": "Embedding",
}
"""What a phase is called in front of the bar."""


@contextlib.contextmanager
def opened(folder: Path, *, force: bool = False, quiet: bool = False) -> Iterator[ProjectIndex]:
    """Open a folder's index and bring it up to date, with a bar on a terminal's stderr.

    A daemon that serves the folder keeps the index itself; what it has written is read then.
    Ctrl-C leaves what was read so far, and the next call goes on from there.

    Raises:
        IndexingError: the folder cannot be indexed, or not without `force`.
    """
    from ownstack.index.embedding.embedder import default_embedder
    from ownstack.index.project import ProjectIndex

    index = ProjectIndex.open(folder, _cache(), default_embedder(), force=force)
    try:
        with _bar(quiet) as report:
            index.refresh(report)
        yield index
    finally:
        index.close()


def snapshots(index: ProjectIndex | None) -> Callable[[], Snapshot | None]:
    """Return what gives the index as it is now, looked at again if that was a while ago."""
    import time

    looked_s = time.monotonic()

    def snapshot() -> Snapshot | None:
        nonlocal looked_s
        if index is None:
            return None
        if time.monotonic() - looked_s > LOOK_AGAIN_S:
            index.refresh()
            looked_s = time.monotonic()
        return index.snapshot

    return snapshot


def root_and_part(path: Path | None) -> tuple[Path, str]:
    """Return the folder whose index answers for a path, and the path within it ("" = all of it).

    That is the nearest folder at or above the path which has an index, if the path can be in it:
    a worktree inside a project, or what it ignores, is not. Else it is a folder that was named
    itself; for a file or the current folder, their repository.

    Raises:
        FileError: there is no such path.
    """
    from ownstack.errors import FileError

    place = (Path.cwd() if path is None else path).absolute()
    if not place.exists():
        raise FileError(f"There is no file or folder {path}.")
    place = place.resolve()
    here = place if place.is_dir() else place.parent
    above = (here, *here.parents)
    indexed = next((folder for folder in above if _has_index(folder)), None)
    if indexed is None:
        default, nearer = here, above
    elif not _leaves_out(indexed, here):
        default, nearer = indexed, ()
    else:
        # The index says of a file why it is not in it.
        default = here if place.is_dir() else indexed
        nearer = above[: above.index(indexed)]
    is_named = path is not None and place.is_dir()
    repository = next((folder for folder in nearer if (folder / ".git").exists()), default)
    root = here if is_named and nearer else repository
    part = place.relative_to(root).as_posix()
    return root, "" if part == "." else part


def _leaves_out(root: Path, folder: Path) -> bool:
    """Say whether the index of `root` holds nothing of a folder in it."""
    from ownstack.files.scan import Judge

    relative = folder.relative_to(root).as_posix()
    try:
        return bool(Judge(root).folder_reason("" if relative == "." else relative))
    except OSError:
        # It cannot be told for the moment: the index keeps what it has.
        return False


def index_folder(root: Path) -> Path:
    """Return where the index of a folder lies."""
    from ownstack.index.storage.folder import folder_of

    return folder_of(_cache(), root)


def _cache() -> Path:
    from ownstack.paths import Home

    return Home.default().cache / "index"


def _has_index(folder: Path) -> bool:
    from ownstack.index.storage.folder import has_head

    return has_head(index_folder(folder))


@contextlib.contextmanager
def _bar(quiet: bool) -> Iterator[Report | None]:
    """Yield what shows progress; nothing is shown before there is something to wait for."""
    if quiet or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar

    columns = (
        TextColumn("{task.description:10}"),
        *(BarColumn(), MofNCompleteColumn(), TextColumn("files"), TimeElapsedColumn()),
    )
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        tasks: dict[str, int] = {}

        def report(progress: Progress) -> None:
            if progress.phase not in tasks:
                tasks[progress.phase] = bar.add_task(WORDS.get(progress.phase, progress.phase))
            task = bar.tasks[tasks[progress.phase]]
            bar.update(task.id, completed=progress.n_done, total=progress.n_all)

        yield report
