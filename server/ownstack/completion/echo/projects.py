"""The stores of all folders that are open in some window, kept fresh by two threads."""

from __future__ import annotations

import logging
import os
import shutil
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from ownstack.completion.echo.store import Store, View
from ownstack.errors import OwnstackError
from ownstack.paths import short_hash

log = logging.getLogger(__name__)

REFRESH_S = 30.0
"""Changes that no editor told of are found after about so long, while somebody types."""
REFRESH_SHARE = 50
"""A refresh that takes long comes so much more seldom: at most one part in this of the time."""
KEPT_S = 60 * 24 * 3_600.0
"""What is stored of a folder is removed when nobody has opened it for so long."""
_NICENESS = 10
_TURN_S, _REST_S = 0.004, 0.001
"""The threads let others run for a while after each turn; Python code has one lock for all."""


class Projects:
    """One for all windows. `views` and `saved` are called on the event loop and return at once."""

    def __init__(self, cache: Path, clock: Callable[[], float] = time.monotonic) -> None:
        """Make one; nothing is read before the first `views`."""
        self._cache = cache
        self._clock = clock
        self._stores: dict[Path, Store] = {}
        self._due: dict[Path, float] = {}
        self._running: dict[Path, Future[None]] = {}
        self._slow = ThreadPoolExecutor(1, "echo-refresh", _be_humble)
        self._quick = ThreadPoolExecutor(1, "echo-update")
        self._closed = False
        self._swept = False

    def views(self, folders: Sequence[Path]) -> tuple[View, ...]:
        """Return what is known of some folders, and see to it that it stays true."""
        return tuple(self._store(folder).view for folder in folders)

    def saved(self, path: Path) -> Future[None] | None:
        """Note that a file was written, made or removed; what it holds counts soon.

        Returns what can be waited for, or None if no known folder holds the file.
        """
        futures = [
            self._quick.submit(self._update, store, path.relative_to(folder).as_posix())
            for folder, store in self._stores.items()
            if not self._closed and path.is_relative_to(folder)
        ]
        return futures[-1] if futures else None

    def refresh(self, folder: Path) -> Future[None]:
        """Compare a folder with its store now; ends when both agree."""
        store = self._stores.get(folder)
        if store is None:
            store = Store(folder, self._cache / short_hash(str(folder)))
            self._stores[folder] = store
        running = self._running.get(folder)
        if running is None or running.done():
            running = self._slow.submit(self._refresh, folder, store)
            self._running[folder] = running
        return running

    def close(self) -> None:
        """End all work; what is written stays for the next start."""
        self._closed = True
        for store in self._stores.values():
            store.close()
        self._quick.shutdown(wait=False, cancel_futures=True)
        self._slow.shutdown(wait=False, cancel_futures=True)

    def _store(self, folder: Path) -> Store:
        if folder not in self._stores or self._clock() >= self._due.get(folder, 0.0):
            self._due[folder] = self._clock() + REFRESH_S
            if not self._closed:
                self.refresh(folder)
        return self._stores.get(folder) or Store(folder, self._cache)

    def _sweep(self) -> None:
        """Remove what is stored of folders that nobody has opened for long."""
        if self._swept:
            return
        self._swept = True
        try:
            old = [one for one in self._cache.iterdir() if _age_s(one) > KEPT_S]
        except OSError as error:
            log.debug("nothing to sweep: %s", error)
            return
        for one in old:
            shutil.rmtree(one, ignore_errors=True)

    def _refresh(self, folder: Path, store: Store) -> None:
        started = self._clock()
        try:
            self._sweep()
            store.refresh(_Turns())
        except OwnstackError as error:
            log.warning("The text index of %s was not renewed. %s", folder, error)
        except Exception:
            log.exception("The text index of %s could not be renewed.", folder)
        took = self._clock() - started
        self._due[folder] = self._clock() + max(REFRESH_S, REFRESH_SHARE * took)

    def _update(self, store: Store, relative: str) -> None:
        try:
            store.update(relative)
        except Exception:
            log.exception("%s could not be read again.", relative)
            store.bury([relative])
        if not self._closed:
            self._slow.submit(self._merge, store)

    def _merge(self, store: Store) -> None:
        try:
            store.merge()
        except Exception:
            log.exception("The text index could not be tidied.")


class _Turns:
    """Called often; rests when a turn has lasted long enough."""

    def __init__(self) -> None:
        self._began = time.monotonic()

    def __call__(self) -> None:
        if time.monotonic() - self._began > _TURN_S:
            time.sleep(_REST_S)
            self._began = time.monotonic()


def _age_s(path: Path) -> float:
    return time.time() - path.stat().st_mtime


def _be_humble() -> None:
    """Let everything else go first, where a thread's priority can be set (Linux)."""
    try:
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)
    except (AttributeError, OSError) as error:
        log.debug("the priority stays as it is: %s", error)
