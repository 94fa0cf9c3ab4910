"""From a GGUF file to a loaded, warmed up and measured model."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from ownstack.engine.llama.batch_sizer import BatchSizer
from ownstack.engine.llama.decoding.usage_totals import UsageTotals
from ownstack.engine.llama.embedding_slot import EmbeddingSlot
from ownstack.engine.llama.infill.slots import InfillSlot
from ownstack.engine.llama.native import bindings
from ownstack.engine.llama.native.abort_flag import AbortFlag
from ownstack.engine.llama.native.context import Context
from ownstack.engine.llama.native.probe import Probe
from ownstack.engine.llama.native.verdicts import Verdict
from ownstack.engine.llama.speed import SpeedMeter
from ownstack.engine.results import Capabilities
from ownstack.errors import EngineClosedError, EngineError, ModelTooLargeError
from ownstack.models.gguf import fim, inspection
from ownstack.models.hardware import sizing
from ownstack.models.roles import Role
from ownstack.settings import EngineSettings

if TYPE_CHECKING:
    from ownstack.engine.llama.chat.saved import SavedConversation
    from ownstack.engine.llama.chat.slot import ChatSlot

CHAT_BATCH = 512
"""Prompts of conversations are long; whoever completes stops a batch in its middle."""
_ALL_LAYERS = 10_000


def gpu_layers(settings: EngineSettings) -> int:
    if not settings.gpu_layers or not bindings.offloads():
        return 0
    return _ALL_LAYERS if settings.gpu_layers < 0 else settings.gpu_layers


def load(
    path: Path,
    probe: Probe,
    settings: EngineSettings,
    gpu_layers: int,
    report: Callable[[float], None],
    stop: threading.Event,
) -> tuple[Verdict, bindings.LlamaModel]:
    """Check, probe and load; runs on a worker thread, so that loaded models keep working."""
    report(0.0)
    info = inspection.inspect(path)
    context_tokens = settings.context_tokens or sizing.SMALLEST_WINDOW
    if not gpu_layers:  # A GPU's memory is llama.cpp's to judge.
        inspection.check_memory(info, context_tokens)
    verdict = probe.verdict(path, gpu_layers)

    def progress(done: float) -> bool:
        report(done)
        return not stop.is_set()

    try:
        model = bindings.LlamaModel(
            path, gpu_layers=gpu_layers, extra_bufts=verdict.extra_bufts, on_progress=progress
        )
    except ModelTooLargeError as error:
        raise inspection.refused_memory(info, error.what, context_tokens) from error
    if stop.is_set():
        model.close()
        raise EngineClosedError(f"Loading {path.name} was given up.")
    return verdict, model


class Parts:
    """A loaded model and what it needs for the roles it plays, each part made when it is needed.

    All of it but the constructor runs on the native thread.
    """

    def __init__(
        self,
        model: bindings.LlamaModel,
        name: str,
        meter: SpeedMeter,
        flag: AbortFlag,
        settings: EngineSettings,
    ) -> None:
        self.model = model
        self.meter = meter
        self.totals = UsageTotals()
        self.infill: InfillSlot | None = None
        self._chat: ChatSlot | None = None
        self._embedding: EmbeddingSlot | None = None
        self.on_leave: Callable[[SavedConversation], None] | None = None
        """Hears of a conversation that loses its place in the chat's context."""
        self._name = name
        self._flag = flag
        self._settings = settings
        self._threads = sizing.threads(settings.threads)
        self.capabilities = self._described()

    @property
    def warm(self) -> bool:
        """Whether both speeds are known."""
        return self.meter.speed.prefill > 0 and self.meter.speed.decode > 0

    def prepare(self, role: Role) -> None:
        """Make what a role needs, warm it up, and measure it if its speed is not known.

        Raises:
            CannotInfillError: the role is "completion", and the model was not trained for it.
            EngineError: it is one of a conversation, and the model has no chat template.
        """
        if role == "completion":
            if self.infill is None:
                self._prepare_infill()
        elif role == "embedding":
            self.embedding()
        elif self._chat is None:
            warm_up(self.chat().context, self.meter)
        self.capabilities = self._described()

    def chat(self) -> ChatSlot:
        """Return the slot of conversations: its context takes memory once somebody chats.

        Raises:
            EngineError: the model has no chat template.
        """
        if not self.model.chat_template:
            raise EngineError(f"{self._name} has no chat template.", "Choose a chat model.")
        if self._chat is None:
            # With it comes jinja2: a model that completes starts without.
            from ownstack.engine.llama.chat.slot import ChatSlot

            # What the user has set is the window of completion, if the model completes.
            wanted = 0 if self.infill is not None else self._settings.context_tokens
            self._chat = ChatSlot(
                self.model,
                n_ctx=self._window(wanted) if wanted else self._chat_window(),
                threads=self._threads,
                flag=self._flag,
                batch_sizer=BatchSizer(self.meter, largest=CHAT_BATCH),
                totals=self.totals,
            )
            self._chat.on_leave = self.on_leave
        return self._chat

    def holds(self, conversation: str) -> bool:
        """Whether a conversation is in the chat's context. Any thread may ask."""
        chat = self._chat
        return chat is not None and chat.holds(conversation)

    def snapshots(self) -> list[SavedConversation]:
        """Return the conversations that are worth to be kept."""
        return self._chat.snapshots() if self._chat is not None else []

    def forget(self, conversation: str) -> None:
        if self._chat is not None:
            self._chat.forget(conversation)

    def embedding(self) -> EmbeddingSlot:
        if self._embedding is None:
            self._embedding = EmbeddingSlot(self.model, threads=self._threads, flag=self._flag)
        return self._embedding

    def close(self) -> None:
        for slot in (self.infill, self._chat, self._embedding):
            if slot is not None:
                slot.close()
        self.infill = self._chat = self._embedding = None
        self.model.close()

    def _prepare_infill(self) -> None:
        slot = InfillSlot(
            self.model,
            fim.detect(self.model, self._settings.infill_order),
            window=self._window(self._settings.context_tokens),
            threads=self._threads,
            flag=self._flag,
            batch_sizer=BatchSizer(self.meter),
            suffix_shift=self._settings.suffix_shift,
            totals=self.totals,
        )
        try:
            slot.open()
            warm_up(slot.session.context, self.meter)
        except BaseException:
            slot.close()
            raise
        self.infill = slot

    def _described(self) -> Capabilities:
        model, infill, chat = self.model, self.infill, self._chat
        windows = [slot.window for slot in (infill, chat, self._embedding) if slot is not None]
        on_gpu = next((d for d in bindings.devices() if d != "CPU"), "cpu")
        return Capabilities(
            model=self._name,
            context_tokens=windows[0] if windows else 0,
            prompt_budget_tokens=sizing.prompt_budget(infill.window) if infill is not None else 0,
            infill=infill is not None,
            chat=bool(model.chat_template),
            infill_order=infill.order if infill is not None else "",
            device=on_gpu if gpu_layers(self._settings) else "cpu",
            parameters=model.n_params,
            memory_bytes=model.size_bytes + sum(windows) * model.kv_bytes_per_token,
            scores_lines=infill is not None and infill.scores_lines,
        )

    def _chat_window(self) -> int:
        return sizing.chat_window(
            trained=self.model.n_ctx_train,
            kv_bytes_per_token=self.model.kv_bytes_per_token,
            free_bytes=inspection.memory_available(),
            prefill=self.meter.speed.prefill,
        )

    def _window(self, wanted: int) -> int:
        return sizing.window(
            wanted,
            trained=self.model.n_ctx_train,
            kv_bytes_per_token=self.model.kv_bytes_per_token,
            free_bytes=inspection.memory_available(),
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
