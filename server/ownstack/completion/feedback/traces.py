"""How the last answers came about, and what they cost on the whole."""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from cachetools import LRUCache

from ownstack.completion.suggestion import Tier, Trace
from ownstack.engine.results import Usage

MAX_TRACES = 400
MAX_TIMES = 1_000
"""Answers of each tier that percentiles are taken over."""

_OF_THE_TEXT = (
    *("model", "adapters", "adjusted", "learned", "prefetched", "origin", "prompt_tokens"),
    *("evaluated_tokens", "generated_tokens", "drafted_tokens", "accepted_tokens"),
)
"""What a trace says of how its text was made."""


class Stopwatch:
    """Writes how long each stage took into a trace."""

    def __init__(self, trace: Trace, clock: Callable[[], float] = time.monotonic) -> None:
        self._trace = trace
        self._clock = clock
        self._start = clock()

    @property
    def elapsed_s(self) -> float:
        return self._clock() - self._start

    def apart(self, trace: Trace) -> Stopwatch:
        """Return a watch that was started with this one, and writes into another trace."""
        watch = Stopwatch(trace, self._clock)
        watch._start = self._start
        return watch

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        begun = self._clock()
        try:
            yield
        finally:
            taken = (self._clock() - begun) * 1_000
            stages = self._trace.stages_ms
            stages[name] = round(stages.get(name, 0.0) + taken, 3)


def note_usage(usage: Usage, trace: Trace) -> None:
    """Write what an answer cost into a trace."""
    trace.prompt_tokens = usage.prompt_tokens
    trace.evaluated_tokens = usage.evaluated_tokens
    trace.generated_tokens = usage.generated_tokens
    trace.drafted_tokens = usage.drafted_tokens
    trace.accepted_tokens = usage.accepted_tokens
    trace.adapters = usage.adapters
    for stage in ("queue", "layout", "prefill", "decode"):
        trace.stages_ms[stage] = round(getattr(usage, f"{stage}_ms"), 3)
    if usage.beside_ms:
        trace.stages_ms["beside"] = round(usage.beside_ms, 3)


def take_over(trace: Trace, other: Trace) -> None:
    """Write into a trace how the text was made that another trace is of."""
    trace.late = other.late
    trace.stages_ms |= other.stages_ms
    for name in _OF_THE_TEXT:
        setattr(trace, name, getattr(other, name))


class Traces:
    """Keeps the newest few hundred traces by id, and figures over all."""

    def __init__(self) -> None:
        self._by_id: LRUCache[str, Trace] = LRUCache(MAX_TRACES)
        self._newest: Trace | None = None
        self._times_ms: dict[Tier, deque[float]] = {}
        self._answers: Counter[Tier] = Counter()
        self._prompt_tokens = 0
        self._evaluated_tokens = 0
        self._drafted_tokens = 0
        self._accepted_tokens = 0

    def add(self, trace: Trace, taken_ms: float) -> None:
        """Keep a finished trace."""
        self._newest = trace
        self.remember(trace)
        self._answers[trace.tier] += 1
        self._times_ms.setdefault(trace.tier, deque(maxlen=MAX_TIMES)).append(taken_ms)
        if trace.tier == "model":
            self._prompt_tokens += trace.prompt_tokens
            self._evaluated_tokens += trace.evaluated_tokens
            self._drafted_tokens += trace.drafted_tokens
            self._accepted_tokens += trace.accepted_tokens

    def continue_with(self, trace: Trace, id: str) -> None:
        """Make a trace tell also where the text, shown before as `id`, came from."""
        trace.id = id
        before = self._by_id.get(id)
        if before is not None:
            for name in _OF_THE_TEXT:
                setattr(trace, name, getattr(before, name))

    def remember(self, trace: Trace) -> None:
        """Keep a trace to be found by its id, without counting it as an answer."""
        self._by_id[trace.id] = trace

    def get(self, id: str | None) -> Trace | None:
        """Return one trace; without an id, the newest."""
        return self._newest if id is None else self._by_id.get(id)

    def figures(self) -> dict[str, float]:
        """Return counts, percentiles over answers with a suggestion, and the tokens reused."""
        figures: dict[str, float] = {"requests": float(sum(self._answers.values()))}
        shown = [ms for tier, times in self._times_ms.items() if tier != "none" for ms in times]
        if shown:
            figures["p50_ms"] = percentile(shown, 0.5)
            figures["p95_ms"] = percentile(shown, 0.95)
        for tier, times in self._times_ms.items():
            name = tier.replace("-", "_")
            figures[f"answers_{name}"] = float(self._answers[tier])
            figures[f"p50_ms_{name}"] = percentile(times, 0.5)
            figures[f"p95_ms_{name}"] = percentile(times, 0.95)
        if self._prompt_tokens:
            figures["reused_token_ratio"] = round(
                1 - self._evaluated_tokens / self._prompt_tokens, 4
            )
        if self._drafted_tokens:
            figures["drafted_tokens"] = float(self._drafted_tokens)
            figures["accepted_tokens"] = float(self._accepted_tokens)
        return figures


def percentile(values: deque[float] | list[float], share: float) -> float:
    """Return the value below which `share` of the values lie (nearest rank)."""
    ordered = sorted(values)
    return round(ordered[min(len(ordered) - 1, int(share * len(ordered)))], 3)
