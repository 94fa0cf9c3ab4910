"""Definitions of the names at a cursor, from the project's index: signatures, before bodies.

What is imported is looked for where the import says; what is not in the project is not looked
for at all. A class is shown with its members' signatures, those first whose names begin as the
cursor's does. Everything from one file is one block, in the file's order, and blocks are in the
order of their paths, so that the same definitions are the same bytes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from ownstack.completion.context import Block
from ownstack.completion.names import Names, names_at
from ownstack.document import Document
from ownstack.index.lookup import symbols_named
from ownstack.index.map import one_line
from ownstack.index.rows import Import
from ownstack.index.snapshot import Snapshot
from ownstack.index.stored import StoredSymbol

MAX_NAMES = 40
MAX_CANDIDATES = 3
"""A name that more symbols have tells nothing."""
LEAST_FIT = 0.5
"""So many of the words of a module's name must be in a path: the first may be the project's."""
MAX_MEMBERS = 24
FEW_MEMBERS = 6
MAX_SIGNATURE_CHARS = 200
IMPORTED = 0.3
"""What a name weighs that is imported and not used near the cursor."""
_CLASSES = frozenset(
    ("class", "struct", "interface", "trait", "enum", "type", "protocol", "object")
)
_KIN = {"tsx": "javascript", "typescript": "javascript", "c": "cpp"}
_BY_PACKAGE = frozenset(("go", "java", "kotlin", "csharp", "swift", "scala", "cpp", "c"))
"""Languages in which files of one package see each other without imports."""


@dataclass(frozen=True, slots=True)
class Definition:
    """A symbol of another file that is worth showing."""

    symbol: StoredSymbol
    members: tuple[StoredSymbol, ...]
    weight: float


def fitting(
    snapshot: Snapshot,
    found: Sequence[Definition],
    shown: Sequence[Block],
    budget_tokens: int,
    count: Callable[[str], int],
) -> tuple[Block, ...]:
    """Return what fits of some definitions, those first that matter most.

    What is `shown` stays, byte for byte, as long as everything that would be shown is in it.
    """
    kept: dict[int, StoredSymbol] = {}
    left = budget_tokens
    for one in found:
        # All members, else a few, else none: a class is worth its head.
        for members in (one.members, one.members[:FEW_MEMBERS], ()):
            added = {row: each for row, each in _with_scope(snapshot, one.symbol, members).items()
                     if row not in kept}  # fmt: skip
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


def wanted(snapshot: Snapshot, document: Document, offset: int) -> list[Definition]:
    """Return the definitions of the names at a cursor, those that matter most first.

    Cost: some milliseconds, and tenths of a second the first time for a large project.
    """
    names = names_at(document.text, offset)
    here = _Here(snapshot, document)
    for imported in here.imports:
        names.add(imported, IMPORTED)
    ordered = sorted(names.weights.items(), key=lambda item: (-item[1], item[0]))
    found: dict[int, Definition] = {}
    for name, weight in ordered[:MAX_NAMES]:
        for symbol in here.resolve(name, names):
            if symbol.row not in found:
                members = _members(snapshot, symbol, names)
                found[symbol.row] = Definition(symbol, members, weight)
    return sorted(found.values(), key=lambda one: (-one.weight, one.symbol.row))


class _Here:
    """The document that is written in, and what it can see."""

    def __init__(self, snapshot: Snapshot, document: Document) -> None:
        self._snapshot = snapshot
        self._path = document.path
        self._folder = document.path.rpartition("/")[0]
        self._language = _KIN.get(document.language, document.language)
        self._own = {snapshot.symbol(row).name for row in snapshot.symbols_of(document.path)}
        self.imports: dict[str, Import] = {}
        for one in snapshot.imports_of(document.path):
            name = one.alias or one.name or re.split(r"[./:]+", one.module)[-1]
            self.imports[name] = one
        self._current: dict[str, bool] = {}

    def resolve(self, name: str, names: Names) -> list[StoredSymbol]:
        """Return the symbols of other files that a name may mean; none if too many."""
        imported = self.imports.get(name)
        if imported is not None:
            return self._imported(imported, names)
        if name in self._own:
            return []
        candidates = self._candidates(name)
        if name in names.members:
            candidates = [one for one in candidates if one.parent is not None]
            known = [one for one in candidates if self._parent(one) in names.weights]
            candidates = known or candidates
        elif self._language in _BY_PACKAGE:
            near = [one for one in candidates if one.path.rpartition("/")[0] == self._folder]
            candidates = near or candidates
        else:
            candidates = [
                one
                for one in candidates
                if one.parent is None and (name in names.called or one.kind in _CLASSES)
            ]
        return candidates if len(candidates) <= MAX_CANDIDATES else []

    def _imported(self, imported: Import, names: Names) -> list[StoredSymbol]:
        """Return what an import names; of a module, what is used of it near the cursor."""
        parts = [part for part in re.split(r"[./\\:]+", imported.module) if part and part != "@"]
        if imported.name:
            found = self._candidates(imported.name)
            fits = [self._fit(one.path, parts) for one in found]
            best = max(fits, default=0.0)
            if best > 0:
                pairs = zip(found, fits, strict=True)
                return [one for one, fit in pairs if fit == best][:MAX_CANDIDATES]
            parts = [*parts, imported.name]
        used = [name for name in names.members if names.weights[name] > IMPORTED]
        return [
            one
            for name in sorted(used)
            for one in self._candidates(name)
            if one.parent is None and parts and self._fit(one.path, parts[-1:]) > 0
        ][: 2 * MAX_CANDIDATES]

    def _candidates(self, name: str) -> list[StoredSymbol]:
        """Return what has a name in other files of kindred languages, tests only if in one."""
        found = []
        for one in symbols_named(self._snapshot, name):
            file = self._snapshot.file(one.path)
            if file is None or one.path == self._path:
                continue
            if _KIN.get(file.language, file.language) != self._language:
                continue
            if one.path not in self._current:
                self._current[one.path] = self._snapshot.check(one.path)
            if self._current[one.path]:
                found.append((file.is_test or file.is_generated, one))
        return [one for aside, one in found if not aside] or [one for _, one in found]

    def _parent(self, symbol: StoredSymbol) -> str:
        return "" if symbol.parent is None else self._snapshot.symbol(symbol.parent).name

    def _fit(self, path: str, parts: Sequence[str]) -> float:
        """Return how well a file can be what a module's name stands for, or lie in it; 0: not."""
        if not parts:
            return float(path.rpartition("/")[0] == self._folder)
        place = path.rpartition(".")[0].split("/")
        last = parts[-1]
        if last not in place and last.rpartition(".")[0] not in place:
            return 0.0
        shared = sum(part in place for part in parts) / len(parts)
        return shared if shared >= LEAST_FIT else 0.0


def _members(snapshot: Snapshot, symbol: StoredSymbol, names: Names) -> tuple[StoredSymbol, ...]:
    """Return a class's members, those first that the cursor may be about."""
    if symbol.kind not in _CLASSES:
        return ()
    rows = (snapshot.symbol(row) for row in snapshot.symbols_of(symbol.path))
    members = [one for one in rows if one.parent == symbol.row]

    def rank(one: StoredSymbol) -> tuple[bool, bool, bool]:
        begun = bool(names.begun) and one.name.startswith(names.begun)
        private = one.name.startswith("_") and one.name != "__init__"
        return not begun, one.name not in names.weights, private

    return tuple(sorted(members, key=rank)[:MAX_MEMBERS])


def _with_scope(
    snapshot: Snapshot, symbol: StoredSymbol, members: Iterable[StoredSymbol]
) -> dict[int, StoredSymbol]:
    held = {one.row: one for one in (symbol, *members)}
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
    for one in held.values():
        files.setdefault(one.path, []).append(one)
    return tuple(
        Block(_source(snapshot, path), path, 0, "\n".join(_line(one, _depth(one, held)) for one in
              sorted(symbols, key=lambda one: (one.start_line, one.row))))
        for path, symbols in sorted(files.items())
    )  # fmt: skip


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
