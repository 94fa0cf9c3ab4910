"""The project's index of symbols as the product has it while a line is written."""

from __future__ import annotations

from pathlib import Path

from benchmarks.infilling.cursors import Case
from ownstack.completion.context.known_symbols import KnownSymbols
from ownstack.completion.context.symbol_lookup import known_symbols_at
from ownstack.index.embedding.embedder import NoEmbedder
from ownstack.index.project import ProjectIndex
from ownstack.index.snapshot.snapshot import Snapshot


class Symbols:
    """One project, indexed; what is asked for by meaning is not in it."""

    def __init__(self, root: Path, cache: Path) -> None:
        self._index = ProjectIndex.open(root, cache, NoEmbedder("not needed"), force=True)
        self._index.refresh()
        self._overlaid = ""

    @property
    def snapshot(self) -> Snapshot:
        return self._index.snapshot

    def at(self, case: Case) -> Snapshot:
        """Return the index with the case's document as it is before the line is finished."""
        document = case.document
        if self._overlaid not in ("", document.path):
            self._index.overlay(self._overlaid, None)
        self._index.overlay(document.path, document.text)
        self._overlaid = document.path
        return self._index.snapshot

    def names(self, case: Case) -> KnownSymbols:
        """Return the names that the product knows there."""
        return known_symbols_at(self.at(case), case.document, case.offset)

    def close(self) -> None:
        self._index.close()
