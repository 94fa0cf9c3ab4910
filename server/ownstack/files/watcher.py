"""What changes on the disk, told in few words: sets of paths, not streams of events.

An editor saves by writing, renaming and removing; a branch switch is thousands of events. All of
them within a short while are one set. What cannot be told exactly (too much, a lost event, a
moved folder) is told as "look at everything". Where the system's watches do not suffice, the
folder is looked at from time to time, and a message says so.
"""

from __future__ import annotations

import logging
import math
import os
import sys
import tempfile
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
from ownstack.files.scan import is_skipped_folder, tells_of_others

log = logging.getLogger(__name__)

if sys.platform == "linux":
    from watchdog.observers import inotify

    # A warning of it describes a folder by all that is watched below, once for each folder in it:
    # a thousand folders in each other take minutes, and gigabytes.
    # The class came with watchdog 7; on Python 3.10 there is only watchdog 6.
    _group = getattr(inotify, "InotifyWatchGroup", None)
    if _group is not None:
        _group.__repr__ = object.__repr__

QUIET_S = 0.03
"""A set is told when nothing was added to it for so long,"""
LATEST_S = 0.3
"""but so long after its first path at the latest."""
MAX_PATHS = 2_000
"""A larger set is told as None."""
POLL_S = 5.0
"""A folder that the system does not watch is looked at so often."""


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
        self._problem = ""
        """Why the system does not watch all of it, or ""."""
        self.least_s = 0.0
        """Time between two looks at everything, where one takes long; set by who is told."""
        self._observer = self._observe()
        self._due = time.monotonic() + self.every_s
        self._thread = threading.Thread(target=self._run, name="folder-watch", daemon=True)
        self._thread.start()

    @property
    def every_s(self) -> float:
        """Everything is looked at so often, though nothing is told of."""
        return max(self.least_s, min(self._check_s, POLL_S) if self._problem else self._check_s)

    @property
    def message(self) -> str:
        """Why changes may be seen late, or ""."""
        if not self._problem:
            return ""
        return (
            f"{self._problem}; it is looked at every {max(1.0, self.every_s):.0f} seconds instead."
        )

    def poke(self, path: str | None) -> None:
        """Say that a path changed, which somebody else knows (an editor that saves it)."""
        self._changes.add(path, time.monotonic())

    def again_in(self, after_s: float) -> None:
        """Look at everything after so long, if not before. For the thread that tells."""
        self._due = min(self._due, time.monotonic() + after_s)

    def renew(self) -> None:
        """Watch what is at the folder's place now: it was away, and the system forgot it.

        For the thread that tells.
        """
        self._stop_observing()
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
        observer, before = None, self._problem
        try:
            observer = Observer()
            observer.schedule(
                _Handler(self._folder, self._changes), str(self._folder), recursive=True
            )
            observer.start()
            self._problem = _partly(observer)
        except (OSError, RuntimeError) as error:
            # No watches left, or no descriptors, or no threads: there may be again.
            self._problem = f"The system cannot watch this folder ({in_words(error)})"
            if observer is not None:
                observer.stop()
            observer = None
        if self._problem and self._problem != before:
            log.warning("%s", self.message)
        return observer

    def _run(self) -> None:
        while not self._is_closed.is_set():
            left_s = max(0.0, self._due - time.monotonic())
            is_told = self._changes.wait(left_s, time.monotonic)
            if self._is_closed.is_set():
                return
            if is_told:
                self._say(self._changes.take(), is_check=False)
            # Also if much is told: of what other machines do to a network drive nothing is.
            if time.monotonic() >= self._due and not self._is_closed.is_set():
                self._due = math.inf
                if self._problem:
                    self.renew()
                self._say(None, is_check=True)
                self._due = min(self._due, time.monotonic() + self.every_s)

    def _say(self, paths: frozenset[str] | None, *, is_check: bool) -> None:
        try:
            self._tell(paths, is_check=is_check)
        except OwnstackError as error:
            log.warning("Changes in %s could not be taken over: %s", self._folder, error)
        except Exception:
            log.exception("Changes in %s could not be taken over.", self._folder)


def _partly(observer: BaseObserver) -> str:
    """Say why only a part of what is to be watched may be, or return "".

    Where the watches run out below a folder nobody says so; but then there is none more to have.
    """
    try:
        with tempfile.TemporaryDirectory(prefix="ownstack-watch-") as folder:
            observer.unschedule(observer.schedule(FileSystemEventHandler(), folder))
    except OSError as error:
        return f"The system may watch only a part of this folder ({in_words(error)})"
    return ""


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
            if is_skipped_folder(relative) and not tells_of_others(relative):
                continue
            # What a moved or new folder holds is not told of one by one, or too early.
            self._changes.add(None if event.is_directory else relative, time.monotonic())
