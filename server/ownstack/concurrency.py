"""How work waits and is done beside other work: delays, time limits, tasks, threads, priorities."""

from __future__ import annotations

import asyncio
import functools
import logging
import os
import threading
import time
from collections.abc import Callable, Coroutine, Hashable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol, TypeVar

T = TypeVar("T")
log = logging.getLogger(__name__)

_TURN_S, _REST_S = 0.004, 0.001
LOWEST = 19
"""The highest niceness that systems know."""


class Timer(Protocol):
    def cancel(self) -> None: ...


CallLater = Callable[[float, Callable[[], None]], Timer]


def call_later(delay_s: float, callback: Callable[[], None]) -> Timer:
    """Run `callback` on the running loop."""
    return asyncio.get_running_loop().call_later(delay_s, callback)


class Delay:
    """A call that is made once nothing has put it off for a while."""

    def __init__(self, callback: Callable[[], object], later: CallLater = call_later) -> None:
        self._callback = callback
        self._later = later
        self._timer: Timer | None = None

    @property
    def pending(self) -> bool:
        return self._timer is not None

    def start(self, delay_s: float) -> None:
        """Make the call after `delay_s`, counted from now."""
        self.cancel()
        self._timer = self._later(delay_s, self._end)

    def cancel(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _end(self) -> None:
        self._timer = None
        self._callback()


async def within(timeout_s: float, work: Coroutine[Any, Any, T]) -> asyncio.Future[T] | None:
    """Return finished work, whose result is to be asked for; None, and cancel it, if it is late."""
    task = asyncio.ensure_future(work)
    try:
        await asyncio.wait({task}, timeout=timeout_s)
        return task if task.done() else None
    finally:
        task.cancel()


class Tasks:
    """Tasks that nobody waits for, held until they end; those that fail are named in the log."""

    def __init__(self, work: str) -> None:
        """`work` is what the log calls it."""
        self._work = work
        self._tasks: dict[Hashable, asyncio.Task[Any]] = {}

    def start(self, work: Coroutine[Any, Any, T], name: Hashable = None) -> asyncio.Task[T]:
        """Begin some work, in place of older work of the same name."""
        task = asyncio.ensure_future(work)
        key = task if name is None else name
        old = self._tasks.get(key)
        if old is not None:
            old.cancel()
        self._tasks[key] = task
        task.add_done_callback(lambda ended: self._forget(key, ended))
        return task

    def get(self, name: Hashable) -> asyncio.Task[Any] | None:
        """Return the task of a name, if it has not ended."""
        task = self._tasks.get(name)
        return None if task is None or task.done() else task

    @property
    def running(self) -> tuple[asyncio.Task[Any], ...]:
        return tuple(self._tasks.values())

    def cancel(self) -> None:
        for task in self.running:
            task.cancel()

    async def ended(self) -> None:
        """Wait until there are none, whatever is begun meanwhile."""
        while self._tasks:
            await asyncio.wait(self.running)

    def _forget(self, key: Hashable, task: asyncio.Task[Any]) -> None:
        if self._tasks.get(key) is task:
            del self._tasks[key]
        if not task.cancelled() and task.exception() is not None:
            log.warning("%s failed", self._work, exc_info=task.exception())


class Turns:
    """Called often by a thread: it rests when its turn has lasted long enough.

    Python code has one lock for all threads.
    """

    def __init__(self) -> None:
        self._began = time.monotonic()

    def __call__(self) -> None:
        if time.monotonic() - self._began > _TURN_S:
            time.sleep(_REST_S)
            self._began = time.monotonic()


def threads(name: str, count: int = 1, niceness: int = 0) -> ThreadPoolExecutor:
    """Return threads for calls that block; with a `niceness`, other work goes before theirs."""
    lower = functools.partial(lower_priority, niceness, of_thread=True)
    return ThreadPoolExecutor(count, name, lower if niceness else None)


def lower_priority(niceness: int, *, of_thread: bool = False) -> None:
    """Let other work go first: by so much for this process, or this thread where it has its own."""
    id = threading.get_native_id() if of_thread else 0
    try:
        now = os.getpriority(os.PRIO_PROCESS, id)
        os.setpriority(os.PRIO_PROCESS, id, min(now + niceness, LOWEST))
    except (AttributeError, OSError) as error:
        log.debug("the priority stays as it is: %s", error)
