"""llama.cpp in this process, as an `Engine`: opens a model, turns requests into native jobs."""

from __future__ import annotations

import asyncio
import dataclasses
import functools
import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ownstack.concurrency import Delay, Tasks
from ownstack.engine.activity import Activity
from ownstack.engine.adapters import Adapter, AdapterChoice, no_adapters
from ownstack.engine.chat import ChatStream
from ownstack.engine.generation import Generation
from ownstack.engine.llama import loading
from ownstack.engine.llama.chat.disk import ConversationDisk
from ownstack.engine.llama.chat.saved import SavedConversation
from ownstack.engine.llama.infill.slots import SOFT_DRIFT
from ownstack.engine.llama.loading import Parts
from ownstack.engine.llama.native.adapters import names
from ownstack.engine.llama.native.folding import Folder
from ownstack.engine.llama.native.probe import Probe
from ownstack.engine.llama.scheduler import Job, NativeThread, Steps, post
from ownstack.engine.llama.speed import SpeedMeter
from ownstack.engine.requests import ChatRequest, InfillRequest, Priority, ScoreRequest
from ownstack.engine.results import Capabilities, Speed
from ownstack.errors import CannotInfillError, EngineClosedError, EngineError
from ownstack.models.roles import Role
from ownstack.settings import EngineSettings

log = logging.getLogger(__name__)

IDLE_S = 1.0
"""After this long without a request the suffix is made exact."""


class LlamaEngine:
    """One loaded model. Made by `open`; `close` frees it."""

    def __init__(
        self,
        native: NativeThread,
        parts: Parts,
        remember: Callable[[Speed], None],
        working: Callable[[bool], None],
        disk: ConversationDisk,
        adapters: AdapterChoice = no_adapters,
        folder: Folder | None = None,
    ) -> None:
        self._native = native
        self._working = working
        self._remember = remember
        self._parts = parts
        self._model = parts.model
        self._meter = parts.meter
        self._totals = parts.totals
        self.activity = Activity()
        self._idle = Delay(self._make_exact)
        self._refresh: Job | None = None
        self._choice = adapters
        parts.model.adapters.folder = folder
        self._disk = disk
        parts.on_leave = disk.save
        self._reading = Tasks("A conversation's start")
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
        on_progress: Callable[[float], None] | None = None,
        working: Callable[[bool], None] = lambda on: None,
        adapters: AdapterChoice = no_adapters,
    ) -> LlamaEngine:
        """Probe and load a model; `on_progress` gets 0..1 on the event loop. Then `prepare` it.

        `adapters` is asked with each request. One that cannot be used is left out, with those after
        it (`adapter_problems`).

        Once it is loaded, `working` hears, on the native thread, when native work with it begins
        and ends. Cancelling this gives the loading up.

        Raises:
            ModelNotFoundError, ModelCorruptError, ModelTooLargeError, ModelSetAsideError: it
                cannot be loaded.
        """
        loop = asyncio.get_running_loop()
        report = _reporter(loop, on_progress)
        stop = threading.Event()
        gpu_layers = loading.gpu_layers(settings)
        probe = Probe(cache)
        try:
            verdict, model = await asyncio.to_thread(
                loading.load, path, probe, settings, gpu_layers, report, stop
            )
        except asyncio.CancelledError:
            stop.set()
            raise
        parts = loading.Parts(model, name, SpeedMeter(verdict.speed), native.flag, settings)
        remember = functools.partial(probe.remember_speed, path, gpu_layers)
        disk = ConversationDisk(cache / "conversations", path)
        folder = Folder(cache / "adapters")  # As `Home.folded_adapters_folder` has it.
        return cls(native, parts, remember, working, disk, adapters, folder)

    async def prepare(self, role: Role) -> None:
        """See `Engine.prepare`; measures the model if its speed is not known."""
        self._check_open()
        was_warm = self._parts.warm
        await asyncio.wrap_future(
            self._native.call(functools.partial(self._prepare, role), owner=self)
        )
        if self._parts.warm and not was_warm:
            await asyncio.to_thread(self._remember, self.speed())

    @property
    def capabilities(self) -> Capabilities:
        found = self._parts.capabilities
        serving = self.adapters("completion" if found.infill else "chat")
        return dataclasses.replace(found, adapters=names(serving)) if serving else found

    def adapters(self, role: Role, project: str = "") -> tuple[Adapter, ...]:
        """Return those that answer in a project, as far as it is known which can be used."""
        return self._model.adapters.known(self._choice(role, project))

    @property
    def adapter_problems(self) -> Mapping[Path, str]:
        """Adapters that were chosen and cannot be used → why, in a sentence."""
        return self._model.adapters.problems

    def infill(self, request: InfillRequest) -> Generation:
        self._check_open()
        slot = self._parts.infill
        if slot is None:
            raise CannotInfillError(f"{self.capabilities.model} is not loaded for completion.")
        self._stop_refresh()
        adapters = self._choice("completion", request.project)

        def work(job: Job, generation: Generation, loop: asyncio.AbstractEventLoop) -> Steps:
            return slot.answer(
                job,
                request,
                lambda text: post(loop, generation.push, text),
                lambda result: post(loop, self._infilled, generation.finish, result),
                adapters=adapters,
            )

        return self._start(work, request.priority)

    def score(self, request: ScoreRequest) -> Generation:
        self._check_open()
        slot = self._parts.infill
        if slot is None or not slot.scores_lines:
            why = "is not loaded for completion" if slot is None else "is too large to score lines"
            raise EngineError(f"{self.capabilities.model} {why}.")
        self._stop_refresh()
        adapters = self._choice("completion", request.project)

        def work(job: Job, generation: Generation, loop: asyncio.AbstractEventLoop) -> Steps:
            return slot.score(
                job,
                request,
                lambda result: post(loop, self._infilled, generation.finish, result),
                adapters=adapters,
            )

        return self._start(work, request.priority)

    def chat(self, request: ChatRequest) -> ChatStream:
        self._check_open()
        if not self._model.chat_template:
            raise EngineError(
                f"{self.capabilities.model} has no chat template.", "Choose a chat model."
            )

        loop = asyncio.get_running_loop()
        adapters = self._choice(request.role, request.project)
        stream = ChatStream(on_cancel=lambda: self._native.cancel(job))
        kept: list[SavedConversation] = []

        def work(job: Job) -> Steps:
            slot = self._parts.chat()
            for saved in kept:
                slot.restore(saved, adapters)
            return slot.answer(
                job,
                request,
                lambda delta: post(loop, stream.push, delta),
                lambda finish, usage: post(loop, stream.finish, finish, usage),
                lambda done, total: post(loop, stream.reading, done, total),
                adapters=adapters,
            )

        job = Job(
            work,
            request.priority,
            lambda error: post(loop, stream.fail, error),
            self,
            self._working,
        )
        kept_on_disk = request.conversation and not request.passing
        if kept_on_disk and not self._parts.holds(request.conversation):
            self._reading.start(self._restored(request.conversation, kept, job))
        else:
            self._native.submit(job)
        return self.activity.began(stream)

    async def _restored(self, conversation: str, kept: list[SavedConversation], job: Job) -> None:
        """Submit a job once it has what the disk keeps of its conversation."""
        saved = await self._disk.load(conversation)
        if saved is not None:
            kept.append(saved)
        if self._closed:
            job.on_error(EngineClosedError("The engine was closed."))
        else:
            self._native.submit(job)

    async def forget(self, conversation: str) -> None:
        """Let go of a conversation, in memory and on disk."""
        self._check_open()
        forget = functools.partial(self._parts.forget, conversation)
        await asyncio.wrap_future(self._native.call(forget, owner=self))
        await self._disk.delete(conversation)

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
            slot = self._parts.embedding()
            yield from slot.embed(job, given, lambda rows: post(loop, settle, rows, None))

        def failed(error: BaseException) -> None:
            post(loop, settle, None, error)

        job = Job(work, Priority.BACKGROUND, failed, self, self._working)
        self._native.submit(job)
        try:
            with self.activity.call():
                return await future
        except asyncio.CancelledError:
            self._native.cancel(job)
            raise

    @property
    def exact(self) -> bool:
        """See `TokenCounter.exact`."""
        return True

    def count(self, text: str) -> int:
        return len(self._model.tokenize(text))

    def speed(self) -> Speed:
        return self._meter.speed

    def statistics(self) -> dict[str, float]:
        """Return totals since the engine was opened, by the names they have in the status."""
        speed = self.speed()
        return {
            **self._totals.figures(),
            "aborts": float(self._native.aborts),
            "prefillTokensPerSecond": speed.prefill,
            "decodeTokensPerSecond": speed.decode,
            "memoryBytes": float(self.capabilities.memory_bytes),
        }

    async def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        self._idle.cancel()
        self._native.drop(self, EngineClosedError("The engine was closed."))
        last: list[SavedConversation] = []
        await _on_native(self._native, lambda: last.extend(self._parts.snapshots()))
        await _on_native(self._native, self._parts.close)
        await self._reading.ended()
        await self._disk.close(last)
        if self._totals.answers:
            # Measured at work, which says more than a first start while the machine is busy.
            await asyncio.to_thread(self._remember, self.speed())

    def _prepare(self, role: Role) -> None:
        """Make the parts, and have the adapters that serve in any project at hand."""
        self._parts.prepare(role)
        if role != "embedding":
            self._model.adapters.usable(self._choice(role, ""))

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
            self._working,
        )
        self._native.submit(job)
        return self.activity.began(generation)

    def _infilled(self, finish: Callable[[object], None], result: object) -> None:
        """Hand over an answer, on the loop; see to the suffix while nothing else is to do."""
        finish(result)
        slot = self._parts.infill
        if self._closed or slot is None or not slot.shifts:
            return
        self._idle.start(0.0 if slot.drift() >= SOFT_DRIFT else IDLE_S)

    def _make_exact(self) -> None:
        slot = self._parts.infill
        if self._closed or slot is None or slot.drift() == 0:
            return
        job = Job(slot.refresh, Priority.BACKGROUND, _log_failure, self, self._working)
        self._refresh = job
        self._native.submit(job)

    def _stop_refresh(self) -> None:
        """Do not start an idle moment's work: somebody is typing."""
        self._idle.cancel()

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
