"""`ownstack symbols [QUERY|FILE]`: what a project or a file defines."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ownstack.errors import UsageError

if TYPE_CHECKING:
    from ownstack.index.snapshot import Snapshot
    from ownstack.index.stored import StoredSymbol

DEFAULT_LIMIT = 50


def add_to(commands: Any) -> None:
    """Describe the command to argparse."""
    command = commands.add_parser(
        "symbols",
        help="list what a project or a file defines",
        description="List symbols by what is typed of their names, or those of a file.",
        epilog="QUERY is part of a name, such as `retry`, `Client.send` or `hc` for HttpClient.",
    )
    command.add_argument("query", nargs="?", default="", metavar="QUERY|FILE")
    command.add_argument("--path", type=Path, metavar="P",
                         help="the project's folder (default: here)")  # fmt: skip
    command.add_argument("--limit", type=int, default=DEFAULT_LIMIT, metavar="N",
                         help="so many at most; of a file, all (default: %(default)s)")  # fmt: skip
    command.add_argument("--json", action="store_true", help="print a JSON array")
    command.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    from ownstack.cli.project import opened, root_and_part

    if arguments.limit < 1:
        raise UsageError(f"--limit must be at least 1, not {arguments.limit}.")
    file = Path(arguments.query) if arguments.query else None
    is_file = file is not None and arguments.path is None and file.is_file()
    root, part = root_and_part(file if is_file else arguments.path)
    with opened(root) as index:
        found = _found(index.snapshot, arguments, part, is_file=is_file)
        reason = index.reason(part) if is_file else ""
    if reason:
        print(f"ownstack: {part} is not in the index: {reason}", file=sys.stderr)
    if arguments.json:
        _print_json(found)
    else:
        _print_text(found, by_file=is_file)
    return 0


def _found(
    snapshot: Snapshot, arguments: argparse.Namespace, part: str, *, is_file: bool
) -> list[StoredSymbol]:
    from ownstack.index.lookup import find_symbols
    from ownstack.index.map import most_central

    if is_file:
        return [snapshot.symbol(row) for row in snapshot.symbols_of(part)]
    if arguments.query:
        return find_symbols(snapshot, arguments.query, arguments.limit, below=part)
    return most_central(snapshot, arguments.limit, below=part)


def _print_json(found: list[StoredSymbol]) -> None:
    import json

    rows = [
        {
            "path": one.path,
            "start_line": one.start_line,
            "end_line": one.end_line,
            "kind": one.kind,
            "name": one.qualified,
            "signature": one.signature,
            "doc": one.doc,
        }
        for one in found
    ]
    print(json.dumps(rows, indent=2, ensure_ascii=False))


def _print_text(found: list[StoredSymbol], *, by_file: bool) -> None:
    from ownstack.cli.output import print_table

    if not found:
        print("ownstack: nothing found.", file=sys.stderr)
        return
    places = [f"{'' if by_file else f'{one.path}:'}{one.name_line}" for one in found]
    rows = [(one.kind, one.qualified, place) for one, place in zip(found, places, strict=True)]
    print_table(("KIND", "NAME", "LINE" if by_file else "PLACE"), rows)
