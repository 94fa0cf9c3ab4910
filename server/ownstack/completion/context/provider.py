"""When other files are looked at: after the cursor has settled, never while a key waits."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from ownstack.completion.context.nearby import Nearby
from ownstack.completion.context.open_files import JUMP_LINES, Block, gather
from ownstack.completion.eligibility import is_excluded
from ownstack.completion.environment import Environment
from ownstack.completion.place import Place
from ownstack.concurrency import Delay, Tasks
from ownstack.document import Document, same_file
from ownstack.engine.requests import Snippet
from ownstack.files.secret.detection import secret_file
from ownstack.settings import CompletionSettings
from ownstack.syntax import trees

if TYPE_CHECKING:
    from ownstack.index.snapshot.snapshot import Snapshot

log = logging.getLogger(__name__)

DEFINITIONS_SHARE = 0.7
"""Of the context's budget; the rest, and what is left over, is for blocks of open files."""
SETTLE_S = 0.3
"""Without a key for this long, the cursor has settled."""
MAX_OPEN = 64
"""Open documents that echo and the context may take something from: those touched last. An editor
may have opened thousands; all are completed in."""
FIRST_WAIT_S = 0.1
"""The first request in a document waits this long for the files near it."""


class ContextReader(Protocol):
    """A source that is shown text of other files."""

    reads_definitions: bool
    """It may be shown definitions out of the index too."""

    def context_budget(self) -> tuple[int, Callable[[str], int]]:
        """Return how many tokens the context may take, and what counts them."""
        ...

    def rest(self, place: Place) -> None:
        """Hear that other text belongs to `place` now: it may be read while nobody waits."""


class ContextProvider:
    """What one window knows of its other files; read by requests, renewed between them."""

    def __init__(self, environment: Environment, nearby: Nearby) -> None:
        """Make one, with nothing gathered, for no reader."""
        self._environment = environment
        self._documents = environment.documents
        self._settings = environment.settings
        self._folders = environment.folders
        self._nearby = nearby
        self._reader: ContextReader | None = None
        self._blocks: dict[str, tuple[Block, ...]] = {}
        self._definitions: dict[str, tuple[Block, ...]] = {}
        self._near: dict[str, list[Document]] = {}
        self._showable: dict[str, tuple[Document, tuple[str, ...], bool]] = {}
        """Of open documents, as they were looked at last: whether they may be shown."""
        self._seen: Place | None = None
        self._at: dict[str, int] = {}
        self._due = False
        self._settling = Delay(self._settle_safely, environment.later)
        self._tasks = Tasks("Work on other files")

    def snippets(self, uri: str) -> tuple[Snippet, ...]:
        """Return the context for a document, as it was gathered last."""
        blocks = (*self._definitions.get(uri, ()), *self._blocks.get(uri, ()))
        return tuple(block.snippet for block in blocks)

    def open_files(self, uri: str) -> tuple[Snippet, ...]:
        """Return what of it was found in open files; no definitions out of the index."""
        return tuple(block.snippet for block in self._blocks.get(uri, ()))

    async def others(self, document: Document, *, wait: bool) -> list[Document]:
        """Return the documents echo may look at: open ones, most recent first, then near files.

        With `wait`, waits for the near files the first time, though not for long.
        """
        if wait and document.uri not in self._near:
            await asyncio.wait({self._read_near(document)}, timeout=FIRST_WAIT_S)
        sources = reversed(self._sources())
        opened = [other for other in sources if not same_file(other.uri, document.uri)]
        known, near = {other.uri for other in opened}, self._near.get(document.uri, ())
        return opened + [other for other in near if other.uri not in known]

    def moved(self, place: Place) -> None:
        """Note where the cursor is: another file, or far away, makes a renewal due."""
        last = self._seen
        self._seen = place
        start = self._at.get(place.uri)
        elsewhere = start is None or last is None or last.uri != place.uri
        if start is not None and not elsewhere:
            elsewhere = _lines_between(place.document.text, start, place.offset) > JUMP_LINES
        self._due = self._due or elsewhere
        if self._due or self._index(place.uri) is not None:
            self._settling.start(SETTLE_S)

    def saved(self, uri: str) -> None:
        """Note that a file was saved: what is near and what was edited may have changed."""
        self._due = True
        self._settling.start(SETTLE_S)

    def closed(self, uri: str) -> None:
        trees.forget(uri)
        self._blocks.pop(uri, None)
        self._definitions.pop(uri, None)
        self._near.pop(uri, None)
        self._showable.pop(uri, None)
        self._at.pop(uri, None)
        if self._seen is not None and self._seen.uri == uri:
            self._seen = None

    def serve(self, reader: ContextReader | None) -> None:
        """Gather for another reader. It counts differently, so what was gathered is forgotten."""
        self._reader = reader
        if reader is not None:
            self._blocks.clear()
            self._definitions.clear()
            self._at.clear()

    def settle(self) -> None:
        """Renew now what is due. Cost: some milliseconds; called by the timer."""
        self._settling.cancel()
        place, due, self._due = self._seen, self._due, False
        if place is None:
            return
        current = self._documents.get(place.uri) or place.document
        if due:
            self._at[place.uri] = place.offset
            self._warm_tree(current)
            if self._folders():
                self._read_near(current)
        budget = self._budget()
        if budget is None:
            return
        if due:
            self._gather(place, current, *budget)
        snapshot = self._index(place.uri)
        if snapshot is not None:
            self._tasks.start(self._define(place, current, snapshot), f"names of {place.uri}")

    def _gather(
        self, place: Place, current: Document, tokens: int, count: Callable[[str], int]
    ) -> None:
        """Renew the blocks of open files, in what the definitions leave of the budget."""
        shown = self._definitions.get(place.uri, ())
        tokens -= sum(count(block.text) for block in shown)
        old = self._blocks.get(place.uri, ())
        sources = [document for document in self._sources() if _related(current, document)]
        new = gather(current, place.offset, sources, self._documents.changes, old, tokens, count)
        self._blocks[place.uri] = new
        if new != old:
            self._renewed(place)

    async def _define(self, place: Place, current: Document, snapshot: Snapshot) -> None:
        """Renew the definitions of the names at the cursor."""
        # Not before it is needed: the index brings numpy and its own tables.
        from ownstack.completion.context import definitions

        offset = min(place.offset, len(current.text))
        found = await asyncio.to_thread(definitions.wanted, snapshot, current, offset)
        budget, settings = self._budget(), self._settings()
        if budget is None or self._documents.get(place.uri) is None:
            return
        allowed = [
            definition for definition in found if not is_excluded(definition.symbol.path, settings)
        ]
        tokens, count = budget
        old = self._definitions.get(place.uri, ())
        new = definitions.fitting(snapshot, allowed, old, int(tokens * DEFINITIONS_SHARE), count)
        if new == old:
            return
        self._definitions[place.uri] = new
        left = tokens - sum(count(block.text) for block in new)
        blocks = list(self._blocks.get(place.uri, ()))
        while blocks and sum(count(block.text) for block in blocks) > left:
            del blocks[0]
        self._blocks[place.uri] = tuple(blocks)
        self._renewed(place)

    def _index(self, uri: str) -> Snapshot | None:
        """Return what definitions may be taken from, None if nobody reads them."""
        reader = self._reader
        return self._environment.index(uri) if reader and reader.reads_definitions else None

    def _budget(self) -> tuple[int, Callable[[str], int]] | None:
        return None if self._reader is None else self._reader.context_budget()

    def _renewed(self, place: Place) -> None:
        """Let the reader read what has changed around a place, while it is idle."""
        if self._reader is not None:
            self._reader.rest(place)

    def _warm_tree(self, document: Document) -> None:
        """Let a thread parse a document that takes longer than a request may."""
        self._tasks.start(asyncio.to_thread(trees.warm, document), f"tree of {document.uri}")

    def close(self) -> None:
        self._settling.cancel()
        self._tasks.cancel()

    def _settle_safely(self) -> None:
        try:
            self.settle()
        except Exception:
            log.exception("Other files could not be looked at; completion goes on without.")

    def _sources(self) -> list[Document]:
        """Return open documents that may be shown to a model, most recent last."""
        settings, recent = self._settings(), self._documents.recent(MAX_OPEN)
        sources = [document for document in recent if self._may_show(document, settings)]
        if len(self._showable) > 2 * MAX_OPEN:
            kept = {document.uri for document in recent}
            self._showable = {uri: seen for uri, seen in self._showable.items() if uri in kept}
        return sources

    def _may_show(self, document: Document, settings: CompletionSettings) -> bool:
        known = self._showable.get(document.uri)
        if known is None or known[0] is not document or known[1] != settings.exclude:
            may = not secret_file(document.path, document.text)
            known = document, settings.exclude, may and not is_excluded(document.path, settings)
            self._showable[document.uri] = known
        return known[2]

    def _read_near(self, document: Document) -> asyncio.Task[None]:
        task = self._tasks.get(document.uri)
        return task or self._tasks.start(self._read(document), document.uri)

    async def _read(self, document: Document) -> None:
        folders = self._folders()
        try:
            found = await self._nearby.documents(document, folders, trusted=bool(folders))
        except Exception:
            log.exception("Files near %s could not be read.", document.path)
            found = []
        settings = self._settings()
        self._near[document.uri] = [
            other for other in found if not is_excluded(other.path, settings)
        ]


def _related(current: Document, other: Document) -> bool:
    return current.language == other.language and other.uri != current.uri


def _lines_between(text: str, a: int, b: int) -> int:
    low, high = sorted((min(a, len(text)), min(b, len(text))))
    return text.count("\n", low, high)
