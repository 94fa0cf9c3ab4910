"""`ownstack map`: the signatures of a project that matter most."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import Any

from ownstack.cli.output import in_cell, print_json, say_lines
from ownstack.errors import UsageError
from ownstack.terminal import visible

DEFAULT_TOKENS = 1_024
MAX_TOKENS = 1_000_000


def add_to(commands: Any) -> None:
    """Describe the command to argparse."""
    command = commands.add_parser(
        "map",
        help="print the signatures of a project that matter most",
        description="Print a map of a project, or of a part of it: what most of the code builds "
        "on comes first, cut to a number of tokens.",
    )
    command.add_argument("path", type=Path, nargs="?", metavar="PATH",
                         help="a project, or a folder or file in one (default: here)")  # fmt: skip
    command.add_argument("--tokens", type=int, default=DEFAULT_TOKENS, metavar="N",
                         help="about so many at most (default: %(default)s)")  # fmt: skip
    command.add_argument("--json", action="store_true", help="print a JSON array of files")
    command.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    from ownstack.cli.project import opened, root_and_part
    from ownstack.index.search.map import repository_map
    from ownstack.index.search.places import located

    if not 1 <= arguments.tokens <= MAX_TOKENS:
        raise UsageError(f"--tokens must be between 1 and {MAX_TOKENS}, not {arguments.tokens}.")
    root, part = root_and_part(arguments.path)
    with opened(root) as index:
        snapshot = index.snapshot
        found = repository_map(snapshot, arguments.tokens, part)
        places = {file.path: located(snapshot, file.symbols) for file in found}
    if arguments.json:
        print_json(
            [
                {
                    "path": file.path,
                    "symbols": [
                        {**in_cell(place.cell), "line": place.start_line,
                         "kind": place.symbol.kind, "name": place.symbol.qualified,
                         "signature": place.symbol.signature}
                        for place in places[file.path]
                    ],
                }
                for file in found
            ]
        )  # fmt: skip
    elif found:
        # A line break in a name begins no line; those between files are ours.
        shown = [str(replace(file, path=visible(file.path))) for file in found]
        say_lines("\n".join(shown).removesuffix("\n"))
    return 0
