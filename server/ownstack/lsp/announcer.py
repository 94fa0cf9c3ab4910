"""Tells the editor about status changes: as a notification, and as progress bars."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from pygls.lsp.server import LanguageServer

from ownstack.daemon.status import Status
from ownstack.lsp.bar import Bar
from ownstack.lsp.protocol import STATUS_CHANGED

COALESCE_S = 0.05


class Announcer:
    """One per window. Changes within 50 ms become one notification."""

    def __init__(self, ls: LanguageServer, status: Callable[[], Status]) -> None:
        self._ls = ls
        self._status = status
        self._open = False
        self._last: Status | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._bars = (
            Bar(ls, self._loading_title, self._loading),
            Bar(ls, lambda: "Indexing", self._indexing),
        )

    def open(self) -> None:
        """Begin to announce: the client is initialized."""
        self._open = True
        self.changed()

    def changed(self) -> None:
        if self._open and self._timer is None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(COALESCE_S, self._announce)

    def close(self) -> None:
        self._open = False
        if self._timer is not None:
            self._timer.cancel()
        for bar in self._bars:
            bar.close()

    def _announce(self) -> None:
        self._timer = None
        status = self._status()
        if not status.differs(self._last):
            return
        self._last = status
        self._ls.protocol.notify(STATUS_CHANGED, status)
        for bar in self._bars:
            bar.moved()

    def _loading_title(self) -> str:
        return f"Loading {self._last.model if self._last is not None else ''}"

    def _loading(self) -> float | None:
        loads = self._last is not None and self._last.state == "loading"
        return (self._last.progress or 0.0) if self._last is not None and loads else None

    def _indexing(self) -> float | None:
        """The share of the files that are read, over all folders at work."""
        shares = [
            one.progress or 0.0
            for one in (self._last.index if self._last is not None else ())
            if one.state in ("indexing", "paused")
        ]
        return sum(shares) / len(shares) if shares else None
