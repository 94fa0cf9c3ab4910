"""Progress bars in the editor: of something that has a share done, and of a task."""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Callable
from concurrent.futures import Future
from typing import TYPE_CHECKING

from lsprotocol import types
from pygls.exceptions import JsonRpcException
from pygls.lsp.server import LanguageServer

if TYPE_CHECKING:
    from typing_extensions import Self

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
        if self._share() is not None and self._task is None and _shows(self._ls):
            self._task = asyncio.ensure_future(self._show())

    def close(self) -> None:
        if self._task is not None:
            self._task.cancel()

    async def _show(self) -> None:
        token, bar = await new_token(self._ls), self._ls.work_done_progress
        if token is None:
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


class WorkBar:
    """A context manager for the task that works; without a token nothing is said.

    An editor that cancels the progress, not the request, cancels the task, too.
    """

    def __init__(self, ls: LanguageServer, token: types.ProgressToken | None, title: str) -> None:
        self._progress = ls.work_done_progress
        self._token = token
        self._title = title

    def __enter__(self) -> Self:
        if self._token is not None:
            begin = types.WorkDoneProgressBegin(title=self._title, percentage=0, cancellable=True)
            self._progress.begin(self._token, begin)
            task = asyncio.current_task()

            def ended(cancelled: Future[None]) -> None:
                if cancelled.cancelled() and task is not None:
                    task.cancel()

            self._progress.tokens[self._token].add_done_callback(ended)
        return self

    def say(self, message: str, percentage: int | None = None) -> None:
        """Say how far it is; what is told after the end is dropped."""
        if self._token is not None:
            report = types.WorkDoneProgressReport(message=message, percentage=percentage)
            self._progress.report(self._token, report)

    def __exit__(self, *_: object) -> None:
        token, self._token = self._token, None
        if token is not None:
            self._progress.end(token, types.WorkDoneProgressEnd())
            self._progress.tokens.pop(token, None)


async def new_token(ls: LanguageServer) -> str | None:
    """Return the token of a progress bar that the editor has made; None if it makes none."""
    if not _shows(ls):
        return None
    token = str(uuid.uuid4())
    try:
        await asyncio.wait_for(ls.work_done_progress.create_async(token), CREATE_S)
    except (asyncio.TimeoutError, JsonRpcException) as error:
        log.info("The editor shows no progress: %s", error or "no answer")
        return None
    return token


def _shows(ls: LanguageServer) -> bool:
    window = ls.client_capabilities.window
    return window is not None and bool(window.work_done_progress)
