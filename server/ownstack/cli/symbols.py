"""`ownstack symbols [QUERY|FILE]`: what a project or a file defines."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ownstack.cli.output import in_cell, place_in, print_json, print_table, warn
from ownstack.errors import UsageError

if TYPE_CHECKING:
    from ownstack.index.search.places import Located
    from ownstack.index.snapshot.answers import StoredSymbol
    from ownstack.index.snapshot.snapshot import Snapshot

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
    from ownstack.index.search.places import located

    if arguments.limit < 1:
        raise UsageError(f"--limit must be at least 1, not {arguments.limit}.")
    file = Path(arguments.query)
    is_file = arguments.path is None and bool(arguments.query) and _is_file(file)
    root, part = root_and_part(file if is_file else arguments.path)
    with opened(root) as index:
        found = located(index.snapshot, _found(index.snapshot, arguments, part, is_file=is_file))
        reason = index.reason(part) if is_file else ""
    if reason:
        warn(f"{part} is not in the index: {reason}")
    if arguments.json:
        _print_json(found)
    else:
        _print_text(found, by_file=is_file)
    return 0


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):
        # A query may be longer than any name.
        return False


def _found(
    snapshot: Snapshot, arguments: argparse.Namespace, part: str, *, is_file: bool
) -> list[StoredSymbol]:
    from ownstack.index.search.map import most_central
    from ownstack.index.search.symbol_lookup import find_symbols

    if is_file:
        return [snapshot.symbol(row) for row in snapshot.symbols_of(part)]
    if arguments.query:
        return find_symbols(snapshot, arguments.query, arguments.limit, below=part)
    return most_central(snapshot, arguments.limit, below=part)


def _print_json(found: list[Located]) -> None:
    rows = [
        {
            "path": located_symbol.symbol.path,
            **in_cell(located_symbol.cell),
            "start_line": located_symbol.start_line,
            "end_line": located_symbol.end_line,
            "kind": located_symbol.symbol.kind,
            "name": located_symbol.symbol.qualified,
            "signature": located_symbol.symbol.signature,
            "doc": located_symbol.symbol.doc,
        }
        for located_symbol in found
    ]
    print_json(rows)


def _print_text(found: list[Located], *, by_file: bool) -> None:
    if not found:
        warn("nothing found.")
        return
    rows = [
        (
            located_symbol.symbol.kind,
            located_symbol.symbol.qualified,
            place_in(
                "" if by_file else located_symbol.symbol.path,
                located_symbol.cell,
                located_symbol.name_line,
            ).lstrip(":"),
        )
        for located_symbol in found
    ]
    print_table(("KIND", "NAME", "LINE" if by_file else "PLACE"), rows)
