"""`ownstack map`: the signatures of a project that matter most."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from ownstack.errors import UsageError

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
    from ownstack.cli.output import print_json
    from ownstack.cli.project import opened, root_and_part
    from ownstack.index.map import repository_map

    if not 1 <= arguments.tokens <= MAX_TOKENS:
        raise UsageError(f"--tokens must be between 1 and {MAX_TOKENS}, not {arguments.tokens}.")
    root, part = root_and_part(arguments.path)
    with opened(root) as index:
        found = repository_map(index.snapshot, arguments.tokens, part)
    if arguments.json:
        print_json(
            [
                {
                    "path": one.path,
                    "symbols": [
                        {"line": symbol.start_line, "kind": symbol.kind, "name": symbol.qualified,
                         "signature": symbol.signature}
                        for symbol in one.symbols
                    ],
                }
                for one in found
            ]
        )  # fmt: skip
    else:
        print("\n".join(map(str, found)), end="")
    return 0
