"""The one thread on which llama.cpp works, for all models: what goes first, and who makes way.

A job is a generator that yields after each native call (one batch of a prompt, one token). Between
two of them the thread may turn to a better job; a better job that comes during one stops it in the
middle by the abort flag, and the interrupted generator takes it up again later. One thread means
one OpenMP team: two would fight over the cores.

Strict priority starves a chat while somebody types (measured: 60 aborts, no token), so a job of
the shared priorities that has made no progress for `SHARE_S` gets one step that nobody may abort;
such a step keeps itself under `SHARED_STEP_S` (`Job.protected`).
"""

from __future__ import annotations

import itertools
import logging
import threading
import time
from collections.abc import Callable, Generator
from concurrent.futures import Future
from typing import Any, TypeVar

from ownstack.engine.llama.native.abort_flag import AbortFlag
from ownstack.engine.requests import Priority
from ownstack.errors import EngineClosedError

log = logging.getLogger(__name__)

SHARE_S = 1.0
SHARED_STEP_S = 0.05
_SHARED = (Priority.ACTION, Priority.CHAT)
_numbers = itertools.count()

T = TypeVar("T")
Steps = Generator[bool, None, None]
"""Yields True after a step that got somewhere, False after one that was aborted."""


class Job:
    """A piece of native work. `work` and `on_error` run on the native thread.

    `work` looks at `cancelled` after every yield, and then ends without another native call.
    """

    def __init__(
        self,
        work: Callable[[Job], Steps],
        priority: Priority,
        on_error: Callable[[BaseException], None],
        owner: object = None,
        working: Callable[[bool], None] = lambda on: None,
    ) -> None:
        """`working` hears, on the native thread, when it is this job's turn, and when no more."""
        self.working = working
        self.work = work
        self.priority = priority
        self.on_error = on_error
        self.owner = owner
        self.number = next(_numbers)
        self.submitted_s = time.monotonic()
        self.progressed_s = self.submitted_s
        self.started_s: float | None = None
        self.cancelled = False
        self.protected = False
        self.doom: BaseException | None = None
        """Fails with this after the step it is in."""
        self.steps: Steps | None = None

    @property
    def rank(self) -> tuple[int, int, int]:
        """What jobs are sorted by, lower first; a cancelled job has only its end left to say."""
        return (0 if self.cancelled else 1, self.priority, self.number)

    def starved(self, now_s: float) -> bool:
        return self.priority in _SHARED and now_s - self.progressed_s >= SHARE_S


class NativeThread:
    """The one thread for native work: runs jobs, best first, until `close`. One per process."""

    def __init__(self) -> None:
        self.flag = AbortFlag()
        self.aborts = 0
        """Steps that were stopped in the middle."""
        self._changed = threading.Condition()
        self._queue: list[Job] = []
        self._current: Job | None = None
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="ownstack-native", daemon=True)
        self._thread.start()

    def submit(self, job: Job) -> None:
        """Queue a job; it interrupts the current one if it is better."""
        with self._changed:
            if not self._closed:
                self._queue.append(job)
                current = self._current
                if current is not None and not current.protected and job.rank < current.rank:
                    self.flag.set()
                self._changed.notify_all()
                return
        job.on_error(_closed())

    def cancel(self, job: Job) -> None:
        """Ask a job to end; it does so at once wherever it is."""
        with self._changed:
            job.cancelled = True
            if self._current is job:
                self.flag.set()
            self._changed.notify_all()

    def drop(self, owner: object, error: BaseException) -> None:
        """Fail every job of `owner` with `error`, the running one as soon as it can be stopped."""
        with self._changed:
            dropped = [job for job in self._queue if job.owner is owner]
            self._queue = [job for job in self._queue if job.owner is not owner]
            if self._current is not None and self._current.owner is owner:
                self._current.cancelled = True
                self._current.doom = error
                self.flag.set()
        for job in dropped:
            job.on_error(error)

    def call(
        self, function: Callable[[], T], priority: Priority = Priority.ACTION, owner: object = None
    ) -> Future[T]:
        """Run a function on the native thread as one step."""
        future: Future[T] = Future()

        def work(_job: Job) -> Steps:
            if future.set_running_or_notify_cancel():
                future.set_result(function())
            yield True

        def failed(error: BaseException) -> None:
            if not future.done():
                future.set_exception(error)

        self.submit(Job(work, priority, failed, owner))
        return future

    def close(self) -> None:
        """Stop the current job, fail what waits, and wait for the thread. May be called twice."""
        with self._changed:
            self._closed = True
            if self._current is not None:
                self._current.cancelled = True
                self.flag.set()
            self._changed.notify_all()
        if threading.current_thread() is not self._thread:
            self._thread.join()

    def _run(self) -> None:
        while True:
            with self._changed:
                self._current = None
                self.flag.clear()
                self._changed.wait_for(lambda: bool(self._queue) or self._closed)
                if self._closed:
                    left, self._queue = self._queue, []
                    break
                self._current = job = self._take()
            job.working(True)
            self._take_turn(job)
            job.working(False)
        for job in left:
            self._end(job, _closed())

    def _take(self) -> Job:
        """Choose the next job, under the lock: a starved one before the best."""
        now_s = time.monotonic()
        best = min(self._queue, key=lambda job: job.rank)
        starved = [job for job in self._queue if job.starved(now_s)]
        if starved and not best.cancelled:
            best = min(starved, key=lambda job: job.progressed_s)
            best.protected = True
        self._queue.remove(best)
        return best

    def _take_turn(self, job: Job) -> None:
        """Do steps of `job` until it ends or has to make way."""
        try:
            if job.steps is None:
                job.started_s = time.monotonic()
                job.steps = job.work(job)
            while True:
                progress = next(job.steps)
                if job.doom is not None:
                    self._end(job, job.doom)
                    return
                with self._changed:
                    if progress:
                        job.progressed_s = time.monotonic()
                    else:
                        self.aborts += 1
                    if self._makes_way(job):
                        job.protected = False
                        self._queue.append(job)
                        return
        except StopIteration:
            return
        except Exception as error:
            self._end(job, error)

    def _makes_way(self, job: Job) -> bool:
        """Decide under the lock whether another job goes on; if not, the way is clear again."""
        if job.cancelled and not self._closed:
            return False
        now_s = time.monotonic()
        others = any(other.rank < job.rank or other.starved(now_s) for other in self._queue)
        if job.protected or others or self._closed:
            return True
        self.flag.clear()
        return False

    def _end(self, job: Job, error: BaseException) -> None:
        if job.steps is not None:
            job.steps.close()
        try:
            job.on_error(error)
        except Exception:
            log.exception("Nobody could be told that native work failed: %s", error)


def _closed() -> EngineClosedError:
    return EngineClosedError("The engine was closed.")


def post(loop: Any, function: Callable[..., object], *arguments: object) -> None:
    """Call `function` on an event loop from the native thread; a closed loop hears nothing."""
    try:
        loop.call_soon_threadsafe(function, *arguments)
    except RuntimeError as error:
        log.debug("An answer came after its event loop had closed: %s", error)
