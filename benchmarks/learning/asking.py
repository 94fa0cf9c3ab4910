"""Asking one model at every cursor under each condition, for as long as there is time."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

from benchmarks.infilling.answer_log import AnswerLog
from benchmarks.infilling.cursors import Case
from benchmarks.infilling.networks import PROMPT_TOKENS, request_at
from benchmarks.infilling.systems import Proposal
from benchmarks.learning.conditions import Condition, Serving
from ownstack.completion.context.window import TokenCounts, Windows
from ownstack.completion.place import Place
from ownstack.completion.sources.line_weigher import first_line
from ownstack.engine.llama.engine import LlamaEngine
from ownstack.engine.llama.scheduler import NativeThread
from ownstack.engine.protocol import Engine
from ownstack.settings import EngineSettings

PROGRESS_EVERY = 10


class Asked(Protocol):
    """Anything that writes the rest of a line under a condition."""

    async def propose(self, case: Case, condition: Condition) -> Proposal: ...


class WithAdapters:
    """The engine as the product has it: its windows, its healing, its own choice of adapters.

    Greedy, and without what the completer mixes in: echo answers much of what stands in a project
    already, and would hide what a model has learned of it.
    """

    def __init__(self, engine: Engine, serving: Serving) -> None:
        self._engine = engine
        self._serving = serving

    async def propose(self, case: Case, condition: Condition) -> Proposal:
        counts = TokenCounts(self._engine.count)
        request = request_at(Place(case.document, case.offset), Windows(), counts)
        request = replace(request, project=self._serving.place(condition))
        started = time.perf_counter()
        result = await self._engine.infill(request).result()
        ms = 1e3 * (time.perf_counter() - started)
        logprob = sum(token.logprob for token in result.tokens)
        return Proposal(
            first_line(result.text),
            math.exp(min(0.0, logprob)),
            ms,
            result.usage.prefill_ms + result.usage.decode_ms,
            prompt_tokens=result.usage.prompt_tokens,
        )


async def open_with_adapters(
    model: Path, native: NativeThread, cache: Path, serving: Serving, threads: int = 0
) -> LlamaEngine:
    """Open a GGUF as the product does.

    Raises:
        OwnstackError: it cannot be used for completion.
    """
    engine = await LlamaEngine.open(
        model,
        name=model.stem,
        native=native,
        settings=EngineSettings(threads=threads),
        cache=cache,
        adapters=serving,
    )
    await engine.prepare("completion")
    return engine


@dataclass
class Answers:
    """What was said, cursor by cursor; only cursors that every condition has answered."""

    cases: list[Case] = field(default_factory=list)
    proposals: list[dict[str, Proposal]] = field(default_factory=list)
    """One for each case: the name of a condition → what it said."""
    left: int = 0
    """Cursors for which there was no time."""


async def ask_all(
    asked: Asked,
    cases: Sequence[Case],
    conditions: Mapping[str, Sequence[Condition]],
    *,
    budget_s: float,
    log: AnswerLog | None,
    say: Callable[[str], None],
    clock: Callable[[], float] = time.monotonic,
) -> Answers:
    """Ask at each cursor under all conditions of its project before going to the next.

    No cursor is begun that would not be finished within `budget_s`, by the slowest so far. What is
    in the log costs nothing. Conditions take turns at being first, so that a machine that slows
    down or a prompt that is still in memory favours none.
    """
    began, slowest, new = clock(), 0.0, 0
    answers = Answers()
    for number, case in enumerate(cases):
        todo = list(conditions[case.project])
        known = {item.name: log.get(item.id, case) if log else None for item in todo}
        missing = [item for item in todo if known[item.name] is None]
        if missing and clock() - began + slowest > budget_s:
            answers.left += 1
            continue
        started = clock()
        turn = number % max(1, len(missing))
        for item in missing[turn:] + missing[:turn]:
            said = await asked.propose(case, item)
            known[item.name] = said
            if log:
                log.add(item.id, case, said)
        if missing:
            slowest = max(slowest, clock() - started)
            new += 1
            if new % PROGRESS_EVERY == 0:
                say(f"{number + 1} of {len(cases)} cursors, {clock() - began:.0f} s")
        answers.cases.append(case)
        answers.proposals.append({name: said for name, said in known.items() if said is not None})
    return answers


def about(model_sha256: str, seed: int) -> dict[str, object]:
    """Return what answers in a log depend on, adapters aside: those are in each one's name."""
    return {"model": model_sha256, "seed": seed, "prompt_tokens": PROMPT_TOKENS}
