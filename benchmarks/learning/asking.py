"""Asking one model at every cursor under each condition, for as long as there is time."""

from __future__ import annotations

import math
import time
from collections import deque
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
from ownstack.engine.results import Usage
from ownstack.errors import EngineError
from ownstack.settings import EngineSettings

PROGRESS_EVERY = 10
RECENT = 20
"""So many answers say how long the next ones take."""


class Asked(Protocol):
    """Anything that writes the rest of a line under a condition."""

    async def propose(self, case: Case, condition: Condition) -> Proposal: ...


class WithAdapters:
    """The engine as the product has it: its windows, its healing, its own choice of adapters.

    Greedy, and without what the completer mixes in: echo answers much of what stands in a project
    already, and would hide what a model has learned of it.
    """

    def __init__(self, engine: LlamaEngine, serving: Serving) -> None:
        self._engine = engine
        self._serving = serving

    async def propose(self, case: Case, condition: Condition) -> Proposal:
        """Raises EngineError if an adapter cannot be used: the model would answer without it."""
        counts = TokenCounts(self._engine.count)
        request = request_at(Place(case.document, case.offset), Windows(), counts)
        request = replace(request, project=self._serving.place(condition))
        started = time.perf_counter()
        result = await self._engine.infill(request).result()
        ms = 1e3 * (time.perf_counter() - started)
        check_adapters(self._engine, condition, result.usage)
        logprob = sum(token.logprob for token in result.tokens)
        return Proposal(
            first_line(result.text),
            math.exp(min(0.0, logprob)),
            ms,
            result.usage.prefill_ms + result.usage.decode_ms,
            prompt_tokens=result.usage.prompt_tokens,
        )


def check_adapters(engine: LlamaEngine, condition: Condition, usage: Usage) -> None:
    """Raises EngineError if an answer is not that of the condition's adapters."""
    if usage.adapters != tuple(adapter.name for adapter in condition.adapters):
        problems = [f"{path.name}: {why}" for path, why in engine.adapter_problems.items()]
        raise EngineError(f"{condition.name} cannot be asked. {' '.join(problems)}")


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
        # Exact: what was asked before is to change nothing.
        settings=EngineSettings(threads=threads, suffix_shift="off"),
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

    Nothing is asked once `budget_s` is over, and no cursor is begun that would hardly be finished.
    What is in the log costs nothing. Conditions take turns at being first, so that a machine that
    slows down or a prompt that is still in memory favours none.
    """
    began, new = clock(), 0
    took: deque[float] = deque(maxlen=RECENT)
    answers = Answers()
    for number, case in enumerate(cases):
        todo = list(conditions[case.project])
        known = {item.name: log.get(item.id, case) if log else None for item in todo}
        missing = [item for item in todo if known[item.name] is None]
        expected = sum(took) / max(1, len(took)) * len(missing)
        is_late = bool(missing) and clock() - began + expected > budget_s
        turn = number % max(1, len(missing))
        for item in missing[turn:] + missing[:turn]:
            started = clock()
            is_late = is_late or started - began > budget_s
            if is_late:
                break
            said = known[item.name] = await asked.propose(case, item)
            took.append(clock() - started)
            if log:
                log.add(item.id, case, said)
        if is_late:
            answers.left += 1
            continue
        new += bool(missing)
        if missing and new % PROGRESS_EVERY == 0:
            say(f"{number + 1} of {len(cases)} cursors, {clock() - began:.0f} s")
        answers.cases.append(case)
        answers.proposals.append({name: said for name, said in known.items() if said is not None})
    return answers


def about(model_sha256: str, seed: int) -> dict[str, object]:
    """Return what answers in a log depend on, adapters aside: those are in each one's name."""
    return {"model": model_sha256, "seed": seed, "prompt_tokens": PROMPT_TOKENS}
