"""Definitions of the names at a cursor, from the project's index: signatures, before bodies.

What is imported is looked for where the import says; what is not in the project is not looked
for at all. A class is shown with its members' signatures, those first whose names begin as the
cursor's does. Everything from one file is one block, in the file's order, and blocks are in the
order of their paths, so that the same definitions are the same bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from ownstack.completion.context.cursor_names import CursorNames, cursor_names_at
from ownstack.completion.context.open_files import Block
from ownstack.completion.context.scope import IMPORTED, Scope
from ownstack.document import Document
from ownstack.extract.kinds import TYPES
from ownstack.index.search import symbol_lookup
from ownstack.index.search.map import one_line
from ownstack.index.snapshot.answers import StoredSymbol
from ownstack.index.snapshot.snapshot import Snapshot

MAX_NAMES = 40
MAX_MEMBERS = 24
FEW_MEMBERS = 6
MAX_SIGNATURE_CHARS = 200


@dataclass(frozen=True, slots=True)
class ContextDefinition:
    """A symbol of another file that is worth showing."""

    symbol: StoredSymbol
    members: tuple[StoredSymbol, ...]
    weight: float


def fitting(
    snapshot: Snapshot,
    found: Sequence[ContextDefinition],
    shown: Sequence[Block],
    budget_tokens: int,
    count: Callable[[str], int],
) -> tuple[Block, ...]:
    """Return what fits of some definitions, those first that matter most.

    What is `shown` stays, byte for byte, as long as everything that would be shown is in it.
    """
    kept: dict[int, StoredSymbol] = {}
    left = budget_tokens
    for definition in found:
        # All members, else a few, else none: a class is worth its head.
        for members in (definition.members, definition.members[:FEW_MEMBERS], ()):
            in_scope = _with_scope(snapshot, definition.symbol, members)
            added = {row: each for row, each in in_scope.items() if row not in kept}
            paths = {each.path for each in added.values()} - {each.path for each in kept.values()}
            lines = [_line(each, 1) for each in added.values()]
            cost = sum(count(line + "\n") for line in (*lines, *paths)) + 2 * len(paths)
            if cost <= left:
                kept |= added
                left -= cost
                break
    blocks = _blocks(snapshot, kept)
    lines_shown = {(block.path, line) for block in shown for line in block.text.split("\n")}
    lines_new = {(block.path, line) for block in blocks for line in block.text.split("\n")}
    true_still = all(
        snapshot.check(block.path) and block.uri == _source(snapshot, block.path) for block in shown
    )
    if lines_new <= lines_shown and true_still and _tokens(shown, count) <= budget_tokens:
        return tuple(shown)
    return blocks


def wanted(snapshot: Snapshot, document: Document, offset: int) -> list[ContextDefinition]:
    """Return the definitions of the names at a cursor, those that matter most first.

    Cost: some milliseconds, and tenths of a second the first time for a large project.
    """
    names = cursor_names_at(document.text, offset)
    here = Scope(snapshot, document)
    for imported in here.imports:
        names.add(imported, IMPORTED)
    return meant(here, names)


def meant(here: Scope, names: CursorNames) -> list[ContextDefinition]:
    """Return the definitions of names in what a document can see, those that matter most first."""
    snapshot = here.snapshot
    ordered = sorted(names.weights.items(), key=lambda item: (-item[1], item[0]))
    found: dict[int, ContextDefinition] = {}
    for name, weight in ordered[:MAX_NAMES]:
        for symbol in here.resolve(name, names):
            if symbol.row not in found:
                members = _members(snapshot, symbol, names)
                found[symbol.row] = ContextDefinition(symbol, members, weight)
    return sorted(found.values(), key=lambda found: (-found.weight, found.symbol.row))


def _members(
    snapshot: Snapshot, symbol: StoredSymbol, names: CursorNames
) -> tuple[StoredSymbol, ...]:
    """Return a class's members, those first that the cursor may be about."""
    if symbol.kind not in TYPES:
        return ()
    held = symbol_lookup.members(snapshot, symbol)
    methods = [(member.start_line, member.end_line) for member in held if member.kind == "method"]

    def is_meant(member: StoredSymbol) -> bool:
        """A field that a method assigns says little, unless it is used or begun."""
        inside = any(first <= member.start_line <= last for first, last in methods)
        begun = bool(names.begun) and member.name.startswith(names.begun)
        return member.kind != "field" or not inside or begun or member.name in names.weights

    held = [member for member in held if is_meant(member)]

    def rank(member: StoredSymbol) -> tuple[bool, bool, bool]:
        begun = bool(names.begun) and member.name.startswith(names.begun)
        private = member.name.startswith("_") and member.name != "__init__"
        return not begun, member.name not in names.weights, private

    return tuple(sorted(held, key=rank)[:MAX_MEMBERS])


def _with_scope(
    snapshot: Snapshot, symbol: StoredSymbol, members: Iterable[StoredSymbol]
) -> dict[int, StoredSymbol]:
    held = {member.row: member for member in (symbol, *members)}
    while symbol.parent is not None:
        symbol = snapshot.symbol(symbol.parent)
        held[symbol.row] = symbol
    return held


def _source(snapshot: Snapshot, path: str) -> str:
    """Return what names one content of a file."""
    file = snapshot.file(path)
    return f"index:{path}:{file.content_hash.hex() if file else ''}"


def _blocks(snapshot: Snapshot, held: Mapping[int, StoredSymbol]) -> tuple[Block, ...]:
    """Draw symbols, one block a file."""
    files: dict[str, list[StoredSymbol]] = {}
    for symbol in held.values():
        files.setdefault(symbol.path, []).append(symbol)
    blocks = []
    for path, symbols in sorted(files.items()):
        symbols.sort(key=lambda symbol: (symbol.start_line, symbol.row))
        lines = (_line(symbol, _depth(symbol, held)) for symbol in symbols)
        blocks.append(Block(_source(snapshot, path), path, 0, "\n".join(lines)))
    return tuple(blocks)


def _line(symbol: StoredSymbol, depth: int) -> str:
    return "    " * depth + one_line(symbol, MAX_SIGNATURE_CHARS)


def _depth(symbol: StoredSymbol, held: Mapping[int, StoredSymbol]) -> int:
    depth, parent = 0, symbol.parent
    while parent is not None and parent in held:
        depth, parent = depth + 1, held[parent].parent
    return depth


def _tokens(blocks: Iterable[Block], count: Callable[[str], int]) -> int:
    lines = (line for block in blocks for line in (block.path, *block.text.split("\n")))
    return sum(count(line + "\n") for line in lines)
