"""What changes on the disk, told in few words: sets of paths, not streams of events.

An editor saves by writing, renaming and removing; a branch switch is thousands of events. All of
them within a short while are one set. What cannot be told exactly (too much, a lost event, a
moved folder) is told as "look at everything". Where the system's watches do not suffice, the
folder is looked at from time to time, and a message says so.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from watchdog.events import (
    DirModifiedEvent,
    FileClosedNoWriteEvent,
    FileOpenedEvent,
    FileSystemEvent,
    FileSystemEventHandler,
)
from watchdog.observers import Observer
from watchdog.observers.api import BaseObserver

from ownstack.errors import OwnstackError, in_words
from ownstack.index.scan import is_skipped_folder

log = logging.getLogger(__name__)

QUIET_S = 0.03
"""A set is told when nothing was added to it for so long,"""
LATEST_S = 0.3
"""but so long after its first path at the latest."""
MAX_PATHS = 2_000
"""A larger set is told as None."""


class Tell(Protocol):
    """Called by one thread with paths relative to the folder, or None: look at everything.

    `is_check`: nothing was told of, it is only time to look.
    """

    def __call__(self, paths: frozenset[str] | None, *, is_check: bool) -> None: ...


class Changes:
    """A set that grows until it is quiet. Thread-safe; time comes from outside."""

    def __init__(self) -> None:
        self._paths: set[str] = set()
        self._is_all = False
        self._first = self._last = 0.0
        self._ready = threading.Condition()

    def add(self, path: str | None, now: float) -> None:
        """Note that a path changed, or, with None, that anything may have."""
        with self._ready:
            if not self._paths and not self._is_all:
                self._first = now
            self._last = now
            if path is None or len(self._paths) >= MAX_PATHS:
                self._is_all = True
            else:
                self._paths.add(path)
            self._ready.notify()

    def wait_s(self, now: float) -> float | None:
        """Return how long to wait until the set can be taken; None if it is empty."""
        if not self._paths and not self._is_all:
            return None
        return max(0.0, min(self._last + QUIET_S, self._first + LATEST_S) - now)

    def take(self) -> frozenset[str] | None:
        """Return the set, None if it is everything, and begin a new one."""
        with self._ready:
            taken = None if self._is_all else frozenset(self._paths)
            self._paths, self._is_all = set(), False
            return taken

    def wait(self, timeout_s: float, clock: Callable[[], float]) -> bool:
        """Wait until the set can be taken; False if the time is up, and it is empty."""
        end = clock() + timeout_s
        with self._ready:
            while True:
                now = clock()
                wait_s = self.wait_s(now)
                if wait_s is not None and wait_s <= 0:
                    return True
                if wait_s is None and now >= end:
                    return False
                self._ready.wait(end - now if wait_s is None else wait_s)


class Watch:
    """Watches a folder until `close`; `tell` is called by a thread of its own."""

    def __init__(self, folder: Path, tell: Tell, check_s: float) -> None:
        """Begin to watch; everything is looked at every `check_s` seconds, too."""
        self._folder = folder
        self._tell = tell
        self._check_s = check_s
        self._changes = Changes()
        self._is_closed = threading.Event()
        self.message = ""
        """Why changes may be seen late, or ""."""
        self._observer = self._observe()
        self._thread = threading.Thread(target=self._run, name="index-watch", daemon=True)
        self._thread.start()

    def poke(self, path: str | None) -> None:
        """Say that a path changed, which somebody else knows (an editor that saves it)."""
        self._changes.add(path, time.monotonic())

    def renew(self) -> None:
        """Watch what is at the folder's place now: it was away, and the system forgot it.

        For the thread that tells.
        """
        self._stop_observing()
        self.message = ""
        self._observer = self._observe()

    def close(self) -> None:
        """Stop; a call of `tell` that is under way ends first."""
        self._is_closed.set()
        self._changes.add(None, time.monotonic() - LATEST_S)
        if threading.current_thread() is not self._thread:
            self._thread.join()
        self._stop_observing()

    def _stop_observing(self) -> None:
        if self._observer is not None:
            self._observer.stop()
            self._observer.join()

    def _observe(self) -> BaseObserver | None:
        observer = Observer()
        handler = _Handler(self._folder, self._changes)
        try:
            observer.schedule(handler, str(self._folder), recursive=True)
            observer.start()
        except OSError as error:
            self.message = (
                f"The system cannot watch this folder ({in_words(error)}); "
                f"it is looked at every {self._check_s:.0f} seconds instead."
            )
            log.warning("%s", self.message)
            return None
        return observer

    def _run(self) -> None:
        due = time.monotonic() + self._check_s
        while not self._is_closed.is_set():
            is_told = self._changes.wait(max(0.0, due - time.monotonic()), time.monotonic)
            if self._is_closed.is_set():
                return
            if is_told:
                self._say(self._changes.take(), is_check=False)
            # Also if much is told: of what other machines do to a network drive nothing is.
            if time.monotonic() >= due and not self._is_closed.is_set():
                self._say(None, is_check=True)
                due = time.monotonic() + self._check_s

    def _say(self, paths: frozenset[str] | None, *, is_check: bool) -> None:
        try:
            self._tell(paths, is_check=is_check)
        except OwnstackError as error:
            log.warning("Changes in %s could not be taken over: %s", self._folder, error)
        except Exception:
            log.exception("Changes in %s could not be taken over.", self._folder)


class _Handler(FileSystemEventHandler):
    """Turns events into paths."""

    def __init__(self, folder: Path, changes: Changes) -> None:
        self._root = os.path.join(str(folder), "")
        self._changes = changes

    def on_any_event(self, event: FileSystemEvent) -> None:
        if isinstance(event, FileOpenedEvent | FileClosedNoWriteEvent | DirModifiedEvent):
            return
        for raw in (event.src_path, event.dest_path):
            path = os.fsdecode(raw)
            # Where case is ignored, the system may spell the folder in another way.
            if path[: len(self._root)].casefold() != self._root.casefold():
                continue
            relative = path[len(self._root) :].replace(os.sep, "/")
            if is_skipped_folder(relative):
                continue
            # What a moved or new folder holds is not told of one by one, or too early.
            self._changes.add(None if event.is_directory else relative, time.monotonic())
