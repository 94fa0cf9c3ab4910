"""Tells all who read a folder which of its files count, and what changes: one look for all.

Who subscribes is told all that the folder holds first, then what changes, and all of it again
where that cannot be told exactly. Nobody misses anything, so nothing is numbered. The folder is
watched while somebody listens. A listing is held only for a second listener that comes soon: an
index begins some seconds after echo. What a listener must know later it keeps itself.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path
from weakref import WeakValueDictionary

from ownstack.concurrency import Turns
from ownstack.files.listing import Changes, Listing, look, look_at
from ownstack.files.scan import Entry
from ownstack.files.watcher import Watch

log = logging.getLogger(__name__)

CHECK_S = 120.0
"""The whole folder is looked at so often, in case a change was not told of."""
CHECK_SHARE = 50
"""A look that takes long comes so much more seldom: at most one part in this of the time."""
RETRY_S = 2.0
"""After a look that failed another one comes so soon, and each time twice as late."""

MAX_HELD = 100
"""Changes that are held for a second listener; it can be told all anew."""

Listener = Callable[["Listing | Changes"], None]
"""Is told by one thread at a time, and returns at once."""


class Publisher:
    """One for a folder. From any thread, but not from the event loop: these calls look at disks."""

    def __init__(self, root: Path, check_s: float = CHECK_S) -> None:
        """Make it; nothing is looked at before the first `subscribe`."""
        self.root = root
        self._check_s = check_s
        self._listeners: list[Listener] = []
        self._telling = threading.RLock()
        """Held while listeners are told, so that all hear everything in one order."""
        self._joining = threading.Lock()
        self._watch: Watch | None = None
        self._is_looking = False
        self._holds = False
        self._held: list[Listing | Changes] = []
        """The first listing and what changed since, while a second listener may come."""
        self._not_before = 0.0
        self._n_failed = 0
        """How often the folder could not be looked at since it could the last time."""
        self._place = _place(root)
        self._renewed = -check_s

    @property
    def message(self) -> str:
        """Why changes may be seen late, or ""."""
        watch = self._watch
        return "" if watch is None else watch.message

    @property
    def is_heard(self) -> bool:
        """Say whether somebody listens, so that the folder is watched."""
        return self._watch is not None

    def subscribe(self, listener: Listener) -> None:
        """Tell a listener all, at once or as soon as it is known, and what changes from then on."""
        with self._joining:
            is_first = self._watch is None
            if is_first:
                self._watch = Watch(self.root, self._take, self._check_s)
            with self._telling:
                self._listeners.append(listener)
                held, self._held, self._holds = self._held, [], is_first
                for news in held:
                    listener(news)
                is_coming = bool(held) or self._is_looking
            if is_first or not is_coming:
                self.look()

    def unsubscribe(self, listener: Listener) -> None:
        """Tell a listener nothing more; waits for what it is being told."""
        with self._joining, self._telling:
            if listener in self._listeners:
                self._listeners.remove(listener)
            watch, is_last = self._watch, not self._listeners
            if is_last:
                self._watch, self._held = None, []
        if is_last and watch is not None:
            watch.close()

    def look(self, path: str | None = None) -> None:
        """Look at a file that somebody knows to have changed, or at everything, and tell all."""
        watch = self._watch
        if watch is not None:
            watch.poke(path)

    # In the thread of the watch -----------------------------------------------------------

    def _take(self, paths: frozenset[str] | None, *, is_check: bool) -> None:
        watch = self._watch
        if watch is None:
            return
        if is_check:
            self._holds, self._held = False, []
            if time.monotonic() < self._not_before:
                return
        changes = None if paths is None else look_at(self.root, sorted(paths))
        if changes is None:
            self._look(watch)
        elif changes:
            self._tell(changes)

    def _look(self, watch: Watch) -> None:
        with self._telling:
            self._is_looking = True
        listing = None
        try:
            listing = self._looked()
            self._follow(watch, listing)
        except _UnheardError:
            return
        except Exception:
            self._again(watch)
            raise
        finally:
            with self._telling:
                self._is_looking = False
                if listing is not None:
                    self._tell(listing)

    def _looked(self) -> Listing:
        turns = Turns()

        def pause() -> None:
            if not self._listeners:
                raise _UnheardError
            turns()

        return look(self.root, pause)

    def _follow(self, watch: Watch, listing: Listing) -> None:
        """Look again when that is due, and watch what is at the folder's place now."""
        rest_s = CHECK_SHARE * listing.took_s
        watch.least_s, self._not_before = rest_s, time.monotonic() + rest_s
        if listing.problem is not None:
            self._again(watch)
            return
        is_back, self._n_failed = self._n_failed > 0, 0
        before, self._place = self._place, _place(self.root)
        # Some network drives number a folder anew each time.
        is_another = before != self._place and time.monotonic() >= self._renewed + self._check_s
        if is_back or is_another:
            # A drive came back, or another folder stands there: the system watches the old one.
            self._renewed = time.monotonic()
            watch.renew()
            # What changed before it was watched again was not told of.
            watch.poke(None)

    def _again(self, watch: Watch) -> None:
        """Look again soon: nobody need mend by hand what may pass, as a drive that is away."""
        self._not_before = 0.0
        watch.again_in(min(self._check_s, RETRY_S * 2 ** min(self._n_failed, 10)))
        self._n_failed += 1

    def _tell(self, news: Listing | Changes) -> None:
        with self._telling:
            if self._holds:
                self._hold(news)
            for listener in self._listeners:
                listener(news)

    def _hold(self, news: Listing | Changes) -> None:
        if not isinstance(news, Listing):
            self._held.append(news)
        elif news.problem is None:
            self._held = [news]
        if len(self._held) > MAX_HELD:
            self._holds, self._held = False, []


class News:
    """What a listener was told and has not yet taken over, as one. `put` is the listener."""

    def __init__(self) -> None:
        self.is_closed = False
        self._listing: Listing | None = None
        self._changes: dict[str, Entry | None] = {}
        self._ready = threading.Condition()

    def put(self, news: Listing | Changes) -> None:
        with self._ready:
            if isinstance(news, Listing):
                self._listing, self._changes = news, {}
            else:
                self._changes.update(news)
            self._ready.notify()

    def take(self, timeout_s: float | None = None) -> tuple[Listing | None, Changes]:
        """Wait for what is new, and return it; nothing if the time is up, or it was closed."""
        with self._ready:
            self._ready.wait_for(
                lambda: self._listing or self._changes or self.is_closed, timeout_s
            )
            taken = self._listing, self._changes
            self._listing, self._changes = None, {}
            return taken

    def close(self) -> None:
        with self._ready:
            self.is_closed = True
            self._ready.notify()


class Publishers:
    """One publisher for each folder that somebody listens to, however its path is written."""

    def __init__(self) -> None:
        self._publishers: WeakValueDictionary[Path, Publisher] = WeakValueDictionary()
        self._lock = threading.Lock()

    def of(self, folder: Path) -> Publisher:
        """Return the publisher of a folder; asks the disk."""
        root = folder.resolve()
        with self._lock:
            return self._publishers.setdefault(root, Publisher(root))


class _UnheardError(Exception):
    """Nobody listens any more."""


def _place(root: Path) -> tuple[int, int] | None:
    """Return what tells a folder from another one in its place, None if there is none."""
    try:
        status = root.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino
