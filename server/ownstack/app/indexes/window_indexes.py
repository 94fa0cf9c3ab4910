"""What one window has of the indexes of its folders."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from ownstack.app.background import Beside
from ownstack.app.documents.document_uris import notebook_uri
from ownstack.app.indexes.folder_indexes import FolderIndex, Indexes
from ownstack.app.indexes.index_status import FileInIndex, IndexState, IndexStatus
from ownstack.concurrency import Delay
from ownstack.document import Document
from ownstack.files.uri import file_path

if TYPE_CHECKING:
    from ownstack.extract.rows import SearchHit
    from ownstack.index.search.places import Located
    from ownstack.index.snapshot.snapshot import Snapshot

log = logging.getLogger(__name__)

SETTLE_S = 1.0
"""A buffer that was not changed for so long is read as it is, unsaved."""
MAX_LIMIT = 1_000

Ask = Callable[[str, str], Awaitable[bool]]
"""Asks the user something; the second text is on the button that agrees."""


Written = Callable[[], "str | None"]
"""Says what is written in a text that is open."""


@dataclass(frozen=True, slots=True)
class FolderHit:
    """A result, and the folder that its path is relative to."""

    folder: Path
    hit: SearchHit
    line: int
    """The one that says most of the query, 1-based."""


@dataclass(frozen=True, slots=True)
class FolderSymbol:
    """A symbol, and the folder that its path is relative to."""

    folder: Path
    place: Located
    file_line: int
    """The line of its file in which its name stands, 1-based; of a notebook, of its JSON."""


class WindowIndexes:
    """What a window has of its folders' indexes, while it lives; all runs on the event loop."""

    def __init__(
        self, indexes: Indexes, changed: Callable[[], None], ask: Ask | None, beside: Beside
    ) -> None:
        """`ask`: how the user is asked about the home folder; nobody is if None.

        `beside` answers what is asked.
        """
        self._indexes = indexes
        self._beside = beside
        self._changed = changed
        self._ask = ask
        self._held: dict[Path, FolderIndex] = {}
        self._without: dict[Path, IndexStatus] = {}
        """Folders that have no index here, and why."""
        self._wanted: tuple[tuple[Path, ...], bool, bool] = ((), True, True)
        self._opening: asyncio.Task[None] | None = None
        self._settling: dict[str, Delay] = {}

    # Folders ------------------------------------------------------------------------------

    def use(self, folders: Sequence[Path], *, trusted: bool, enabled: bool) -> None:
        """Open the indexes of these folders, and let go of others."""
        wanted = (tuple(folders), trusted, enabled)
        if wanted == self._wanted:
            return
        self._wanted = wanted
        self._indexes.watch(self, self._changed)
        self._without = {}
        for folder in folders:
            if not enabled:
                self._refuse(folder, "off", "The index is switched off in the settings.")
            elif not trusted:
                self._refuse(folder, "untrusted", "The workspace is not trusted, so its files "
                             "are not read.")  # fmt: skip
        for folder in list(self._held):
            if folder not in folders or folder in self._without:
                self._indexes.leave(self, folder)
                del self._held[folder]
        if self._opening is not None:
            self._opening.cancel()
        self._opening = asyncio.ensure_future(self._open(folders))

    async def ready(self) -> None:
        """Wait until folders and indexes agree."""
        if self._opening is not None:
            await asyncio.wait({self._opening})
        waits = [asyncio.wrap_future(held.first) for held in self._held.values()]
        if waits:
            await asyncio.wait(waits)

    def close(self) -> None:
        """Let go of everything."""
        self._indexes.watch(self, None)
        if self._opening is not None:
            self._opening.cancel()
        for timer in self._settling.values():
            timer.cancel()
        for folder in self._held:
            self._indexes.leave(self, folder)
        self._held.clear()

    async def _open(self, folders: Sequence[Path]) -> None:
        for folder in folders:
            if folder in self._without or folder in self._held:
                continue
            try:
                if await self._may(folder):
                    self._held[folder] = self._indexes.use(self, folder)
            except Exception:
                log.exception("The index of %s could not be opened.", folder)
                self._refuse(folder, "error", "The index could not be opened; see the log.")
            self._changed()

    async def _may(self, folder: Path) -> bool:
        """Say whether a folder may be indexed; the user is asked where it holds too much."""
        from ownstack.files.scan import too_broad

        reason = await asyncio.to_thread(lambda: too_broad(folder.resolve()))
        if not reason:
            return True
        allowed = self._indexes.allowed
        if folder not in allowed and await asyncio.to_thread(self._indexes.is_made, folder):
            allowed[folder] = True
        if folder not in allowed and self._ask is not None:
            self._refuse(folder, "asking", f"{reason} It is indexed if you say so.")
            self._changed()
            question = f"{reason} Shall Ownstack read all text files in it, to make an index?"
            allowed[folder] = await self._ask(question, "Make Index")
        if allowed.get(folder, False):
            self._without.pop(folder, None)
            return True
        self._refuse(folder, "off", f"{reason} It is not indexed.")
        return False

    def _refuse(self, folder: Path, state: IndexState, reason: str) -> None:
        self._without[folder] = IndexStatus(str(folder), state, reason)

    # Documents ----------------------------------------------------------------------------

    def opened(self, document: Document) -> None:
        """Note an opened document, which may hold what was never saved."""
        self.opened_notebook(document.uri, lambda: document.text)

    def edited(self, document: Document) -> None:
        """Note a change: work rests while somebody types, and the text counts once it settles."""
        self.edited_notebook(document.uri, lambda: document.text)

    def opened_notebook(self, uri: str, written: Written) -> None:
        """Note an opened notebook; `written` says what its file would, None: nothing to read."""
        place = self._place(uri)
        if place is not None and (text := written()) is not None:
            place[0].overlay(place[1], text)

    def edited_notebook(self, uri: str, written: Written) -> None:
        """Note a change of a notebook, whose text is only made once it settles."""
        self._indexes.typed()
        place = self._place(uri)
        if place is not None:
            self._unsettle(uri)
            self._settling[uri] = Delay(partial(self._settled, uri, *place, written))
            self._settling[uri].start(SETTLE_S)

    def saved(self, uri: str) -> None:
        place = self._place(uri)
        if place is not None:
            self._unsettle(uri)
            place[0].saved(place[1])

    def closed(self, uri: str) -> None:
        place = self._place(uri)
        if place is not None:
            self._unsettle(uri)
            place[0].overlay(place[1], None)

    def asked(self) -> None:
        """Note that a model answers."""
        self._indexes.typed()

    def _settled(self, uri: str, held: FolderIndex, path: str, written: Written) -> None:
        self._settling.pop(uri, None)
        if (text := written()) is not None:
            held.overlay(path, text)

    def _unsettle(self, uri: str) -> None:
        timer = self._settling.pop(uri, None)
        if timer is not None:
            timer.cancel()

    def _place(self, uri: str) -> tuple[FolderIndex, str] | None:
        """Return the index that a document belongs to, and its path there."""
        path = file_path(uri)
        if path is None:
            return None
        inside = [folder for folder in self._held if path.is_relative_to(folder)]
        if not inside:
            return None
        folder = max(inside, key=lambda folder: len(folder.parts))
        return self._held[folder], path.relative_to(folder).as_posix()

    # Answers ------------------------------------------------------------------------------

    def snapshot(self, uri: str) -> Snapshot | None:
        """Return what is known of the folder that a document lies in."""
        place = self._place(notebook_uri(uri))
        return None if place is None else place[0].snapshot

    async def search(self, query: str, limit: int, path: str, explain: bool) -> list[FolderHit]:
        """Search all folders; best first."""
        if not query.strip():
            return []
        limit = max(1, min(limit, MAX_LIMIT))
        asked = [
            self._beside.run(partial(_search, held.folder, snapshot, query, limit, path, explain))
            for held in self._held.values()
            if (snapshot := held.snapshot) is not None
        ]
        found = [hit for many in await asyncio.gather(*asked) for hit in many]
        return sorted(found, key=lambda hit: -hit.hit.score)[:limit]

    async def symbols(self, query: str, limit: int) -> list[FolderSymbol]:
        """Return symbols by what is typed of their names; best first within each folder."""
        asked = [
            self._beside.run(partial(_symbols, held.folder, snapshot, query, limit))
            for held in self._held.values()
            if (snapshot := held.snapshot) is not None
        ]
        return [symbol for many in await asyncio.gather(*asked) for symbol in many]

    def status(self) -> tuple[IndexStatus, ...]:
        """Return what is known of each folder's index, in the order of the folders."""
        folders = self._wanted[0]
        known = {folder: held.status for folder, held in self._held.items()} | self._without
        return tuple(known[folder] for folder in folders if folder in known)

    def missing(self) -> str:
        """Say why a search may not find everything, or return ""."""
        partly = [status.reason for status in self.status() if status.state != "ready"]
        if partly:
            return partly[0]
        return "" if self._wanted[0] else "No folder is open, so there is nothing to search."

    async def file(self, uri: str) -> FileInIndex:
        """Say whether a file, or a cell's notebook, is in an index, and why not."""
        uri = notebook_uri(uri)
        place = self._place(uri)
        if place is not None:
            return await self._beside.run(partial(place[0].file, place[1]))
        path = file_path(uri)
        if path is None:
            return FileInIndex(uri, "", False, "It is not a file on this machine.")
        for folder, status in self._without.items():
            if path.is_relative_to(folder):
                relative = path.relative_to(folder).as_posix()
                return FileInIndex(relative, str(folder), False, status.reason)
        return FileInIndex(str(path), "", False, "It lies in none of the workspace's folders.")

    # Commands -----------------------------------------------------------------------------

    async def rebuild(self) -> None:
        await _all([held.rebuild() for held in self._held.values()])

    async def clear(self) -> None:
        await _all([held.clear() for held in self._held.values()])


async def _all(jobs: list[Future[None]]) -> None:
    if jobs:
        await asyncio.wait([asyncio.wrap_future(job) for job in jobs])


def _symbols(folder: Path, snapshot: Snapshot, query: str, limit: int) -> list[FolderSymbol]:
    from ownstack.files.notebook.cells import lines_in_file
    from ownstack.index.search.places import located
    from ownstack.index.search.symbol_lookup import find_symbols

    found = located(snapshot, find_symbols(snapshot, query, limit))
    in_cells: dict[str, list[tuple[int, int]]] = {}
    for place in found:
        if place.cell is not None:
            in_cells.setdefault(place.symbol.path, []).append((place.cell, place.name_line))
    lines = {path: lines_in_file(folder, path, places) for path, places in in_cells.items()}
    return [
        FolderSymbol(
            folder,
            place,
            place.name_line
            if place.cell is None
            else lines[place.symbol.path].get((place.cell, place.name_line), 1),
        )
        for place in found
    ]


def _search(
    folder: Path, snapshot: Snapshot, query: str, limit: int, path: str, explain: bool
) -> list[FolderHit]:
    from ownstack.index.embedding.embedder import default_embedder
    from ownstack.index.search.search import search, snippet

    hits = search(snapshot, query, limit, default_embedder(), below=path)
    return [
        FolderHit(folder, hit if explain else replace(hit, parts={}), snippet(hit, query, 1)[0])
        for hit in hits
    ]
