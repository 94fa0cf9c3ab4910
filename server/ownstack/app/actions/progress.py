"""Tells a window how far an edit is: the newest, and not more often than anybody can see."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

from ownstack.actions.result import EditProgress
from ownstack.actions.streamed import so_far
from ownstack.actions.target import Target
from ownstack.app.actions.values import EditProgressed
from ownstack.concurrency import Delay

PAUSE_S = 0.05
CHARS_A_PAUSE = 8_000
"""The whole text is told each time, so a longer one is told less often."""

Tell = Callable[[EditProgressed], None]


class EditNews:
    """Of one edit. What it hears last is told in any case."""

    def __init__(self, id: str, tell: Tell) -> None:
        self._id = id
        self._tell = tell
        self._target: Target | None = None
        self._waiting: EditProgress | None = None
        self._free_s = 0.0
        self._due = Delay(self._flush)

    def about(self, target: Target) -> None:
        """Say what is replaced."""
        self._target = target

    def hear(self, progress: EditProgress) -> None:
        """Note how far it is."""
        older = self._waiting
        if progress.text is None and older is not None and older.text is not None:
            progress = replace(progress, text=older.text)
        self._waiting = progress
        left_s = self._free_s - time.monotonic()
        if left_s <= 0:
            self._flush()
        elif not self._due.pending:
            self._due.start(left_s)

    def close(self) -> None:
        """Tell what was heard last; nothing is told afterwards."""
        self._flush()
        self._tell = lambda _: None

    def _flush(self) -> None:
        self._due.cancel()
        news, self._waiting = self._waiting, None
        if news is None:
            return
        target, text = self._target, None
        if target is not None and news.text is not None:
            text = so_far(news.text, target)
        pauses = 1 + len(text or "") // CHARS_A_PAUSE
        self._free_s = time.monotonic() + PAUSE_S * pauses
        first, last = (0, 0) if target is None else target.lines
        self._tell(
            EditProgressed(
                self._id, news.stage, news.round, news.done, news.total, first, last, text
            )
        )
