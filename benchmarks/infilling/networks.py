"""The network alone: the product's engine, asked for the rest of a line."""

from __future__ import annotations

import math
import time
from dataclasses import replace
from pathlib import Path

from benchmarks.infilling.cursors import Case
from benchmarks.infilling.sources import ProjectFiles
from benchmarks.infilling.systems import Proposal
from ownstack.completion.context.window import TokenCounts, Windows
from ownstack.completion.place import Place
from ownstack.completion.sources.line_weigher import first_line
from ownstack.engine.llama.engine import LlamaEngine
from ownstack.engine.llama.scheduler import NativeThread
from ownstack.engine.protocol import Engine
from ownstack.engine.requests import InfillRequest
from ownstack.settings import EngineSettings, InfillOrder, SuffixShift

PROMPT_TOKENS = 512
"""Fixed, so that figures do not depend on how fast the machine is today."""
MAX_TOKENS = 64
TYPED_KEYS = 10
"""Typed one by one where a suffix is to move with them."""
SHIFTED, UNSHIFTED = "network, suffix shifted", "network, suffix exact"


class Network:
    """A model through `LlamaEngine.infill`, with the windows that the product would cut.

    A cursor is reached as a user reaches it: the text up to the key before has been evaluated
    (its cost is `jump_ms`), then the last key is pressed and the answer timed.
    """

    def __init__(
        self, engine: Engine, *, with_suffix: bool = True, name: str = "", keys: int = 1
    ) -> None:
        """`keys`: so many are typed, the last of which is the one that is timed."""
        self.name = name or ("network" if with_suffix else "network, no suffix")
        self._engine = engine
        self._keys = keys
        self._with_suffix = with_suffix

    async def enter(self, project: ProjectFiles | None) -> None:
        """Knows the file alone."""

    async def propose(self, case: Case) -> Proposal:
        windows, counts = Windows(), TokenCounts(self._engine.count)
        here = Place(case.document, case.offset)
        started = time.perf_counter()
        for left in range(min(self._keys, len(case.before)), 0, -1):
            before = place_before(case, left)
            warm = replace(self._request(windows, before, counts), max_tokens=1)
            await self._engine.infill(warm).result()
        pressed = time.perf_counter()
        result = await self._engine.infill(self._request(windows, here, counts)).result()
        ended = time.perf_counter()
        text = first_line(result.text)
        # The mean is over the tokens that added text and the one that ended it.
        logprob = result.mean_logprob * (self._engine.count(text) + 1)
        return Proposal(
            text,
            math.exp(min(0.0, logprob)),
            (ended - pressed) * 1e3,
            (ended - started) * 1e3,
            prompt_tokens=result.usage.prompt_tokens,
        )

    async def close(self) -> None:
        """The engine belongs to whoever opened it."""

    def _request(self, windows: Windows, place: Place, counts: TokenCounts) -> InfillRequest:
        request = request_at(place, windows, counts)
        return request if self._with_suffix else replace(request, suffix="")


def request_at(
    place: Place, windows: Windows, counts: TokenCounts, prompt_tokens: int = PROMPT_TOKENS
) -> InfillRequest:
    """Return what the product would ask for the rest of a line, in a fixed window."""
    counts.begin()
    window = windows.cut(place, prompt_tokens, counts)
    return InfillRequest(
        prefix=window.prefix,
        suffix=window.suffix,
        path=place.document.path,
        max_tokens=MAX_TOKENS,
        max_lines=1,
    )


def place_before(case: Case, keys: int = 1) -> Place:
    """Return the place before the last keys were pressed."""
    offset = max(0, case.offset - keys)
    text = case.before[:offset] + case.after
    return Place(replace(case.document, text=text), offset)


async def open_engine(
    model: Path,
    native: NativeThread,
    cache: Path,
    order: InfillOrder,
    threads: int = 0,
    suffix_shift: SuffixShift = "auto",
) -> LlamaEngine:
    """Open a GGUF as the product does; 0 threads are as many as it would choose.

    Raises:
        OwnstackError: it cannot be used for completion.
    """
    engine = await LlamaEngine.open(
        model,
        name=model.stem,
        native=native,
        settings=EngineSettings(infill_order=order, threads=threads, suffix_shift=suffix_shift),
        cache=cache,
    )
    await engine.prepare("completion")
    return engine
