"""Says in the editor how far a download is, by the token that came with the request for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pygls.lsp.server import LanguageServer

from ownstack.lsp.progress import WorkBar

if TYPE_CHECKING:
    from ownstack.models.fetching.downloads import Progress


class DownloadBar(WorkBar):
    """See `WorkBar`; of a download."""

    def __init__(self, ls: LanguageServer, token: str | None) -> None:
        super().__init__(ls, token, "Download")

    def report(self, progress: Progress) -> None:
        """Say how far it is; what is told after the end is dropped."""
        share = progress.done_bytes / max(1, progress.total_bytes)
        self.say(said(progress), min(100, int(100 * share)))


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
