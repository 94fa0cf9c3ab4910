"""Tells the editor about status changes: as a notification, and as progress bars."""

from __future__ import annotations

from collections.abc import Callable

from pygls.lsp.server import LanguageServer

from ownstack.app.status import Status
from ownstack.concurrency import Delay
from ownstack.lsp.progress import ProgressBar
from ownstack.lsp.protocol import STATUS_CHANGED

COALESCE_S = 0.05
READ_SHARE = 0.9
"""Of the time until a model is ready, about so much is reading its file; then it is tried out."""


class StatusNotifier:
    """What tells one window. Changes within 50 ms become one notification."""

    def __init__(self, ls: LanguageServer, status: Callable[[], Status]) -> None:
        self._ls = ls
        self._status = status
        self._open = False
        self._last: Status | None = None
        self._soon = Delay(self._notify)
        self._bars = (
            ProgressBar(ls, self._loading_title, self._loading),
            ProgressBar(ls, lambda: "Indexing", self._indexing),
        )

    def open(self) -> None:
        """Begin to notify: the client is initialized."""
        self._open = True
        self.changed()

    def changed(self) -> None:
        if self._open and not self._soon.pending:
            self._soon.start(COALESCE_S)

    def close(self) -> None:
        self._open = False
        self._soon.cancel()
        for bar in self._bars:
            bar.close()

    def _notify(self) -> None:
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
        if self._last is None or not loads:
            return None
        return READ_SHARE * (self._last.progress or 0.0)

    def _indexing(self) -> float | None:
        """The share of the files that are read, over all folders at work."""
        shares = [
            folder.progress or 0.0
            for folder in (self._last.index if self._last is not None else ())
            if folder.state in ("indexing", "paused")
        ]
        return sum(shares) / len(shares) if shares else None
