"""A progress bar in the editor, shown while something has a share that is done."""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Callable

from lsprotocol import types
from pygls.exceptions import JsonRpcException
from pygls.lsp.server import LanguageServer

log = logging.getLogger(__name__)

CREATE_S = 5.0
"""A client that does not answer a request for a progress bar gets none."""


class ProgressBar:
    """A bar that `moved` opens, moves and lets end. One at a time."""

    def __init__(
        self, ls: LanguageServer, title: Callable[[], str], share: Callable[[], float | None]
    ) -> None:
        """`share` is 0..1, None when there is nothing to show."""
        self._ls = ls
        self._title = title
        self._share = share
        self._task: asyncio.Task[None] | None = None
        self._moved = asyncio.Event()

    def moved(self) -> None:
        self._moved.set()
        if self._share() is not None and self._task is None and self._can_be_shown():
            self._task = asyncio.ensure_future(self._show())

    def close(self) -> None:
        if self._task is not None:
            self._task.cancel()

    def _can_be_shown(self) -> bool:
        window = self._ls.client_capabilities.window
        return window is not None and bool(window.work_done_progress)

    async def _show(self) -> None:
        token = str(uuid.uuid4())
        bar = self._ls.work_done_progress
        try:
            await asyncio.wait_for(bar.create_async(token), CREATE_S)
        except (asyncio.TimeoutError, JsonRpcException) as error:
            log.info("The editor shows no progress: %s", error or "no answer")
            self._task = None
            return
        bar.begin(token, types.WorkDoneProgressBegin(title=self._title(), percentage=0))
        try:
            while (share := self._share()) is not None:
                bar.report(token, types.WorkDoneProgressReport(percentage=round(100 * share)))
                self._moved.clear()
                await self._moved.wait()
        finally:
            bar.end(token, types.WorkDoneProgressEnd())
            bar.tokens.pop(token, None)
            self._task = None
