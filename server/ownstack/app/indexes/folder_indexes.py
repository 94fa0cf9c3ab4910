"""The indexes of all folders that are open in some window: one each, with a thread of its own."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from ownstack.app.indexes.index_status import FileInIndex, IndexState, IndexStatus, reason_of
from ownstack.concurrency import Delay, Tasks, threads
from ownstack.errors import OwnstackError, in_words
from ownstack.index.storage.folder import erase, folder_of, has_head

if TYPE_CHECKING:
    from ownstack.files.publisher import Publishers
    from ownstack.index.live import LiveIndex
    from ownstack.index.project import ProjectIndex
    from ownstack.index.snapshot.snapshot import Snapshot

log = logging.getLogger(__name__)

LINGER_S = 30.0
"""An index that no window uses any more is kept open for so long: windows are reloaded."""
QUIET_S = 0.8
"""After a key the work rests for so long."""
LOOK_S, LOOK_SOON_S = 1.0, 0.25
"""How often somebody looks whether the figures are others, at rest and while files are read."""
RETRY_S, RETRY_LATEST_S = 2.0, 120.0
"""An index that cannot be opened is tried again so soon, and each time twice as late."""
MANY_FILES = 40
"""Work on fewer files is not worth a word."""

Changed = Callable[[], None]


class FolderIndex:
    """The index of one folder. Its methods return at once; threads do what they ask."""

    def __init__(self, folder: Path, indexes: Indexes, unused: Changed) -> None:
        """Begin to open it; `unused` is called when no window has used it for long."""
        self.folder = folder
        self.users: list[object] = []
        self.linger = Delay(unused)
        self.first: Future[None] = Future()
        """Ends when folder and index agree for the first time, or there is no index."""
        self._cache = indexes.cache
        self._publishers = indexes.publishers
        self._force = indexes.allowed.get(folder, False)
        self._status = IndexStatus(str(folder), "indexing", "The index is being opened.")
        self._refreshed: float | None = None
        self._changed = indexes.tell
        self._loop = asyncio.get_running_loop()
        self._index: ProjectIndex | None = None
        self._live: LiveIndex | None = None
        self._thread = threads("index")
        self._looking = Delay(self._look)
        self._retrying = Delay(partial(self._do, self._open))
        self._retry_s = RETRY_S
        self._is_wanted = True
        """It was not cleared."""
        self._counting: Future[None] | None = None
        self._counted: object = None
        self._overlaid: dict[str, str] = {}
        """Paths as an editor spells them → as the index does."""
        self._closed = False
        self._do(self._open)
        self._look()

    @property
    def snapshot(self) -> Snapshot | None:
        """What is known now, None while nothing is."""
        index = self._index
        return None if index is None else index.snapshot

    @property
    def status(self) -> IndexStatus:
        """What a person is told, as it was counted last."""
        if self._refreshed is None:
            return self._status
        return replace(self._status, age_s=round(max(0.0, time.time() - self._refreshed), 1))

    def saved(self, path: str) -> None:
        """Take over a file that was written; it counts before all other work."""
        self.rest(False)
        if path in self._overlaid:
            self.overlay(path, None)
        elif self._live is not None:
            self._live.publisher.look(path)

    def overlay(self, path: str, text: str | None) -> None:
        """Let an editor's text stand for a file that is in the index, until None does."""
        self._do(lambda: self._overlay(path, text))

    def rest(self, resting: bool) -> None:
        """Begin no new work, or go on."""
        index = self._index
        if index is not None:
            (index.pause if resting else index.resume)()

    def file(self, path: str) -> FileInIndex:
        """Say whether a file is in the index. Reads files."""
        index = self._index
        if index is None:
            return FileInIndex(path, str(self.folder), False, self._status.reason)
        from ownstack.files.path_case import listed

        path = listed(index.root, path)
        reason = index.reason(path)
        return FileInIndex(path, str(self.folder), not reason, reason or "It is in the index.")

    def rebuild(self) -> Future[None]:
        """Read everything anew; the future ends when that has begun."""
        return self._do(self._rebuild)

    def clear(self) -> Future[None]:
        """Remove what is stored, and close."""
        return self._do(self._clear)

    def end(self) -> None:
        """Begin no more work. On the event loop; `close` comes next."""
        self._closed = True
        for delay in (self._looking, self._retrying, self.linger):
            delay.cancel()

    def close(self) -> None:
        """End all work; what is read stays for the next start. Waits, so not on the event loop."""
        if self._index is not None:
            self._index.stop()
        self._thread.submit(self._leave)
        self._thread.shutdown()
        if not self.first.done():
            self.first.set_result(None)

    # In the thread ------------------------------------------------------------------------

    def _do(self, work: Callable[[], None]) -> Future[None]:
        if self._closed:
            done: Future[None] = Future()
            done.set_result(None)
            return done
        return self._thread.submit(self._safely, work)

    def _safely(self, work: Callable[[], None]) -> None:
        try:
            if not self._closed:
                work()
        except OwnstackError as error:
            self._fail(str(error))
        except Exception as error:
            log.exception("The index of %s failed.", self.folder)
            self._fail(f"The index failed ({in_words(error)}).")

    def _again_later(self) -> None:
        """On the event loop: open it later, since that failed now."""
        if not self._closed:
            self._retrying.start(self._retry_s)
            self._retry_s = min(2 * self._retry_s, RETRY_LATEST_S)

    def _fail(self, words: str) -> None:
        if self._live is not None:
            # What is not up to date now is, after the next look at all of it.
            self._live.publisher.look()
        self._say(IndexStatus(str(self.folder), "error", words))
        if not self.first.done():
            self.first.set_result(None)

    def _open(self) -> None:
        from ownstack.index.embedding.embedder import default_embedder
        from ownstack.index.live import LiveIndex
        from ownstack.index.project import ProjectIndex

        if self._index is not None or not self._is_wanted:
            return
        try:
            self._index = ProjectIndex.open(
                self.folder, self._cache, default_embedder(), force=self._force
            )
            self._live = LiveIndex(self._index, self._publishers.of(self._index.root))
        except Exception:
            # What is in the way may go: a drive that is away, a machine without memory.
            self._leave()
            self._on_loop(self._again_later)
            raise
        self._retry_s = RETRY_S

    def _leave(self) -> None:
        live, index = self._live, self._index
        self._live, self._index = None, None
        self._overlaid.clear()
        if live is not None:
            live.close()
        elif index is not None:
            index.close()

    def _overlay(self, path: str, text: str | None) -> None:
        if self._index is None:
            return
        if text is None and path in self._overlaid:
            self._index.overlay(self._overlaid.pop(path), None)
        elif text is not None:
            from ownstack.files.path_case import listed

            known = self._overlaid.get(path) or listed(self._index.root, path)
            # Mostly an opened document is what its file says, and there is nothing to do.
            if self._index.is_news(known, text):
                self._overlaid[path] = known
                self._index.overlay(known, text)

    def _rebuild(self) -> None:
        self._remove()
        self._is_wanted = True
        self._open()

    def _clear(self) -> None:
        self._remove()
        self._is_wanted = False
        reason = "The index was cleared. The command to rebuild it makes it again."
        self._refreshed = None
        self._say(IndexStatus(str(self.folder), "off", reason))

    def _remove(self) -> None:
        self._leave()
        erase(folder_of(self._cache, self.folder))

    # Status -------------------------------------------------------------------------------

    def _look(self) -> None:
        """On the event loop, now and then: count again if there may be something to tell."""
        if self._closed:
            return
        index, counting = self._index, self._counting
        if index is not None and (counting is None or counting.done()):
            seen = (index.phase, index.snapshot.version, index.n_works)
            if seen != self._counted or index.phase not in ("ready", "failed"):
                self._counted = seen
                self._counting = _counters.submit(self._count, index)
        self._looking.start(LOOK_S if self._status.state == "ready" else LOOK_SOON_S)

    def _count(self, index: ProjectIndex) -> None:
        try:
            known = index.status()
        except Exception as error:
            reason = f"The index cannot be looked at ({in_words(error)})."
            if reason != self._status.reason:
                log.exception("The index of %s could not be counted.", self.folder)
            self._say(IndexStatus(str(self.folder), "error", reason))
            return
        if index is not self._index:
            return
        self._refreshed = known.refreshed
        progress = known.progress
        # A saved file is read in no time; only much work is worth a word.
        state: IndexState = "ready"
        if known.phase == "failed":
            state = "error"
        elif known.refreshed is None or (known.phase != "ready" and progress.n_all >= MANY_FILES):
            state = "paused" if known.phase == "paused" else "indexing"
        self._say(
            IndexStatus(
                str(self.folder),
                state,
                known.message or reason_of(state, is_reader=known.is_reader),
                progress=progress.share if state in ("indexing", "paused") else None,
                files=known.n_files,
                symbols=known.n_symbols,
                chunks=known.n_chunks,
                left_out=known.left_out,
                size_bytes=known.size_bytes,
            )
        )
        if state in ("ready", "error") and not self.first.done():
            self.first.set_result(None)
            _warm(index)

    def _say(self, status: IndexStatus) -> None:
        self._status = status
        self._on_loop(self._changed)

    def _on_loop(self, call: Callable[[], None]) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(call)


_counters = threads("index-status")


def _warm(index: ProjectIndex) -> None:
    """Search once, so that nobody waits for the tables that a first search makes (0.4 to 3 s)."""
    from ownstack.index.embedding.embedder import default_embedder
    from ownstack.index.search.search import search

    try:
        search(index.snapshot, "where does it begin", 1, default_embedder())
    except Exception:
        log.exception("A first search of %s failed.", index.root)


class Indexes:
    """One for all windows."""

    def __init__(
        self, cache: Path, publishers: Publishers, on_typed: Callable[[], None] = lambda: None
    ) -> None:
        """Make it; nothing is read before the first `use`. `cache` holds all indexes.

        `on_typed` hears of each key, too.
        """
        self._on_typed = on_typed
        self.cache = cache
        self.publishers = publishers
        self._folders: dict[Path, FolderIndex] = {}
        self._watchers: dict[object, Changed] = {}
        self._quiet = Delay(self._go_on)
        self._closing = Tasks("Closing an index")
        self.allowed: dict[Path, bool] = {}
        """Folders that hold more than a project → whether the user wants an index of them."""

    def is_made(self, folder: Path) -> bool:
        """Say whether there is an index of a folder already. Reads files."""
        return has_head(folder_of(self.cache, folder))

    def use(self, user: object, folder: Path) -> FolderIndex:
        """Return the index of a folder, opened if need be, for a window."""
        held = self._folders.get(folder)
        if held is None:
            held = FolderIndex(folder, self, partial(self._drop, folder))
            self._folders[folder] = held
        if user not in held.users:
            held.users.append(user)
        held.linger.cancel()
        return held

    def leave(self, user: object, folder: Path) -> None:
        """Count a window out; an index that nobody uses is closed after a while."""
        held = self._folders.get(folder)
        if held is None or user not in held.users:
            return
        held.users.remove(user)
        if not held.users:
            held.linger.start(LINGER_S)

    def watch(self, user: object, changed: Changed | None) -> None:
        """Call `changed` whenever a status may have changed; None: no longer."""
        if changed is None:
            self._watchers.pop(user, None)
        else:
            self._watchers[user] = changed

    def typed(self) -> None:
        """Rest for a moment: somebody types, or a model answers."""
        self._on_typed()
        if not self._folders:
            return
        for held in self._folders.values():
            held.rest(True)
        self._quiet.start(QUIET_S)

    def statuses(self) -> list[IndexStatus]:
        """Return what is known of every index that is open."""
        return [held.status for held in self._folders.values()]

    async def close(self) -> None:
        """End all work."""
        self._quiet.cancel()
        folders, self._folders = list(self._folders.values()), {}
        for held in folders:
            held.end()
            self._closing.start(asyncio.to_thread(held.close))
        await self._closing.ended()

    def _go_on(self) -> None:
        for held in self._folders.values():
            held.rest(False)

    def _drop(self, folder: Path) -> None:
        held = self._folders.pop(folder, None)
        if held is not None:
            held.end()
            self._closing.start(asyncio.to_thread(held.close))

    def tell(self) -> None:
        """Tell all windows that a status may have changed."""
        for changed in list(self._watchers.values()):
            changed()
