"""`ownstack index`: read a project, so that it can be searched."""

from __future__ import annotations

import argparse
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ownstack.cli.output import human_bytes, print_json, print_table, say, warn
from ownstack.errors import UsageError

if TYPE_CHECKING:
    from ownstack.index.status import ProjectIndexStatus

MAX_REASONS = 8


def add_to(commands: Any) -> None:
    """Describe the command to argparse."""
    command = commands.add_parser(
        "index",
        help="read a project, so that it can be searched",
        description="Make the index of a project, or bring it up to date. It lies in the user's "
        "cache folder. Ctrl-C leaves what was read; the next call goes on from there.",
    )
    command.add_argument("path", type=Path, nargs="?", metavar="PATH",
                         help="the project's folder (default: here)")  # fmt: skip
    command.add_argument("--force", action="store_true", help="even if it is the home folder")
    command.add_argument("--rebuild", action="store_true", help="forget what was read before")
    command.add_argument("--clear", action="store_true", help="remove the index, and make none")
    command.add_argument("--json", action="store_true", help="print the summary as JSON")
    command.add_argument(
        "--compare-embedders",
        nargs=2,
        metavar=("A", "B"),
        help="find the same with two embedders: `default`, a table (.npz) or a GGUF model; "
        "prints the overlap of their best five results, latency and size",
    )
    command.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    from ownstack.cli.project import index_folder, opened
    from ownstack.errors import FileError
    from ownstack.index.storage.folder import erase

    folder = (arguments.path or Path.cwd()).resolve()
    if not folder.is_dir():
        raise FileError(f"There is no folder {folder}.")
    if arguments.rebuild or arguments.clear:
        _refuse_while_kept(folder)
        erase(index_folder(folder))
    if arguments.clear:
        say(f"The index of {folder} is removed.")
        return 0
    if arguments.compare_embedders:
        from ownstack.cli.embedders import compare

        return compare(folder, *arguments.compare_embedders, as_json=arguments.json)
    started = time.monotonic()
    with opened(folder, force=arguments.force) as index:
        seconds = time.monotonic() - started
        index.tidy()
        status = index.status()
    if arguments.json:
        _print_json(status, seconds)
    else:
        _print_text(status, seconds)
    return 0


def _refuse_while_kept(folder: Path) -> None:
    """See to it that nobody else writes the index.

    Raises:
        UsageError: a daemon, or another command, does.
    """
    from ownstack.cli.project import index_folder
    from ownstack.locking import FileLock

    lock = FileLock.take(index_folder(folder) / "lock")
    if lock is None:
        raise UsageError(
            "Another process keeps this index: an editor window has the folder open.",
            "Use the editor's command “Ownstack: Rebuild Index”, or run: ownstack daemon stop",
        )
    lock.release()


def _print_json(status: ProjectIndexStatus, seconds: float) -> None:
    print_json(
        {
            "root": status.root,
            "files": status.n_files,
            "lines": status.n_lines,
            "symbols": status.n_symbols,
            "chunks": status.n_chunks,
            "embedded": status.n_embedded,
            "seconds": round(seconds, 3),
            "sizeBytes": status.size_bytes,
            "sourceBytes": status.source_bytes,
            "leftOut": status.left_out,
            "message": status.message,
        }
    )


def _print_text(status: ProjectIndexStatus, seconds: float) -> None:
    print_table(
        ("", status.root),
        [
            ("files", f"{status.n_files:,} ({status.n_lines:,} lines, "
                      f"{human_bytes(status.source_bytes)})"),
            ("symbols", f"{status.n_symbols:,}"),
            ("chunks", f"{status.n_chunks:,} ({_embedded(status)})"),
            ("time", f"{seconds:.1f} s"),
            ("on disk", human_bytes(status.size_bytes)),
        ],
    )  # fmt: skip
    _print_left_out(status.left_out)
    if status.is_reader:
        say("Another process keeps this index; this is what it has written so far.")
    if status.message:
        warn(status.message)


def _embedded(status: ProjectIndexStatus) -> str:
    from ownstack.index.embedding.embedder import NoEmbedder, default_embedder

    if isinstance(default_embedder(), NoEmbedder):
        return "not compared by meaning"
    if status.n_embedded >= status.n_chunks:
        return "all compared by meaning"
    return f"{status.n_embedded:,} compared by meaning"


def _print_left_out(reasons: Mapping[str, int]) -> None:
    if not reasons:
        return
    say()
    say("Left out:")
    ordered = sorted(reasons.items(), key=lambda item: -item[1])
    for reason, count in ordered[:MAX_REASONS]:
        say(f"  {count:>6,}  {reason}")
    rest = sum(count for _, count in ordered[MAX_REASONS:])
    if rest:
        say(f"  {rest:>6,}  for other reasons")
