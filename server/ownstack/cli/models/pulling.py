"""`ownstack models pull`: downloads a model, shows how far it is, and makes it known."""

from __future__ import annotations

import argparse
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ownstack.cli.models.entries import entry, next_steps, offers
from ownstack.cli.output import human_bytes, print_json, say

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ownstack.models.fetching.downloads import OnProgress, Progress


def add_to(verbs: Any) -> None:
    """Describe the command to argparse."""
    pull = verbs.add_parser(
        "pull",
        help="download a model, check it, and make it known",
        description="NAME is one that `recommend` shows; hf:OWNER/REPOSITORY/FILE (or "
        ":Q4_K_M, or nothing if there is only one) a file on Hugging Face, or on the mirror that "
        "HF_ENDPOINT names; else an https address. A download that breaks off goes on where it "
        "stopped. Offline: set OWNSTACK_OFFLINE=1.",
    )
    pull.add_argument("source", metavar="NAME|hf:…|URL")
    pull.add_argument("--name", help="what to call it (default: the file's name)")
    pull.add_argument("--to", type=Path, metavar="FOLDER", help="below which it is kept")
    pull.add_argument("--sha256", default="", metavar="HEX", help="what the file must have")
    pull.add_argument("--json", action="store_true", help="print JSON")
    pull.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    there = offers()
    folder = None if arguments.to is None else arguments.to.expanduser().absolute()
    download = there.prepare(arguments.source, folder=folder, sha256=arguments.sha256)
    if not arguments.json:
        size = human_bytes(download.size_bytes) if download.size_bytes else "of unknown size"
        licence = f", licence {download.license}" if download.license else ""
        say(f"{download.source} ({size}{licence})")
    with _shown() as tell:
        info = there.pull(download, tell, name=arguments.name)
    if arguments.json:
        print_json({**entry(info, []), "source": download.source})
        return 0
    hashed = all(file.sha256 for file in download.files)
    how = "its hash is right" if hashed else "nobody says its hash; it is a GGUF file by its head"
    say(f"{info.name} is here, {how}: {info.path}")
    for line in next_steps(info):
        say(line)
    return 0


@contextmanager
def _shown() -> Iterator[OnProgress]:
    """Show progress on stderr: a bar in a terminal, a line at each tenth elsewhere."""
    from rich.console import Console
    from rich.markup import escape
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        TextColumn,
        TimeRemainingColumn,
        TransferSpeedColumn,
    )
    from rich.progress import Progress as Bar

    from ownstack.cli.output import say_meanwhile
    from ownstack.terminal import visible

    console = Console(stderr=True)
    if not console.is_terminal:
        yield _Lines(say_meanwhile)
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    with Bar(*columns, console=console) as bar:
        tasks: dict[str, Any] = {}

        def tell(progress: Progress) -> None:
            what = escape(visible(progress.file.rpartition("/")[2]))
            said = f"{progress.phase.capitalize()} {what}"
            if progress.phase == "fetching" and progress.reconnects:
                said += f" (taken up again: {progress.reconnects})"
            if progress.phase not in tasks:
                tasks[progress.phase] = bar.add_task(said, total=None)
            bar.update(
                tasks[progress.phase],
                completed=progress.done_bytes,
                total=progress.total_bytes or None,
                description=said,
            )

        yield tell


class _Lines:
    """Progress where lines cannot be written over."""

    def __init__(self, write: Any) -> None:
        self._write = write
        self._last = ("", -1)

    def __call__(self, progress: Progress) -> None:
        tenth = 10 * progress.done_bytes // progress.total_bytes if progress.total_bytes else 0
        if (progress.phase, tenth) != self._last:
            self._last = (progress.phase, tenth)
            of = f" of {human_bytes(progress.total_bytes)}" if progress.total_bytes else ""
            self._write(f"{progress.phase} {human_bytes(progress.done_bytes)}{of}")
