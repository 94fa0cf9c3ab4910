"""The floor and the rival: llama.cpp with nothing around it, and its usual Python wrapper.

The floor decodes given tokens with a bare loop and reads llama.cpp's own C timings. The rival
is what most Python tools do: `Llama.create_completion` called anew for each keystroke.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import llama_cpp

from benchmarks.bare_context import BareContext
from ownstack.engine.llama.native.bindings import C, LlamaModel


@dataclass(frozen=True, slots=True)
class Timings:
    """Milliseconds per token by llama.cpp's own clock."""

    prefill_ms: float
    decode_ms: float


class Floor:
    """A bare context: the whole prompt in batches, then one token after another."""

    def __init__(self, model: LlamaModel, n_ctx: int, threads: int) -> None:
        self._context = BareContext(model, n_ctx, threads)
        self._sampler = C.llama_sampler_init_greedy()

    def run(self, n_prompt: int, n_generated: int) -> Timings:
        """Decode `n_prompt` tokens at once and `n_generated` one by one, greedily."""
        context = self._context
        context.clear()
        C.llama_perf_context_reset(context.handle)
        context.decode(_tokens(n_prompt))
        for _ in range(n_generated):
            context.decode([C.llama_sampler_sample(self._sampler, context.handle, -1)])
        perf = C.llama_perf_context(context.handle)
        return Timings(
            perf.t_p_eval_ms / max(1, perf.n_p_eval), perf.t_eval_ms / max(1, perf.n_eval)
        )

    def read_after(self, n_kept: int, n_new: int) -> float:
        """Return the milliseconds in which `n_new` tokens are read after `n_kept` others."""
        tokens = _tokens(n_kept + n_new)
        self._context.clear()
        self._context.decode(tokens[:n_kept])
        began = time.perf_counter()
        self._context.decode(tokens[n_kept:])
        return 1e3 * (time.perf_counter() - began)

    def answers_after(self, n_kept: int, each: Sequence[tuple[int, int]]) -> list[float]:
        """Return the milliseconds of answers after `n_kept` tokens, which are read once.

        `each`: the tokens that are read for one, and those that are then written, one by one.
        """
        context, took = self._context, []
        context.clear()
        context.decode(_tokens(n_kept))
        for n_new, n_written in each:
            context.keep(n_kept)
            began = time.perf_counter()
            context.decode(_tokens(n_new))
            # The first comes out of the logits of what was read, the last is not evaluated.
            for _ in range(n_written - 1):
                context.decode([C.llama_sampler_sample(self._sampler, context.handle, -1)])
            took.append(1e3 * (time.perf_counter() - began))
        return took

    def close(self) -> None:
        C.llama_sampler_free(self._sampler)
        self._context.close()


def _tokens(count: int) -> list[int]:
    return [300 + (i * 7919) % 400 for i in range(count)]


@dataclass
class Rival:
    """`Llama.create_completion` in a worker that always takes the newest keystroke."""

    path: Path
    n_ctx: int
    threads: int
    first_token_ms: list[float] = field(default_factory=list)
    _newest: tuple[float, str] | None = None
    _stop: bool = False

    def start(self) -> None:
        # llama.cpp's extra buffers crash some processors on Q8_0; both sides run without.
        default = C.llama_model_default_params

        def without_extra_buffers() -> Any:
            params = default()
            params.use_extra_bufts = False
            return params

        llama_cpp.llama_model_default_params = without_extra_buffers
        try:
            self._llama = llama_cpp.Llama(
                str(self.path), n_ctx=self.n_ctx, n_threads=self.threads, verbose=False
            )
        finally:
            llama_cpp.llama_model_default_params = default
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()

    def key(self, prompt: str) -> None:
        """A key was pressed; the prompt is now this."""
        with self._changed:
            self._newest = (time.perf_counter(), prompt)
            self._changed.notify()

    def close(self) -> None:
        with self._changed:
            self._stop = True
            self._changed.notify()
        self._thread.join()
        self._llama.close()

    def _work(self) -> None:
        while True:
            with self._changed:
                while self._newest is None and not self._stop:
                    self._changed.wait()
                if self._stop:
                    return
                assert self._newest is not None
                pressed, prompt = self._newest
                self._newest = None
            stream = self._llama.create_completion(
                prompt, max_tokens=16, temperature=0.0, stream=True
            )
            for number, _ in enumerate(stream):
                if number == 0:
                    self.first_token_ms.append((time.perf_counter() - pressed) * 1e3)
                if self._newest is not None or self._stop:
                    break
