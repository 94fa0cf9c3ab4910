"""Ctrl-C while an answer comes: the first one ends the answer, the next one the program."""

from __future__ import annotations

import signal
from collections.abc import Callable, Coroutine
from typing import Any, Protocol, TypeVar

INTERRUPTED = 130
"""Exit status of what a user ended."""
T = TypeVar("T")


class Stoppable(Protocol):
    """Something that ends early, and in good order, when it is told to."""

    def cancel(self) -> object: ...


class Interrupts:
    """Makes the first Ctrl-C end some work; the next one ends the program, as ever."""

    def __init__(self, work: Stoppable) -> None:
        self._work = work
        self._before: Any = None

    def __enter__(self) -> None:
        # The help of all commands is there before an event loop is.
        import asyncio

        loop = asyncio.get_running_loop()

        def interrupted(_number: int, _frame: object) -> None:
            loop.call_soon_threadsafe(self._work.cancel)
            signal.signal(signal.SIGINT, self._before)

        self._before = _set(interrupted)

    def __exit__(self, *_error: object) -> None:
        if self._before is not None:
            _set(self._before)


async def stoppable(work: Coroutine[Any, Any, T]) -> T | None:
    """Do some work to its end; None if the user stopped it by Ctrl-C."""
    import asyncio

    task = asyncio.create_task(work)
    with Interrupts(task):
        try:
            await asyncio.wait((task,))
        finally:
            task.cancel()  # Where the wait itself was given up; what has ended stays as it is.
    return None if task.cancelled() else task.result()


def _set(handler: Callable[[int, Any], object] | Any) -> Any:
    """Handle Ctrl-C, where this is the main thread; return what did before."""
    try:
        return signal.signal(signal.SIGINT, handler)
    except ValueError:  # Not the main thread: whoever runs this there has other means.
        return None
