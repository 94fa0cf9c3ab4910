"""What the file that is written in can see of the project's other files."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable, Sequence

from ownstack.completion.context.cursor_names import CursorNames
from ownstack.document import Document
from ownstack.extract.kinds import TYPES
from ownstack.extract.rows import Import
from ownstack.index.search.symbol_lookup import symbols_named
from ownstack.index.snapshot.answers import StoredSymbol
from ownstack.index.snapshot.derived import once
from ownstack.index.snapshot.snapshot import Snapshot
from ownstack.languages import family_of, language_of

MAX_CANDIDATES = 3
"""A name that more symbols have tells nothing."""
MAX_FILES = 8
"""A module of more files is a package of which the name says too little."""
LEAST_FIT = 0.5
"""So many of the words of a module's name must be in a path: the first may be the project's."""
IMPORTED = 0.3
"""What a name counts that is imported and not used near the cursor."""


class Scope:
    """The document that is written in, and what it can see."""

    def __init__(
        self,
        snapshot: Snapshot,
        document: Document,
        left_out: Callable[[str], bool] = lambda path: False,
    ) -> None:
        """`left_out` says of a path that nothing of the file may be shown."""
        self.snapshot = snapshot
        self._left_out = left_out
        self.path = document.path
        self._folder = document.path.rpartition("/")[0]
        self.language = language_of(document.language, document.path, document.text)
        self._family = self.language.family if self.language else document.language
        self.imports: dict[str, Import] = {}
        for imported in snapshot.imports_of(document.path):
            name = imported.alias or imported.name or (parts_of(imported.module) or [""])[-1]
            self.imports[name] = imported
        self._current: dict[str, bool] = {}

    @functools.cached_property
    def _own(self) -> set[str]:
        """The names that the document itself defines."""
        rows = self.snapshot.symbols_of(self.path)
        return {self.snapshot.symbol(row).name for row in rows}

    def resolve(self, name: str, names: CursorNames) -> list[StoredSymbol]:
        """Return the symbols of other files that a name may mean; none if too many."""
        imported = self.imports.get(name)
        if imported is not None:
            return self._imported(imported, names)
        if name in self._own:
            return []
        candidates = self._candidates(name)
        if name in names.members:
            candidates = [symbol for symbol in candidates if symbol.parent is not None]
            known = [symbol for symbol in candidates if self._parent(symbol) in names.weights]
            candidates = known or candidates
        elif self.language is not None and self.language.by_package:
            near = [
                symbol for symbol in candidates if symbol.path.rpartition("/")[0] == self._folder
            ]
            candidates = near or candidates
        else:
            candidates = [
                symbol
                for symbol in candidates
                if symbol.parent is None and (name in names.called or symbol.kind in TYPES)
            ]
        return candidates if len(candidates) <= MAX_CANDIDATES else []

    def _imported(self, imported: Import, names: CursorNames) -> list[StoredSymbol]:
        """Return what an import names; of a module, what is used of it near the cursor."""
        parts = parts_of(imported.module)
        if imported.name:
            found = self._candidates(imported.name)
            fits = [self._fit(symbol.path, parts) for symbol in found]
            best = max(fits, default=0.0)
            if best > 0:
                pairs = zip(found, fits, strict=True)
                return [symbol for symbol, fit in pairs if fit == best][:MAX_CANDIDATES]
            parts = [*parts, imported.name]
        used = [name for name in names.members if names.weights[name] > IMPORTED]
        return [
            symbol
            for name in sorted(used)
            for symbol in self._candidates(name)
            if symbol.parent is None and parts and self._fit(symbol.path, parts[-1:]) > 0
        ][: 2 * MAX_CANDIDATES]

    def _candidates(self, name: str) -> list[StoredSymbol]:
        return self.seen(symbols_named(self.snapshot, name))

    def seen(self, symbols: Iterable[StoredSymbol]) -> list[StoredSymbol]:
        """Return those of other files in kindred languages; tests' only if there are no others.

        Files that changed since they were read are left out.
        """
        found = []
        for symbol in symbols:
            file = self.snapshot.file(symbol.path)
            if file is None or symbol.path == self.path or self._left_out(symbol.path):
                continue
            if family_of(file.language) != self._family:
                continue
            if symbol.path not in self._current:
                self._current[symbol.path] = self.snapshot.check(symbol.path)
            if self._current[symbol.path]:
                found.append((file.is_test or file.is_generated, symbol))
        return [symbol for aside, symbol in found if not aside] or [symbol for _, symbol in found]

    def of_module(self, module: str) -> list[StoredSymbol]:
        """Return what the files define at their top that a module's name can stand for.

        Of several folders' files the best fitting ones count.
        """
        parts = parts_of(module)
        paths = once(self.snapshot, "paths by their parts", _paths_by_part).get(
            parts[-1] if parts else "", ()
        )
        fits = {path: self._fit(path, parts) for path in paths if path != self.path}
        best = max(fits.values(), default=0.0)
        files = [path for path, fit in fits.items() if fit == best > 0][:MAX_FILES]
        rows = (row for path in files for row in self.snapshot.symbols_of(path))
        return self.seen(
            symbol for symbol in map(self.snapshot.symbol, rows) if symbol.parent is None
        )

    def _parent(self, symbol: StoredSymbol) -> str:
        return "" if symbol.parent is None else self.snapshot.symbol(symbol.parent).name

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


def parts_of(module: str) -> list[str]:
    """Return the words of a module's name, whatever separates them."""
    return [part for part in re.split(r"[./\\:]+", module) if part and part != "@"]


def _paths_by_part(snapshot: Snapshot) -> dict[str, list[str]]:
    """Return the paths of all live files by the last folder in them and their own stem."""
    found: dict[str, list[str]] = {}
    for file in snapshot.files():
        *folders, name = file.path.split("/")
        stem = name.rpartition(".")[0] or name
        for part in {*folders[-1:], stem, stem.rpartition(".")[0]} - {""}:
            found.setdefault(part, []).append(file.path)
    return found
