"""One answer at a cursor: cut by lines and indentation, ended by its time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

from ownstack.concurrency import CallLater, Timer
from ownstack.engine.generation import Generation
from ownstack.engine.llama.decoding.output import OutputBuffer
from ownstack.engine.openai import infilling
from ownstack.engine.remote import faults
from ownstack.engine.remote.connection import EventStream
from ownstack.engine.remote.engine import Clock, RemoteEngine, cancel
from ownstack.engine.requests import InfillRequest
from ownstack.engine.results import Finish, Generated


class Infilling:
    """The answer while it runs."""

    def __init__(
        self,
        engine: RemoteEngine,
        opened: Callable[[], AbstractAsyncContextManager[EventStream]],
        request: InfillRequest,
        later: CallLater,
    ) -> None:
        """`opened` asks; `later` runs what ends the answer when its time is over."""
        self._engine = engine
        self._opened = opened
        self._request = request
        self._later = later
        self._cut = OutputBuffer(max_lines=request.max_lines, min_indent=request.min_indent)
        self._reader = infilling.CompletionReader()
        self._clock = Clock()
        self._ended_by = Finish.CANCELLED
        self._timers: list[Timer] = []

    def start(self) -> Generation:
        self._generation = Generation(on_cancel=lambda: cancel(self._task))
        self._task = self._engine.begin(self._generation, self._work, self._stopped)
        later = self._later
        if self._request.first_line_s is not None:
            self._timers.append(later(self._request.first_line_s, self._end_line))
        if self._request.deadline_s is not None:
            self._timers.append(later(self._request.deadline_s, self._too_late))
        self._task.add_done_callback(self._forget_time)
        return self._generation

    async def _work(self) -> None:
        async with self._opened() as events:
            async for event in events:
                piece = self._reader.read(event)
                events.ended = self._reader.finish is not None
                if piece:
                    events.begun = True
                    self._clock.piece()
                    shown = self._cut.feed(piece.encode("utf-8", "surrogatepass"))
                    self._generation.push(shown)
                if self._cut.finish is not None or self._is_too_long():
                    break
        if self._cut.finish is None:
            if self._reader.finish is None and not self._is_too_long():
                raise faults.broke_off(self._engine.connection.endpoint)
            self._cut.close(self._reader.finish or Finish.LENGTH)
        self._finish()
        self._engine.measure(self._engine.used(self._clock, self._reader.counts))

    def _is_too_long(self) -> bool:
        return len(self._cut.text) > 64 * self._request.max_tokens

    def _end_line(self) -> None:
        self._cut.end_with_line()
        if self._cut.finish is not None:
            self._task.cancel()

    def _forget_time(self, task: asyncio.Task[None]) -> None:
        for timer in self._timers:
            timer.cancel()

    def _too_late(self) -> None:
        self._ended_by = Finish.DEADLINE
        self._task.cancel()

    def _stopped(self) -> None:
        self._cut.close(self._ended_by)
        self._finish()

    def _finish(self) -> None:
        finish = self._cut.finish or self._ended_by
        usage = self._engine.used(self._clock, self._reader.counts)
        self._generation.finish(Generated(self._cut.text, finish, usage))
