"""When other files are looked at: after the cursor has settled, never while a key waits."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ownstack import syntax
from ownstack.completion.context import JUMP_LINES, Block, gather
from ownstack.completion.gate import is_excluded
from ownstack.completion.nearby import Nearby
from ownstack.completion.place import Place
from ownstack.completion.survival import CallLater, Timer, call_later
from ownstack.document import Document, Documents
from ownstack.engine.protocol import Snippet
from ownstack.secret import secret_file
from ownstack.settings import CompletionSettings

if TYPE_CHECKING:
    from ownstack.index.snapshot import Snapshot

log = logging.getLogger(__name__)

DEFINITIONS_SHARE = 0.7
"""Of the context's budget; the rest, and what is left over, is for blocks of open files."""
SETTLE_S = 0.3
"""Without a key for this long, the cursor has settled."""
FIRST_WAIT_S = 0.1
"""The first request in a document waits this long for the files near it."""


class Gathering:
    """What one window knows of its other files; read by requests, renewed between them."""

    def __init__(
        self,
        documents: Documents,
        settings: Callable[[], CompletionSettings],
        nearby: Nearby,
        folders: Callable[[], Sequence[Path]],
        budget: Callable[[], tuple[int, Callable[[str], int]] | None],
        renewed: Callable[[Place], None],
        later: CallLater = call_later,
        index: Callable[[str], Snapshot | None] = lambda uri: None,
    ) -> None:
        """Make one, with nothing gathered.

        `budget`: tokens and a counter, or None without a model. `renewed` is called when the
        blocks for a place have changed, so that the model may read them while it is idle.
        `index`: what is known of the project that a document belongs to.
        """
        self._documents = documents
        self._settings = settings
        self._nearby = nearby
        self._folders = folders
        self._budget = budget
        self._renewed = renewed
        self._later = later
        self._index = index
        self._blocks: dict[str, tuple[Block, ...]] = {}
        self._definitions: dict[str, tuple[Block, ...]] = {}
        self._near: dict[str, list[Document]] = {}
        self._seen: Place | None = None
        self._at: dict[str, int] = {}
        self._due = False
        self._timer: Timer | None = None
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def snippets(self, uri: str) -> tuple[Snippet, ...]:
        """Return the context for a document, as it was gathered last."""
        blocks = (*self._definitions.get(uri, ()), *self._blocks.get(uri, ()))
        return tuple(block.snippet for block in blocks)

    async def others(self, document: Document, *, wait: bool) -> list[Document]:
        """Return the documents echo may look at: open ones, most recent first, then near files.

        With `wait`, waits for the near files the first time, though not for long.
        """
        if wait and document.uri not in self._near:
            await asyncio.wait({self._read_near(document)}, timeout=FIRST_WAIT_S)
        opened = [one for one in self._sources() if one.uri != document.uri][::-1]
        known = {one.uri for one in opened}
        return opened + [one for one in self._near.get(document.uri, ()) if one.uri not in known]

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
            self._restart()

    def saved(self, uri: str) -> None:
        """Note that a file was saved: what is near and what was edited may have changed."""
        self._due = True
        self._restart()

    def closed(self, uri: str) -> None:
        syntax.forget(uri)
        self._blocks.pop(uri, None)
        self._definitions.pop(uri, None)
        self._near.pop(uri, None)
        self._at.pop(uri, None)
        if self._seen is not None and self._seen.uri == uri:
            self._seen = None

    def clear(self) -> None:
        """Forget the blocks: another model counts differently."""
        self._blocks.clear()
        self._definitions.clear()
        self._at.clear()

    def settle(self) -> None:
        """Renew now what is due. Cost: some milliseconds; called by the timer."""
        self._timer = None
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
            self._start(f"names of {place.uri}", self._define(place, current, snapshot))

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
        from ownstack.completion import definitions

        offset = min(place.offset, len(current.text))
        found = await asyncio.to_thread(definitions.wanted, snapshot, current, offset)
        budget, settings = self._budget(), self._settings()
        if budget is None or self._documents.get(place.uri) is None:
            return
        allowed = [one for one in found if not is_excluded(one.symbol.path, settings)]
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

    def _warm_tree(self, document: Document) -> None:
        """Let a thread parse a document that takes longer than a request may."""
        self._start(f"tree of {document.uri}", asyncio.to_thread(syntax.warm, document))

    def _start(self, name: str, work: Coroutine[None, None, None]) -> None:
        """Begin some work, in place of older work of this name."""
        old = self._tasks.get(name)
        if old is not None:
            old.cancel()
        task = asyncio.ensure_future(work)
        self._tasks[name] = task
        task.add_done_callback(self._forget_task)

    def _forget_task(self, task: asyncio.Task[None]) -> None:
        for name in [name for name, one in self._tasks.items() if one is task]:
            del self._tasks[name]
        if not task.cancelled() and task.exception() is not None:
            log.warning("work on other files failed", exc_info=task.exception())

    def close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        for task in self._tasks.values():
            task.cancel()

    def _restart(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._later(SETTLE_S, self._settle_safely)

    def _settle_safely(self) -> None:
        try:
            self.settle()
        except Exception:
            log.exception("Other files could not be looked at; completion goes on without.")

    def _sources(self) -> list[Document]:
        """Return open documents that may be shown to a model, most recent last."""
        settings = self._settings()
        return [
            document
            for document in self._documents
            if not secret_file(document.path, document.text)
            and not is_excluded(document.path, settings)
        ]

    def _read_near(self, document: Document) -> asyncio.Task[None]:
        task = self._tasks.get(document.uri)
        if task is None or task.done():
            task = asyncio.ensure_future(self._read(document))
            self._tasks[document.uri] = task
            task.add_done_callback(self._forget_task)
        return task

    async def _read(self, document: Document) -> None:
        folders = self._folders()
        try:
            found = await self._nearby.documents(document, folders, trusted=bool(folders))
        except Exception:
            log.exception("Files near %s could not be read.", document.path)
            found = []
        settings = self._settings()
        self._near[document.uri] = [one for one in found if not is_excluded(one.path, settings)]


def _related(current: Document, other: Document) -> bool:
    return current.language == other.language and other.uri != current.uri


def _lines_between(text: str, a: int, b: int) -> int:
    low, high = sorted((min(a, len(text)), min(b, len(text))))
    return text.count("\n", low, high)
