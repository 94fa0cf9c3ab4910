"""A running answer: written by an engine's thread, read by any number of waiters on the loop."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

from ownstack.engine.results import Finish, Generated, Usage

WhenDone = Callable[[Finish | None, Usage], None]
"""Hears how an answer ended, None being a failure, and what it cost."""


class Generation:
    """A running answer: grows by `push`, ends by `finish` or `fail`, all on the event loop.

    An engine on another thread goes through `loop.call_soon_threadsafe(generation.push, …)`.
    `cancel` may be called more than once and after the end; the engine is told by the
    `on_cancel` it gave, and ends the generation itself with `Finish.CANCELLED`.
    """

    def __init__(self, on_cancel: Callable[[], None] | None = None) -> None:
        self._on_cancel = on_cancel
        self._text = ""
        self._result: Generated | None = None
        self._error: BaseException | None = None
        self._cancelled = False
        self._changed: list[asyncio.Future[None]] = []
        self._when_done: list[WhenDone] = []

    @property
    def text(self) -> str:
        """What has been written so far."""
        return self._text

    @property
    def done(self) -> bool:
        return self._result is not None or self._error is not None

    @property
    def cancelled(self) -> bool:
        """Whether somebody has asked for the end; it may not have come yet."""
        return self._cancelled

    @property
    def error(self) -> BaseException | None:
        return self._error

    def push(self, piece: str) -> None:
        if not self.done and piece:
            self._text += piece
            self._wake()

    def finish(self, result: Generated) -> None:
        if not self.done:
            self._text = result.text
            self._result = result
            self._ended(result.finish, result.usage)

    def fail(self, error: BaseException) -> None:
        if not self.done:
            self._error = error
            self._ended(None, Usage())

    def when_done(self, hear: WhenDone) -> None:
        """Have `hear` called at the end, once; at once if it has ended."""
        if self._result is not None:
            hear(self._result.finish, self._result.usage)
        elif self._error is not None:
            hear(None, Usage())
        else:
            self._when_done.append(hear)

    def cancel(self) -> None:
        if self.done or self._cancelled:
            return
        self._cancelled = True
        if self._on_cancel is not None:
            self._on_cancel()
        else:
            self.finish(Generated(self._text, Finish.CANCELLED, Usage()))

    async def wait(self, until: Callable[[str], bool]) -> str:
        """Wait until `until(text so far)` or the end; return the text so far.

        Being cancelled while waiting leaves the generation running.

        Raises:
            OwnstackError: the engine failed.
        """
        while not self.done and not until(self._text):
            future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._changed.append(future)
            try:
                await future
            finally:
                if future in self._changed:
                    self._changed.remove(future)
        if self._error is not None:
            raise self._error
        return self._text

    async def result(self) -> Generated:
        """Wait for the end.

        Raises:
            OwnstackError: the engine failed.
        """
        await self.wait(lambda _: False)
        assert self._result is not None
        return self._result

    async def __aiter__(self) -> AsyncIterator[str]:
        """Yield the text piece by piece, from its beginning."""
        seen = 0
        while True:
            text = await self.wait(lambda text, seen=seen: len(text) > seen)  # type: ignore[misc]
            if len(text) > seen:
                yield text[seen:]
                seen = len(text)
            elif self.done:
                return

    def _ended(self, finish: Finish | None, usage: Usage) -> None:
        self._wake()
        for hear in self._when_done:
            hear(finish, usage)

    def _wake(self) -> None:
        waiters, self._changed = self._changed, []
        for future in waiters:
            if not future.done():
                future.set_result(None)
