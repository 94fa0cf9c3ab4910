"""A running answer: written by an engine's thread, read by any number of waiters on the loop."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

from ownstack.engine.results import Finish, Generated, Usage
from ownstack.engine.running import RunningAnswer


class Generation(RunningAnswer):
    """A running answer: grows by `push`, ends by `finish` or `fail`, all on the event loop.

    An engine on another thread goes through `loop.call_soon_threadsafe(generation.push, …)`.
    """

    def __init__(self, on_cancel: Callable[[], None] | None = None) -> None:
        super().__init__(on_cancel)
        self._text = ""
        self._result: Generated | None = None

    @property
    def text(self) -> str:
        """What has been written so far."""
        return self._text

    def push(self, piece: str) -> None:
        if not self.done and piece:
            self._text += piece
            self._wake()

    def finish(self, result: Generated) -> None:
        if not self.done:
            self._text = result.text
            self._result = result
            self._ended(result.finish, result.usage)

    async def wait(self, until: Callable[[str], bool]) -> str:
        """Wait until `until(text so far)` or the end; return the text so far.

        Being cancelled while waiting leaves the generation running.

        Raises:
            OwnstackError: the engine failed.
        """
        while not self.done and not until(self._text):
            await self._change()
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

    def _give_up(self) -> None:
        self.finish(Generated(self._text, Finish.CANCELLED, Usage()))
