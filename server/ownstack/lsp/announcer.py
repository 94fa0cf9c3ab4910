"""Tells the editor about status changes: as a notification, and as progress while loading."""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Callable

from lsprotocol import types
from pygls.exceptions import JsonRpcException
from pygls.lsp.server import LanguageServer

from ownstack.daemon.status import Status
from ownstack.lsp.protocol import STATUS_CHANGED

log = logging.getLogger(__name__)

COALESCE_S = 0.05
CREATE_S = 5.0
"""A client that does not answer a request for a progress bar gets none."""


class Announcer:
    """One per window. Changes within 50 ms become one notification."""

    def __init__(self, ls: LanguageServer, status: Callable[[], Status]) -> None:
        self._ls = ls
        self._status = status
        self._open = False
        self._last: Status | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._bar: asyncio.Task[None] | None = None
        self._bar_moved = asyncio.Event()

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
        if self._bar is not None:
            self._bar.cancel()

    def _announce(self) -> None:
        self._timer = None
        status = self._status()
        if not status.differs(self._last):
            return
        self._last = status
        self._ls.protocol.notify(STATUS_CHANGED, status)
        self._bar_moved.set()
        if status.state == "loading" and self._bar is None and self._can_show_progress():
            self._bar = asyncio.ensure_future(self._show_progress())

    def _can_show_progress(self) -> bool:
        window = self._ls.client_capabilities.window
        return window is not None and bool(window.work_done_progress)

    async def _show_progress(self) -> None:
        """Show a progress bar from now until the model is loaded."""
        token = str(uuid.uuid4())
        bar = self._ls.work_done_progress
        try:
            await asyncio.wait_for(bar.create_async(token), CREATE_S)
        except (asyncio.TimeoutError, JsonRpcException) as error:
            log.info("The editor shows no progress: %s", error or "no answer")
            self._bar = None
            return
        name = self._last.model if self._last is not None else ""
        bar.begin(token, types.WorkDoneProgressBegin(title=f"Loading {name}", percentage=0))
        while self._last is not None and self._last.state == "loading":
            percentage = round(100 * (self._last.progress or 0.0))
            bar.report(token, types.WorkDoneProgressReport(percentage=percentage))
            self._bar_moved.clear()
            await self._bar_moved.wait()
        bar.end(token, types.WorkDoneProgressEnd())
        bar.tokens.pop(token, None)
        self._bar = None
