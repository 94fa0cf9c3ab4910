"""From a GGUF file to a loaded, warmed up and measured model."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from ownstack.engine import fim, inspection, llama, sizing
from ownstack.engine.abort_flag import AbortFlag
from ownstack.engine.chat_slot import ChatSlot
from ownstack.engine.context import Context
from ownstack.engine.lane import Pace
from ownstack.engine.probe import Probe, Verdict
from ownstack.engine.protocol import Capabilities, Role
from ownstack.engine.slots import InfillSlot
from ownstack.engine.speed import SpeedMeter
from ownstack.engine.tally import Tally
from ownstack.errors import EngineClosedError
from ownstack.settings import EngineSettings

CHAT_WINDOW = 8_192
_ALL_LAYERS = 10_000


def gpu_layers(settings: EngineSettings) -> int:
    if not settings.gpu_layers or not llama.offloads():
        return 0
    return _ALL_LAYERS if settings.gpu_layers < 0 else settings.gpu_layers


def load(
    path: Path,
    probe: Probe,
    settings: EngineSettings,
    gpu_layers: int,
    report: Callable[[float], None],
    stop: threading.Event,
) -> tuple[Verdict, llama.Model]:
    """Check, probe and load; runs on a worker thread, so that loaded models keep working."""
    report(0.0)
    info = inspection.inspect(path)
    if not gpu_layers:  # A GPU's memory is llama.cpp's to judge.
        inspection.check_memory(info, settings.context_tokens or sizing.SMALLEST_WINDOW)
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


class Parts:
    """What an engine is made of. `build` and `close` run on the native thread."""

    def __init__(self, model: llama.Model, meter: SpeedMeter, threads: int) -> None:
        self.model = model
        self.meter = meter
        self.threads = threads
        self.tally = Tally()
        self.infill: InfillSlot | None = None
        self.chat: ChatSlot | None = None
        self.chat_window = 0
        self.capabilities = Capabilities("", 0, 0, infill=False, chat=False)

    @property
    def warm(self) -> bool:
        """Whether both speeds are known."""
        return self.meter.speed.prefill > 0 and self.meter.speed.decode > 0

    def build(self, name: str, flag: AbortFlag, settings: EngineSettings, role: Role) -> None:
        """Make what the role needs, warm it up, and measure it if its speed is not known.

        Raises:
            CannotInfillError: the role is "completion", and the model was not trained for it.
        """
        model = self.model
        infill = role == "completion"
        self.chat_window = self._window(0 if infill else settings.context_tokens, CHAT_WINDOW)
        window = self.chat_window
        if infill:
            form = fim.detect(model, settings.infill_order)
            window = self._window(settings.context_tokens)
            self.infill = InfillSlot(
                model,
                form,
                window=window,
                threads=self.threads,
                flag=flag,
                pace=Pace(self.meter),
                suffix_shift=settings.suffix_shift,
                tally=self.tally,
            )
            self.infill.open()
            warm_up(self.infill.lane.context, self.meter)
        elif role != "embedding" and model.has_decoder:
            self.chat = ChatSlot(
                model,
                n_ctx=window,
                threads=self.threads,
                flag=flag,
                pace=Pace(self.meter),
                tally=self.tally,
            )
            warm_up(self.chat.context, self.meter)
        on_gpu = next((d for d in llama.devices() if d != "CPU"), "cpu")
        order: Literal["psm", "spm", ""] = form.order if infill else ""
        self.capabilities = Capabilities(
            model=name,
            context_tokens=window,
            prompt_budget_tokens=sizing.prompt_budget(window, self.meter.speed),
            infill=infill,
            chat=bool(model.chat_template),
            infill_order=order,
            device=on_gpu if gpu_layers(settings) else "cpu",
            parameters=model.n_params,
            memory_bytes=model.size_bytes + window * model.kv_bytes_per_token,
            weighs=self.infill is not None and self.infill.weighs,
        )

    def close(self) -> None:
        for slot in (self.infill, self.chat):
            if slot is not None:
                slot.close()
        self.model.close()

    def _window(self, wanted: int, default: int = 0) -> int:
        return sizing.window(
            wanted,
            trained=self.model.n_ctx_train,
            kv_bytes_per_token=self.model.kv_bytes_per_token,
            free_bytes=inspection.memory_available(),
            default=default,
        )


def warm_up(context: Context, meter: SpeedMeter) -> None:
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
