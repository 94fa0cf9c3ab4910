"""Says in the editor how far a download is, by the token that came with the request for it."""

from __future__ import annotations

import asyncio
from concurrent.futures import Future
from typing import TYPE_CHECKING

from lsprotocol import types
from pygls.lsp.server import LanguageServer

if TYPE_CHECKING:
    from ownstack.models.fetching.downloads import Progress


class DownloadBar:
    """A context manager for the task that downloads; without a token nothing is said.

    An editor that cancels the progress, not the request, cancels the task, too.
    """

    def __init__(self, ls: LanguageServer, token: str | None) -> None:
        self._progress = ls.work_done_progress
        self._token = token

    def __enter__(self) -> DownloadBar:
        if self._token is not None:
            begin = types.WorkDoneProgressBegin(title="Download", percentage=0, cancellable=True)
            self._progress.begin(self._token, begin)
            task = asyncio.current_task()

            def ended(cancelled: Future[None]) -> None:
                if cancelled.cancelled() and task is not None:
                    task.cancel()

            self._progress.tokens[self._token].add_done_callback(ended)
        return self

    def report(self, progress: Progress) -> None:
        """Say how far it is; what is told after the end is dropped."""
        if self._token is not None:
            share = progress.done_bytes / max(1, progress.total_bytes)
            percentage = min(100, int(100 * share))
            report = types.WorkDoneProgressReport(message=said(progress), percentage=percentage)
            self._progress.report(self._token, report)

    def __exit__(self, *_: object) -> None:
        token, self._token = self._token, None
        if token is not None:
            self._progress.end(token, types.WorkDoneProgressEnd())
            self._progress.tokens.pop(token, None)


def said(progress: Progress) -> str:
    """Return how far it is, in words."""
    if progress.phase == "checking":
        return "all is here; its hash is checked"
    done = f"{progress.done_bytes / 1e6:,.0f}"
    if progress.total_bytes:
        done += f" of {progress.total_bytes / 1e6:,.0f}"
    broke = progress.reconnects
    if not broke:
        return f"{done} MB"
    times = "once" if broke == 1 else f"{broke} times"
    return f"{done} MB; the connection broke {times} and was taken up again"
