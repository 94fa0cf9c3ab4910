"""llama.cpp in this process, as an `Engine`: opens a model, turns requests into native jobs."""

from __future__ import annotations

import asyncio
import functools
import logging
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ownstack.engine import opening, sizing
from ownstack.engine.chat_slot import ChatSlot
from ownstack.engine.embedding_slot import EmbeddingSlot
from ownstack.engine.generation import Generation
from ownstack.engine.lane import Pace
from ownstack.engine.opening import Parts
from ownstack.engine.probe import Probe
from ownstack.engine.protocol import (
    Capabilities,
    GenerateRequest,
    InfillRequest,
    Priority,
    Role,
    Speed,
)
from ownstack.engine.scheduler import Job, NativeThread, Steps, post
from ownstack.engine.slots import SOFT_DRIFT, InfillSlot
from ownstack.engine.speed import SpeedMeter
from ownstack.errors import CannotInfillError, EngineClosedError, EngineError
from ownstack.settings import EngineSettings

log = logging.getLogger(__name__)

IDLE_S = 1.0
"""After this long without a request the suffix is made exact."""


class LlamaEngine:
    """One loaded model. Made by `open`; `close` frees it."""

    def __init__(
        self, native: NativeThread, parts: Parts, remember: Callable[[Speed], None]
    ) -> None:
        self._native = native
        self._remember = remember
        self._model = parts.model
        self._capabilities = parts.capabilities
        self._meter = parts.meter
        self._infill = parts.infill
        self._chat = parts.chat
        self._threads = parts.threads
        self._chat_window = parts.chat_window
        self._embedding: EmbeddingSlot | None = None
        self._tally = parts.tally
        self._pace = Pace(parts.meter)
        self._idle: asyncio.TimerHandle | None = None
        self._refresh: Job | None = None
        self._closed = False

    @classmethod
    async def open(
        cls,
        path: Path,
        *,
        name: str,
        native: NativeThread,
        settings: EngineSettings,
        cache: Path,
        role: Role = "completion",
        on_progress: Callable[[float], None] | None = None,
    ) -> LlamaEngine:
        """Probe, load, warm up and measure a model; `on_progress` gets 0..1 on the event loop.

        Cancelling it gives the loading up.

        Raises:
            ModelNotFoundError, ModelCorruptError, ModelTooLargeError, ModelSetAsideError: it
                cannot be loaded.
            CannotInfillError: `role` is "completion", and the model was not trained for it.
        """
        loop = asyncio.get_running_loop()
        report = _reporter(loop, on_progress)
        stop = threading.Event()
        gpu_layers = opening.gpu_layers(settings)
        probe = Probe(cache)
        try:
            verdict, model = await asyncio.to_thread(
                opening.load, path, probe, settings, gpu_layers, report, stop
            )
        except asyncio.CancelledError:
            stop.set()
            raise
        parts = opening.Parts(model, SpeedMeter(verdict.speed), sizing.threads(settings.threads))
        try:
            await asyncio.wrap_future(
                native.call(lambda: parts.build(name, native.flag, settings, role))
            )
            remember = functools.partial(probe.remember_speed, path, gpu_layers)
            if verdict.speed is None and parts.warm:
                await asyncio.to_thread(remember, parts.meter.speed)
            engine = cls(native, parts, remember)
        except BaseException:
            await _on_native(native, parts.close)
            raise
        return engine

    @property
    def capabilities(self) -> Capabilities:
        return self._capabilities

    def infill(self, request: InfillRequest) -> Generation:
        self._check_open()
        slot = self._infill
        if slot is None:
            raise CannotInfillError(f"{self._capabilities.model} is not loaded for completion.")
        if request.alternatives > 0 and not self._capabilities.weighs:
            raise EngineError(f"{self._capabilities.model} is too large to weigh lines.")
        self._stop_refresh()

        def work(job: Job, generation: Generation, loop: asyncio.AbstractEventLoop) -> Steps:
            return slot.answer(
                job,
                request,
                lambda text: post(loop, generation.push, text),
                lambda result: post(loop, self._infilled, generation.finish, result),
            )

        return self._start(work, request.priority)

    def generate(self, request: GenerateRequest) -> Generation:
        self._check_open()
        if not self._model.chat_template:
            raise EngineError(
                f"{self._capabilities.model} has no chat template.", "Choose a chat model."
            )

        def work(job: Job, generation: Generation, loop: asyncio.AbstractEventLoop) -> Steps:
            return self._chat_slot().answer(
                job,
                request,
                lambda text: post(loop, generation.push, text),
                lambda result: post(loop, generation.finish, result),
            )

        return self._start(work, request.priority)

    async def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self._check_open()
        loop = asyncio.get_running_loop()
        future: asyncio.Future[NDArray[np.float32]] = loop.create_future()
        given = tuple(texts)

        def settle(rows: NDArray[np.float32] | None, error: BaseException | None) -> None:
            if future.done():
                return
            if rows is not None:
                future.set_result(rows)
            elif error is not None:
                future.set_exception(error)

        def work(job: Job) -> Steps:
            slot = self._embedding_slot()
            yield from slot.embed(job, given, lambda rows: post(loop, settle, rows, None))

        job = Job(work, Priority.BACKGROUND, lambda error: post(loop, settle, None, error), self)
        self._native.submit(job)
        try:
            return await future
        except asyncio.CancelledError:
            self._native.cancel(job)
            raise

    def count(self, text: str) -> int:
        return len(self._model.tokenize(text))

    def speed(self) -> Speed:
        return self._meter.speed

    def statistics(self) -> dict[str, float]:
        """Return totals since the engine was opened, by the names they have in the status."""
        speed = self.speed()
        return {
            **self._tally.figures(),
            "aborts": float(self._native.aborts),
            "prefillTokensPerSecond": speed.prefill,
            "decodeTokensPerSecond": speed.decode,
            "memoryBytes": float(self._capabilities.memory_bytes),
        }

    async def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        if self._idle is not None:
            self._idle.cancel()
        self._native.drop(self, EngineClosedError("The engine was closed."))
        await _on_native(self._native, self._free)
        if self._tally.answers:
            # Measured at work, which says more than a first start while the machine is busy.
            await asyncio.to_thread(self._remember, self.speed())

    def _start(
        self,
        work: Callable[[Job, Generation, asyncio.AbstractEventLoop], Steps],
        priority: Priority,
    ) -> Generation:
        loop = asyncio.get_running_loop()
        generation = Generation(on_cancel=lambda: self._native.cancel(job))
        job = Job(
            lambda job: work(job, generation, loop),
            priority,
            lambda error: post(loop, generation.fail, error),
            self,
        )
        self._native.submit(job)
        return generation

    def _infilled(self, finish: Callable[[object], None], result: object) -> None:
        """On the loop: hand over an answer, and see to the suffix while nothing else is to do."""
        finish(result)
        slot = self._infill
        if self._closed or slot is None or not slot.shifts:
            return
        if self._idle is not None:
            self._idle.cancel()
        wait_s = 0.0 if slot.drift() >= SOFT_DRIFT else IDLE_S
        self._idle = asyncio.get_running_loop().call_later(wait_s, self._make_exact, slot)

    def _make_exact(self, slot: InfillSlot) -> None:
        if self._closed or slot.drift() == 0:
            return
        job = Job(slot.refresh, Priority.BACKGROUND, _log_failure, self)
        self._refresh = job
        self._native.submit(job)

    def _stop_refresh(self) -> None:
        """Somebody is typing: an idle moment's work is not started now."""
        if self._idle is not None:
            self._idle.cancel()
            self._idle = None

    def _chat_slot(self) -> ChatSlot:
        """On the native thread: the chat's context takes memory only once somebody chats."""
        if self._chat is None:
            self._chat = ChatSlot(
                self._model,
                n_ctx=self._chat_window,
                threads=self._threads,
                flag=self._native.flag,
                pace=self._pace,
                tally=self._tally,
            )
        return self._chat

    def _embedding_slot(self) -> EmbeddingSlot:
        if self._embedding is None:
            self._embedding = EmbeddingSlot(
                self._model, threads=self._threads, flag=self._native.flag
            )
        return self._embedding

    def _free(self) -> None:
        for slot in (self._infill, self._chat, self._embedding):
            if slot is not None:
                slot.close()
        self._infill = self._chat = self._embedding = None
        self._model.close()

    def _check_open(self) -> None:
        if self._closed:
            raise EngineClosedError("The engine was closed.")


async def _on_native(native: NativeThread, function: Callable[[], None]) -> None:
    """Run what frees native things on the native thread, or here once that has ended."""
    try:
        await asyncio.wrap_future(native.call(function))
    except EngineClosedError:
        function()


def _reporter(
    loop: asyncio.AbstractEventLoop, on_progress: Callable[[float], None] | None
) -> Callable[[float], None]:
    """Pass on progress to the loop, a percent at a time: llama.cpp reports every tensor."""
    last = -1

    def report(done: float) -> None:
        nonlocal last
        percent = int(done * 100)
        if on_progress is not None and percent != last:
            last = percent
            post(loop, on_progress, done)

    return report


def _log_failure(error: BaseException) -> None:
    log.info("The suffix was not made exact: %s", error)
