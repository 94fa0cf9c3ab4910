"""What adapters cost while a model writes: tokens a second, and going from one to another.

Everything through the engine, as the product asks it. Requests under the conditions take turns,
so that whatever else the machine does falls on all of them; a ratio is that of neighbours.
"""

from __future__ import annotations

import itertools
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.bars import Figure, quantile
from benchmarks.learning.asking import check_adapters, open_with_adapters
from benchmarks.learning.conditions import Condition, Serving
from ownstack.engine.adapters import Adapter
from ownstack.engine.llama.engine import LlamaEngine
from ownstack.engine.llama.scheduler import NativeThread
from ownstack.engine.requests import InfillRequest
from ownstack.engine.results import Usage

LEAST_SPEED, MOST_SWAP_MS = 0.9, 50.0
"""The bars."""
PROMPT_LINES, WRITTEN_TOKENS = 60, 48
SWAPS = 12
_NUMBERS = ("none", "one", "two")


@dataclass(frozen=True, slots=True)
class Timed:
    """One request."""

    ms: float
    usage: Usage

    @property
    def read_per_s(self) -> float:
        return 1e3 * self.usage.evaluated_tokens / max(1e-9, self.usage.prefill_ms)

    @property
    def written_per_s(self) -> float:
        return 1e3 * self.usage.generated_tokens / max(1e-9, self.usage.decode_ms)


@dataclass
class Clock:
    """Asks an engine, each time something that it has not read before."""

    engine: LlamaEngine
    serving: Serving
    _number: itertools.count[int] = field(default_factory=itertools.count)

    async def ask(self, condition: Condition, lines: int, tokens: int) -> Timed:
        first = next(self._number)
        body = "".join(f"    total_{n} = combine(total_{n - 1}, {first})\n" for n in range(lines))
        request = InfillRequest(
            prefix=f"def measured_{first}(values):\n{body}    return ",
            suffix=f"\n\n\ndef after_{first}(values):\n    return values\n",
            path=f"measured_{first}.py",
            project=self.serving.place(condition),
            max_tokens=tokens,
            max_lines=tokens,
        )
        started = time.perf_counter()
        result = await self.engine.infill(request).result()
        ms = 1e3 * (time.perf_counter() - started)
        check_adapters(self.engine, condition, result.usage)
        return Timed(ms, result.usage)


async def measure(
    base: Path, adapters: Sequence[Path], rounds: int, threads: int = 0
) -> list[Figure]:
    """Measure a model with none of the adapters, the first of them, and the first two."""
    held = tuple(Adapter(path, path.stem) for path in adapters[:2])
    conditions = [Condition(_NUMBERS[n], held[:n]) for n in range(len(held) + 1)]
    native, serving = NativeThread(), Serving()
    with tempfile.TemporaryDirectory(prefix="ownstack-bench-") as cache:
        engine = await open_with_adapters(base, native, Path(cache), serving, threads)
        try:
            clock = Clock(engine, serving)
            figures = await first_uses(clock, conditions)
            figures += await swaps(clock, conditions)
            return figures + await speeds(clock, conditions, rounds)
        finally:
            await engine.close()
            native.close()


async def first_uses(clock: Clock, conditions: Sequence[Condition]) -> list[Figure]:
    """Return how much longer the first answer with an adapter takes: it is loaded for it."""
    await clock.ask(conditions[0], 2, 1)
    found = []
    for condition in conditions[1:]:
        first = (await clock.ask(condition, 2, 1)).ms
        later = quantile([(await clock.ask(condition, 2, 1)).ms for _ in range(3)], 0.5)
        said = f"{first:.0f} ms the first time, {later:.0f} ms then"
        found.append(Figure(f"first use of {condition.name}", first - later, "ms", compared=said))
    return found


async def swaps(clock: Clock, conditions: Sequence[Condition]) -> list[Figure]:
    """Return what going from one condition to another costs: short requests in turn, and not."""
    found = []
    for one, other in itertools.combinations(conditions, 2):
        staying, going = [], []
        for _ in range(SWAPS):
            await clock.ask(one, 2, 1)
            staying.append((await clock.ask(one, 2, 1)).ms)
            going.append((await clock.ask(other, 2, 1)).ms)
            staying.append((await clock.ask(other, 2, 1)).ms)
            going.append((await clock.ask(one, 2, 1)).ms)
        stay, go = quantile(staying, 0.5), quantile(going, 0.5)
        found.append(
            Figure(f"swap between {one.name} and {other.name}", go - stay, "ms", "<=",
                   MOST_SWAP_MS, f"p50 {stay:.0f} ms staying, {go:.0f} ms going; p95"
                   f" {quantile(going, 0.95) - quantile(staying, 0.95):+.0f} ms, n={len(going)}")
        )  # fmt: skip
    return found


async def speeds(clock: Clock, conditions: Sequence[Condition], rounds: int) -> list[Figure]:
    """Return tokens a second, read and written, beside those without adapters."""
    timed: dict[str, list[Timed]] = {condition.name: [] for condition in conditions}
    for number in range(rounds):
        turn = number % len(conditions)
        for condition in [*conditions[turn:], *conditions[:turn]]:
            timed[condition.name].append(await clock.ask(condition, PROMPT_LINES, WRITTEN_TOKENS))
    return [
        figure
        for what, rate in (
            ("written", lambda item: item.written_per_s),
            ("read", lambda item: item.read_per_s),
        )
        for figure in ratios(what, {name: list(map(rate, said)) for name, said in timed.items()})
    ]


def ratios(what: str, rates: dict[str, list[float]]) -> list[Figure]:
    """Compare rates round by round with those of the first; the figure is the median ratio."""
    (name, plain), *others = rates.items()
    found = [Figure(f"tokens {what}, {name}", quantile(plain, 0.5), "tokens/s")]
    for name, mine in others:
        each = [a / b for a, b in zip(mine, plain, strict=True) if b]
        found.append(
            Figure(f"tokens {what}, {name} over none", quantile(each, 0.5), "x", ">=",
                   LEAST_SPEED, f"{quantile(mine, 0.5):.1f} against {quantile(plain, 0.5):.1f}"
                   f" tokens/s, n={len(each)}; {min(each, default=0):.2f} to"
                   f" {max(each, default=0):.2f}")
        )  # fmt: skip
    return found
