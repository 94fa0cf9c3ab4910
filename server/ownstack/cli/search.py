"""`ownstack search QUERY`: the code of a project that answers a question."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ownstack.cli.output import in_cell, place_in, print_json, warn
from ownstack.errors import UsageError
from ownstack.terminal import visible

if TYPE_CHECKING:
    from ownstack.extract.rows import SearchHit

DEFAULT_LIMIT = 10
MAX_LIMIT = 1_000


def add_to(commands: Any) -> None:
    """Describe the command to argparse."""
    command = commands.add_parser(
        "search",
        help="find the code of a project that answers a question",
        description="Search a project by words, names and meaning. The index is made or brought "
        "up to date first.",
        epilog='QUERY may hold filters: "retries path:src lang:python kind:class".',
    )
    command.add_argument("query", metavar="QUERY")
    command.add_argument("--path", type=Path, metavar="P",
                         help="the project's folder, or a part of it (default: here)")  # fmt: skip
    command.add_argument("--limit", type=int, default=DEFAULT_LIMIT, metavar="N",
                         help="so many results at most (default: %(default)s)")  # fmt: skip
    command.add_argument("--json", action="store_true", help="print a JSON array, best first")
    command.add_argument("--explain", action="store_true",
                         help="say what each part of the ranking added")  # fmt: skip
    command.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Exit status 0 also if nothing is found."""
    from ownstack.cli.project import opened, root_and_part
    from ownstack.index.embedding.embedder import default_embedder
    from ownstack.index.search.query import unknown_filter
    from ownstack.index.search.search import search

    if not 1 <= arguments.limit <= MAX_LIMIT:
        raise UsageError(f"--limit must be between 1 and {MAX_LIMIT}, not {arguments.limit}.")
    if not arguments.query.strip():
        raise UsageError("QUERY is empty.")
    root, part = root_and_part(arguments.path)
    with opened(root) as index:
        embedder = default_embedder()
        hits = search(index.snapshot, arguments.query, arguments.limit, embedder, below=part)
        message = index.status().message
    message = unknown_filter(arguments.query) or message
    if message:
        warn(message)
    if arguments.json:
        _print_json(hits, explain=arguments.explain)
    else:
        _print_text(hits, arguments.query, explain=arguments.explain)
    return 0


def _print_json(hits: list[SearchHit], *, explain: bool) -> None:
    rows = []
    for hit in hits:
        row: dict[str, Any] = {
            "path": hit.path,
            **in_cell(hit.cell),
            "start_line": hit.start_line,
            "end_line": hit.end_line,
            "kind": hit.kind,
            "name": hit.name,
            "score": hit.score,
            "text": hit.text,
        }
        rows.append(row | {"parts": hit.parts} if explain else row)
    print_json(rows)


def _print_text(hits: list[SearchHit], query: str, *, explain: bool) -> None:
    from rich.console import Console
    from rich.text import Text

    from ownstack.index.search.search import snippet

    if not hits:
        warn("nothing found.")
    # Piped, it is plain text, and no line is folded.
    console = Console(soft_wrap=True, highlight=False)
    for hit in hits:
        head = Text()
        place = f"{hit.start_line}-{hit.end_line}"
        head.append(visible(place_in(hit.path, hit.cell, place)), style="bold cyan")
        if hit.name:
            head.append(f"  {'members of' if hit.kind == 'group' else hit.kind} ")
            head.append(visible(hit.name), style="bold")
        if explain:
            head.append(f"  {hit.score:.3f}", style="dim")
        console.print(head)
        if explain:
            parts = ", ".join(f"{name} {value:.3f}" for name, value in hit.parts.items())
            console.print(Text(f"  {parts}", style="dim"))
        first, text = snippet(hit, query)
        for number, line in enumerate(text.split("\n"), first):
            console.print(Text.assemble((f"{number:>6}  ", "dim"), visible(line)))
        console.print()
