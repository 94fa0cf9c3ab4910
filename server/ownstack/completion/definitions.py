"""Definitions of the names at a cursor, from the project's index: signatures, before bodies.

What is imported is looked for where the import says; what is not in the project is not looked
for at all. A class is shown with its members' signatures, those first whose names begin as the
cursor's does. Everything from one file is one block, in the file's order, and blocks are in the
order of their paths, so that the same definitions are the same bytes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

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
MAX_MEMBERS = 24
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


def definitions(
    snapshot: Snapshot,
    document: Document,
    offset: int,
    budget_tokens: int,
    count: Callable[[str], int],
) -> tuple[Block, ...]:
    """Return what fits of the definitions of the names at a cursor. Cost: some milliseconds."""
    kept: list[Definition] = []
    blocks: tuple[Block, ...] = ()
    for one in wanted(snapshot, document, offset):
        for trial in (one, replace(one, members=one.members[: len(one.members) // 3])):
            grown = _blocks(snapshot, [*kept, trial])
            if sum(count(f"{block.path}\n{block.text}\n") for block in grown) <= budget_tokens:
                kept.append(trial)
                blocks = grown
                break
    return blocks


def wanted(snapshot: Snapshot, document: Document, offset: int) -> list[Definition]:
    """Return the definitions of the names at a cursor, those that matter most first."""
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
            exact = [one for one in found if self._lies_in(one.path, parts)]
            if exact:
                return exact[:MAX_CANDIDATES]
            parts = [*parts, imported.name]
        used = [name for name in names.members if names.weights[name] > IMPORTED]
        return [
            one
            for name in sorted(used)
            for one in self._candidates(name)
            if one.parent is None and parts and self._lies_in(one.path, parts[-1:])
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

    def _lies_in(self, path: str, parts: Sequence[str]) -> bool:
        """Say whether a file can be what a module's name stands for, or lie in it."""
        if not parts:
            return path.rpartition("/")[0] == self._folder
        place = re.split(r"/", path.rpartition(".")[0])
        last = parts[-1]
        if last not in place and last.rpartition(".")[0] not in place:
            return False
        shared = [part for part in parts if part in place]
        return len(shared) * 2 >= len(parts)


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


def _blocks(snapshot: Snapshot, chosen: Iterable[Definition]) -> tuple[Block, ...]:
    """Draw definitions, one block a file."""
    files: dict[str, dict[int, StoredSymbol]] = {}
    for one in chosen:
        held = files.setdefault(one.symbol.path, {})
        for symbol in (one.symbol, *one.members):
            held[symbol.row] = symbol
            if symbol.parent is not None and symbol.parent not in held:
                held[symbol.parent] = snapshot.symbol(symbol.parent)
    return tuple(
        Block(f"index:{path}", path, 0, _drawn(snapshot, held))
        for path, held in sorted(files.items())
    )


def _drawn(snapshot: Snapshot, held: dict[int, StoredSymbol]) -> str:
    lines = []
    for symbol in sorted(held.values(), key=lambda one: (one.start_line, one.row)):
        depth, parent = 0, symbol.parent
        while parent is not None and parent in held:
            depth, parent = depth + 1, held[parent].parent
        lines.append("    " * depth + one_line(symbol, MAX_SIGNATURE_CHARS))
    return "\n".join(lines)
