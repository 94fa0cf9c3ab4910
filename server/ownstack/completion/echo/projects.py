"""The stores of all folders that are open in some window, kept fresh by two threads."""

from __future__ import annotations

import logging
import math
import shutil
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path

from ownstack.completion.echo.store import Store, View
from ownstack.concurrency import Turns, threads
from ownstack.errors import OwnstackError
from ownstack.files.listing import Changes, Listing, look_at
from ownstack.files.publisher import News, Publisher, Publishers
from ownstack.paths import short_hash

log = logging.getLogger(__name__)

UPDATE_SHARE, REST_S = 20, 5.0
"""Files that change without an editor are read for one part of the time, with rests of so long at
most: a log may grow all the time."""
KEPT_S = 60 * 24 * 3_600.0
"""What is stored of a folder is removed when nobody has opened it for so long."""
_NICENESS = 10


class Projects:
    """One for all windows. All but `close` is called on the event loop and returns at once."""

    def __init__(self, cache: Path, publishers: Publishers) -> None:
        """Make one; nothing is read before the first `views`."""
        self._cache = cache
        self._publishers = publishers
        self._projects: dict[Path, _Project] = {}
        self._ending: set[_Project] = set()
        self._users: dict[object, tuple[Path, ...]] = {}
        self._slow = threads("echo-refresh", niceness=_NICENESS)
        self._quick = threads("echo-update")
        self._is_closed = False

    def use(self, user: object, folders: Sequence[Path]) -> None:
        """Note which folders a window has open; what no window has is let go of."""
        before = self._users.pop(user, ())
        if folders:
            self._users[user] = tuple(folders)
        for folder in before:
            if not any(folder in used for used in self._users.values()):
                project = self._projects.pop(folder, None)
                if project is not None:
                    project.end()
                    self._ending.add(project)
                    self._slow.submit(self._leave, project)

    def views(self, folders: Sequence[Path]) -> tuple[View, ...]:
        """Return what is known of some folders, and see to it that it stays true."""
        if self._is_closed:
            return tuple(View(folder) for folder in folders)
        return tuple(self._project(folder).store.view for folder in folders)

    def saved(self, path: Path) -> Future[None] | None:
        """Note that a file was written, made or removed; what it holds counts soon.

        Returns what can be waited for, or None if no known folder holds the file.
        """
        futures = [
            self._quick.submit(project.look_at, path.relative_to(folder).as_posix())
            for folder, project in self._projects.items()
            if path.is_relative_to(folder)
        ]
        return futures[-1] if futures else None

    def refresh(self, folder: Path) -> Future[None]:
        """Compare a folder with its store now; ends when both agree."""
        return self._project(folder).refresh()

    def close(self) -> None:
        """End all work; what is written stays for the next start. Waits for threads."""
        self._is_closed = True
        projects, self._projects = list(self._projects.values()), {}
        for project in projects:
            project.end()
        for project in (*projects, *self._ending):
            project.leave()
        self._quick.shutdown(wait=False, cancel_futures=True)
        self._slow.shutdown(wait=False, cancel_futures=True)

    def _leave(self, project: _Project) -> None:
        project.leave()
        self._ending.discard(project)

    def _project(self, folder: Path) -> _Project:
        project = self._projects.get(folder)
        if project is None:
            store = Store(folder, self._cache / short_hash(str(folder)))
            if not self._projects:
                self._slow.submit(self._sweep)
            project = self._projects[folder] = _Project(folder, store, self._quick, self._slow)
            self._slow.submit(project.join, self._publishers)
        return project

    def _sweep(self) -> None:
        """Remove what is stored of folders that nobody has opened for long."""
        try:
            old = [folder for folder in self._cache.iterdir() if _age_s(folder) > KEPT_S]
        except OSError as error:
            log.debug("nothing to sweep: %s", error)
            return
        for folder in old:
            shutil.rmtree(folder, ignore_errors=True)


class _Project:
    """One folder's store, and how it hears of the folder."""

    def __init__(
        self, folder: Path, store: Store, quick: ThreadPoolExecutor, slow: ThreadPoolExecutor
    ) -> None:
        self.store = store
        self._folder = folder
        self._quick, self._slow = quick, slow
        self._publisher: Publisher | None = None
        self._news = News()
        self._waiting: list[tuple[float, Future[None]]] = []
        """Who wants to know when the store agrees with the folder, and since when."""
        self._lock = threading.Lock()
        self._ended = threading.Event()

    def refresh(self) -> Future[None]:
        """Compare all; the future ends when store and folder agree."""
        future: Future[None] = Future()
        with self._lock:
            self._waiting.append((time.monotonic(), future))
        self._slow.submit(self._look)
        return future

    def end(self) -> None:
        """Begin no more work; `leave` comes next."""
        self._ended.set()
        self.store.close()
        self._tell_waiting(math.inf)

    # In threads ---------------------------------------------------------------------------

    def join(self, publishers: Publishers) -> None:
        """Hear of the folder from now on; `leave` may have come before."""
        try:
            self._publisher = publishers.of(self._folder)
            self._publisher.subscribe(self._hear)
        except Exception:
            log.exception("The text index of %s cannot follow its folder.", self._folder)
            self._tell_waiting(math.inf)
        if self._ended.is_set():
            self.leave()

    def leave(self) -> None:
        if self._publisher is not None:
            self._publisher.unsubscribe(self._hear)

    def look_at(self, path: str) -> None:
        """Read a file again, at once."""
        changes = look_at(self._folder, [path])
        if changes is None:
            self._look()
        else:
            self._update(changes)

    def _look(self) -> None:
        if self._publisher is not None:
            self._publisher.look()
        else:
            self._tell_waiting(math.inf)

    def _hear(self, news: Listing | Changes) -> None:
        if not self._ended.is_set():
            self._news.put(news)
            self._slow.submit(self._renew)

    def _renew(self) -> None:
        listing, changes = self._news.take(0)
        if listing is not None:
            self._safely(partial(self.store.refresh, listing, Turns()))
            self._tell_waiting(listing.began)
        if changes:
            began = time.monotonic()
            self._update(changes)
            self._ended.wait(min(REST_S, UPDATE_SHARE * (time.monotonic() - began)))

    def _update(self, changes: Changes) -> None:
        if not self._safely(partial(self.store.update, changes, Turns())):
            self._look()
        if not self._ended.is_set():
            self._slow.submit(self._safely, self.store.merge)

    def _safely(self, work: Callable[[], None]) -> bool:
        """Do some work, and say whether all of it was done."""
        try:
            work()
        except OwnstackError as error:
            log.warning("The text index of %s was not renewed. %s", self._folder, error)
        except Exception:
            log.exception("The text index of %s could not be renewed.", self._folder)
        else:
            return True
        return False

    def _tell_waiting(self, began: float) -> None:
        """Tell all who asked before a look began that it was taken over."""
        with self._lock:
            told = [future for asked, future in self._waiting if asked <= began]
            self._waiting = [waits for waits in self._waiting if waits[0] > began]
        for future in told:
            if future.set_running_or_notify_cancel():
                future.set_result(None)


def _age_s(path: Path) -> float:
    return time.time() - path.stat().st_mtime
