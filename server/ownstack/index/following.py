"""An index that follows its folder, by a thread of its own."""

from __future__ import annotations

import logging
import time
from pathlib import Path

from ownstack.index.project import ProjectIndex
from ownstack.index.status import Report
from ownstack.index.watch import Watch

log = logging.getLogger(__name__)

CHECK_S = 120.0
"""The whole folder is compared so often, in case a change was not told of."""
CHECK_SHARE = 50
"""A comparison that takes long comes so much more seldom: at most one part in this of the time."""
TIDY_S = 60.0


class Following:
    """Keeps an index true from now on until `close`. The index is closed with it."""

    def __init__(
        self, index: ProjectIndex, report: Report | None = None, check_s: float = CHECK_S
    ) -> None:
        """Begin with a comparison of the whole folder; `report` is called by the thread."""
        self.index = index
        self._report = report
        self._not_before = self._tidied = time.monotonic()
        self._has_failed = False
        """The last look at the whole folder did."""
        self._place = _place(index.root)
        self._check_s = check_s
        self._renewed = -check_s
        self._watch = Watch(index.root, self._take_over, check_s)
        index.notice = self._watch.message
        self._watch.poke(None)

    def saved(self, path: Path) -> None:
        """Note that a file was written; sooner than the system tells."""
        if path.is_relative_to(self.index.root):
            self._watch.poke(path.relative_to(self.index.root).as_posix())

    def close(self) -> None:
        """End all work in good order."""
        self.index.stop()
        self._watch.close()
        self.index.close()

    def _refresh(self) -> None:
        started, had_failed, before = time.monotonic(), self._has_failed, self._place
        self._has_failed = True
        try:
            self.index.refresh(self._report)
            self._has_failed = False
        finally:
            took_s = time.monotonic() - started
            self._not_before = time.monotonic() + CHECK_SHARE * took_s
        self._place, now = _place(self.index.root), time.monotonic()
        # Some network drives number a folder anew each time.
        is_another = before != self._place and now >= self._renewed + self._check_s
        if had_failed or is_another:
            # A drive came back, or another folder stands there: the system watches the old one.
            self._renewed = now
            self._watch.renew()
            self.index.notice = self._watch.message
            # What changed before it was watched again was not told of.
            self._watch.poke(None)

    def _take_over(self, paths: frozenset[str] | None, *, is_check: bool) -> None:
        if is_check and time.monotonic() < self._not_before:
            return
        if paths is None or not self.index.update(sorted(paths)):
            self._refresh()
            self.index.warm()
        if time.monotonic() - self._tidied > TIDY_S:
            self.index.tidy()
            self._tidied = time.monotonic()


def _place(root: Path) -> tuple[int, int] | None:
    """Return what tells a folder from another one in its place, None if there is none."""
    try:
        status = root.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino
