"""Work that takes long and that no key waits for: in threads, with a fair share for each window."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

from ownstack.concurrency import threads

T = TypeVar("T")

AT_ONCE = 2
"""Calls of one window that are in threads at once; its others wait, and nobody else does."""
N_THREADS = 4
"""Of all windows. What a key needs is done by other threads."""

_threads = threads("beside", N_THREADS)


class Beside:
    """One window's calls, begun in the order in which they came."""

    def __init__(self, at_once: int = AT_ONCE) -> None:
        self._free = asyncio.Semaphore(at_once)

    async def run(self, call: Callable[[], T]) -> T:
        """Call in a thread. A caller that gives up leaves a call that has begun to its end."""
        await self._free.acquire()
        loop = asyncio.get_running_loop()

        def ended(_: Future[T]) -> None:
            # Not when the caller gave up: the thread is at work until now.
            if not loop.is_closed():
                loop.call_soon_threadsafe(self._free.release)

        future = _threads.submit(call)
        future.add_done_callback(ended)
        return await asyncio.wrap_future(future)
