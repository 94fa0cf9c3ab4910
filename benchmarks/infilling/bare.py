"""Bare llama.cpp, asked for the rest of a line as other editors' clients ask it.

256 lines before the cursor and 64 after it, in the markers and the order of the model; greedy,
without healing, until a line break. What the clients have in common is here, nothing else: no
text of other files, nothing reused from the key before.
"""

from __future__ import annotations

import asyncio
import functools
import math
import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.bare_context import BareContext
from benchmarks.infilling.cursors import Case
from benchmarks.infilling.sources import ProjectFiles
from benchmarks.infilling.systems import Proposal
from ownstack.completion.sources.line_weigher import first_line
from ownstack.engine.llama.infill.layout import InfillPrompt, continuing
from ownstack.engine.llama.native.bindings import LlamaModel
from ownstack.engine.llama.scheduler import NativeThread
from ownstack.models.gguf import fim
from ownstack.models.hardware import sizing
from ownstack.settings import InfillOrder

BARE = "bare llama.cpp"
LINES_BEFORE, LINES_AFTER = 256, 64
PREFIX_TOKENS, SUFFIX_TOKENS = 1_500, 500
MAX_TOKENS = 64
_MARKERS = 8
"""Tokens of a prompt beside prefix and suffix, at most."""


@dataclass(frozen=True, slots=True)
class Written:
    """What was written up to the first line break, or to the model's end."""

    text: str
    logprob: float
    """Natural log of the chance of all its tokens, the end included."""
    ms: float


class Bare:
    """A loaded model in a context of its own."""

    name = BARE

    def __init__(
        self, model: LlamaModel, native: NativeThread, order: InfillOrder = "auto", threads: int = 0
    ) -> None:
        """`native` does the work, so that one team of threads has the processor.

        Raises:
            CannotInfillError: the model was not trained to fill in.
            MemoryError: there is none for a context.
        """
        self._model = model
        self._native = native
        self._fim = fim.detect(model, order)
        self._ends = model.eog()
        n_ctx = PREFIX_TOKENS + SUFFIX_TOKENS + MAX_TOKENS + _MARKERS
        self._context = BareContext(model, n_ctx, sizing.threads(threads))

    async def enter(self, project: ProjectFiles | None) -> None:
        """Knows the file alone."""

    async def propose(self, case: Case) -> Proposal:
        started = time.perf_counter()
        prompt = self.prompt(case)
        laid_ms = 1e3 * (time.perf_counter() - started)
        write = functools.partial(self._write, prompt)
        written = await asyncio.wrap_future(self._native.call(write, owner=self))
        ms = laid_ms + written.ms
        return Proposal(
            first_line(written.text),
            math.exp(min(0.0, written.logprob)),
            ms,
            ms,
            prompt_tokens=len(prompt),
        )

    async def close(self) -> None:
        self._context.close()

    def prompt(self, case: Case) -> list[int]:
        """Return the tokens that the model is shown at a cursor."""
        model, after = self._model, continuing(self._fim, self._model.tokenize)
        before = case.before.split("\n")[-LINES_BEFORE - 1 :]
        below = case.after.split("\n")[: LINES_AFTER + 1]
        bos = (model.bos,) if model.adds_bos and model.bos is not None else ()
        prefix = model.tokenize("\n".join(before))[-PREFIX_TOKENS:]
        suffix = after("\n".join(below))[:SUFFIX_TOKENS]
        return InfillPrompt(bos, tuple(prefix), tuple(suffix)).tokens(self._fim)

    def _write(self, prompt: list[int]) -> Written:
        """Read a prompt from nothing and write the likeliest tokens, one by one."""
        context, written = self._context, b""
        seen: list[tuple[NDArray[np.float32], int]] = []
        started = time.perf_counter()
        context.clear()
        context.decode(prompt)
        while True:
            logits = context.logits()
            token = int(logits.argmax())
            # Looked at when the time is taken: no client does that.
            seen.append((logits.copy(), token))
            if token in self._ends:
                break
            written += self._model.pieces[token]
            if b"\n" in written or len(seen) == MAX_TOKENS:
                break
            context.decode([token])
        ms = 1e3 * (time.perf_counter() - started)
        logprob = sum(_logprob(logits, token) for logits, token in seen)
        return Written(written.decode("utf-8", "replace"), logprob, ms)


def _logprob(logits: NDArray[np.float32], token: int) -> float:
    top = float(logits.max())
    rest = float(np.exp(logits - top).sum(dtype=np.float64))
    return float(logits[token]) - top - math.log(rest)
