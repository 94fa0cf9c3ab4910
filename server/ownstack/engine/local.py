"""llama.cpp in this process, as an `Engine`: opens a model, turns requests into native jobs."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ownstack.engine import fim, llama, sizing
from ownstack.engine.chat_slot import ChatSlot
from ownstack.engine.context import Context
from ownstack.engine.embedding_slot import EmbeddingSlot
from ownstack.engine.generation import Generation
from ownstack.engine.lane import Pace
from ownstack.engine.probe import Probe, Verdict
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
from ownstack.engine.tally import Tally
from ownstack.errors import CannotInfillError, EngineClosedError, EngineError
from ownstack.settings import EngineSettings

log = logging.getLogger(__name__)

CHAT_WINDOW = 8_192
IDLE_S = 1.0
"""After this long without a request the suffix is made exact."""
_ALL_LAYERS = 10_000


class LlamaEngine:
    """One loaded model. Made by `open`; `close` frees it."""

    def __init__(
        self,
        model: llama.Model,
        capabilities: Capabilities,
        *,
        native: NativeThread,
        meter: SpeedMeter,
        infill: InfillSlot | None,
        chat: ChatSlot | None,
        threads: int,
        chat_window: int,
    ) -> None:
        self._model = model
        self._capabilities = capabilities
        self._native = native
        self._meter = meter
        self._infill = infill
        self._threads = threads
        self._chat_window = chat_window
        self._chat = chat
        self._embedding: EmbeddingSlot | None = None
        self._tally = infill.tally if infill else chat.tally if chat else Tally()
        self._pace = Pace(meter)
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
        gpu_layers = _gpu_layers(settings)
        probe = Probe(cache)
        try:
            verdict, model = await asyncio.to_thread(
                _load, path, probe, gpu_layers, settings, report, stop
            )
        except asyncio.CancelledError:
            stop.set()
            raise
        opening = _Opening(model, name, native, settings, role, gpu_layers, verdict)
        try:
            engine = await asyncio.wrap_future(native.call(opening.build, owner=opening))
            if verdict.speed is None:
                await asyncio.to_thread(probe.remember_speed, path, gpu_layers, engine.speed())
        except BaseException:
            await asyncio.wrap_future(native.call(opening.close))
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
        try:
            await asyncio.wrap_future(self._native.call(self._free))
        except EngineClosedError:
            # The native thread has ended, so that nobody can be using what is freed here.
            self._free()

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


class _Opening:
    """What is between a loaded model and a working engine; runs on the native thread."""

    def __init__(
        self,
        model: llama.Model,
        name: str,
        native: NativeThread,
        settings: EngineSettings,
        role: Role,
        gpu_layers: int,
        verdict: Verdict,
    ) -> None:
        self._model = model
        self._name = name
        self._native = native
        self._settings = settings
        self._role = role
        self._gpu_layers = gpu_layers
        self._meter = SpeedMeter(verdict.speed)
        self._slot: InfillSlot | None = None
        self._chat: ChatSlot | None = None

    def build(self) -> LlamaEngine:
        model, settings = self._model, self._settings
        threads = sizing.threads(settings.threads)
        free = sizing.free_memory_bytes()
        chat_window = sizing.window(
            0 if self._role == "completion" else settings.context_tokens,
            trained=model.n_ctx_train,
            kv_bytes_per_token=model.kv_bytes_per_token,
            free_bytes=free,
            default=CHAT_WINDOW,
        )
        window, order = chat_window, ""
        if self._role == "completion":
            form = fim.detect(model, settings.infill_order)
            order = form.order
            window = sizing.window(
                settings.context_tokens,
                trained=model.n_ctx_train,
                kv_bytes_per_token=model.kv_bytes_per_token,
                free_bytes=free,
            )
            self._slot = InfillSlot(
                model,
                form,
                window=window,
                threads=threads,
                flag=self._native.flag,
                pace=Pace(self._meter),
                suffix_shift=settings.suffix_shift,
            )
            self._slot.open()
            _warm_up(self._slot.lane.context, self._meter)
        elif self._role != "embedding" and model.has_decoder:
            self._chat = ChatSlot(
                model,
                n_ctx=chat_window,
                threads=threads,
                flag=self._native.flag,
                pace=Pace(self._meter),
            )
            _warm_up(self._chat.context, self._meter)
        capabilities = self._capabilities(window, order)
        return LlamaEngine(
            model,
            capabilities,
            native=self._native,
            meter=self._meter,
            infill=self._slot,
            chat=self._chat,
            threads=threads,
            chat_window=chat_window,
        )

    def close(self) -> None:
        for slot in (self._slot, self._chat):
            if slot is not None:
                slot.close()
        self._model.close()

    def _capabilities(self, window: int, order: str) -> Capabilities:
        model = self._model
        orders: dict[str, Literal["psm", "spm", ""]] = {"psm": "psm", "spm": "spm"}
        return Capabilities(
            model=self._name,
            context_tokens=window,
            prompt_budget_tokens=sizing.prompt_budget(window, self._meter.speed),
            infill=self._slot is not None,
            chat=bool(model.chat_template),
            infill_order=orders.get(order, ""),
            device=next((d for d in llama.devices() if d != "CPU"), "cpu")
            if self._gpu_layers
            else "cpu",
            parameters=model.n_params,
            memory_bytes=model.size_bytes + window * model.kv_bytes_per_token,
        )


def _warm_up(context: Context, meter: SpeedMeter) -> None:
    """Read the weights in, and measure both speeds if they are not known from an earlier start.

    The first decode after a cold load costs ten times the second.
    """
    token = context.model.bos or 0
    known = meter.speed.prefill > 0 and meter.speed.decode > 0
    batch = min(context.batch_tokens, context.n_ctx // 4)
    plan = [(4, 1)] if known else [(4, 1), (batch, 2), (1, 6)]
    for size, times in plan:
        for turn in range(times):
            started_s = time.perf_counter()
            context.decode([token] * size, context.end(), abortable=False)
            if turn or size == batch:
                meter.note(size, time.perf_counter() - started_s)
            if size == batch:
                context.remove(0, 4)
    context.remove(0, 0)


def _load(
    path: Path,
    probe: Probe,
    gpu_layers: int,
    settings: EngineSettings,
    report: Callable[[float], None],
    stop: threading.Event,
) -> tuple[Verdict, llama.Model]:
    """Check, probe and load; runs on a worker thread, so that loaded models keep working."""
    report(0.0)
    verdict = probe.verdict(path, gpu_layers)

    def progress(done: float) -> bool:
        report(done)
        return not stop.is_set()

    model = llama.Model(
        path, gpu_layers=gpu_layers, extra_bufts=verdict.extra_bufts, on_progress=progress
    )
    if stop.is_set():
        model.close()
        raise EngineClosedError(f"Loading {path.name} was given up.")
    return verdict, model


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


def _gpu_layers(settings: EngineSettings) -> int:
    if not settings.gpu_layers or not llama.offloads():
        return 0
    return _ALL_LAYERS if settings.gpu_layers < 0 else settings.gpu_layers


def _log_failure(error: BaseException) -> None:
    log.info("The suffix was not made exact: %s", error)
