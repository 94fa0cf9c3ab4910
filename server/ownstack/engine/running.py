"""What every running answer is: it grows, somebody waits for it, and it ends once."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable

from ownstack.engine.results import Finish, Usage

WhenDone = Callable[[Finish | None, Usage], None]
"""Hears how an answer ended, None being a failure, and what it cost."""


class RunningAnswer(ABC):
    """Grows and ends on the event loop; any number of tasks there wait for it.

    `cancel` may be called more than once and after the end; the engine is told by the `on_cancel`
    it gave, and ends the answer itself with `Finish.CANCELLED`.
    """

    def __init__(self, on_cancel: Callable[[], None] | None = None) -> None:
        self._on_cancel = on_cancel
        self._end: tuple[Finish | None, Usage] | None = None
        self._error: BaseException | None = None
        self._cancelled = False
        self._waiters: list[asyncio.Future[None]] = []
        self._when_done: list[WhenDone] = []

    @property
    def done(self) -> bool:
        return self._end is not None

    @property
    def cancelled(self) -> bool:
        """Whether somebody has asked for the end; it may not have come yet."""
        return self._cancelled

    @property
    def error(self) -> BaseException | None:
        return self._error

    def fail(self, error: BaseException) -> None:
        if not self.done:
            self._error = error
            self._ended(None, Usage())

    def when_done(self, hear: WhenDone) -> None:
        """Have `hear` called at the end, once; at once if it has ended."""
        if self._end is not None:
            hear(*self._end)
        else:
            self._when_done.append(hear)

    def cancel(self) -> None:
        """Ask for the end."""
        if self.done or self._cancelled:
            return
        self._cancelled = True
        if self._on_cancel is not None:
            self._on_cancel()
        else:
            self._give_up()

    @abstractmethod
    def _give_up(self) -> None:
        """End an answer that was cancelled, and that no engine ends."""

    def _ended(self, finish: Finish | None, usage: Usage) -> None:
        self._end = finish, usage
        self._wake()
        for hear in self._when_done:
            hear(finish, usage)

    async def _change(self) -> None:
        """Wait until it has grown or ended. Being cancelled meanwhile leaves it running."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiters.append(future)
        try:
            await future
        finally:
            if future in self._waiters:
                self._waiters.remove(future)

    def _wake(self) -> None:
        waiters, self._waiters = self._waiters, []
        for future in waiters:
            if not future.done():
                future.set_result(None)
