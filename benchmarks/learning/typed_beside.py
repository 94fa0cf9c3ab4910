"""What somebody who types waits for while a model is being trained, through relay and daemon.

The keys come in bursts. In the pause before each the trainer goes on, so that the first key of a
burst meets it at work; the daemon suspends it then. The same keys are typed without a trainer,
half of them before and half after, so that a machine that changes does not look like a trainer.
"""

from __future__ import annotations

import asyncio
import shutil
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.bars import Figure, quantile
from benchmarks.editor import Window
from benchmarks.learning.learner import Learner, latest, learn_command
from benchmarks.typing.trace import Passage, passages, steady
from benchmarks.typing.window import press
from ownstack.paths import Home

MOST_MORE_MS = 20.0
"""The bar."""
KEYS, PACE_S = 15, 0.15
"""Of one burst."""
PAUSE_S = 4.0
"""Between bursts without a trainer."""
ANSWERED_S = 5.0
"""An answer that takes longer counts as that."""
TRAINING_S, GOES_ON_S = 300.0, 90.0
"""How long the first step is waited for, and the next one after a burst."""


@dataclass
class Waits:
    """Milliseconds from a key to its answer."""

    first: list[float] = field(default_factory=list)
    """Of the first keys of bursts."""
    other: list[float] = field(default_factory=list)

    @property
    def all(self) -> list[float]:
        return [*self.first, *self.other]


async def measure(base: Path, folder: Path, home: Home, bursts: int) -> list[Figure]:
    """Type beside `ownstack learn` of `folder`, and without; `OWNSTACK_HOME` is `home`."""
    source = sorted(folder.rglob("*.py"), key=lambda path: path.stat().st_size)[-1]
    settings: dict[str, Any] = {
        "models": {"completion": str(base)},
        "completion": {"learnFromOutcomes": False},
    }
    alone, beside = Waits(), Waits()
    with tempfile.TemporaryDirectory(prefix="ownstack-typed-") as typed_in:
        copy = Path(shutil.copy(source, typed_in))
        window = await Window.open(copy, "", settings=settings)
        await window.until_ready()
        texts = bursts_of(copy.read_text("utf-8"), seed=1)
        for number in range(bursts // 2):
            await _pause_and_type(window, next(texts), alone, count=number > 0)
        steps = await _beside(window, texts, beside, bursts, learn_command(folder, base, 600), home)
        for _ in range(bursts - bursts // 2):
            await _pause_and_type(window, next(texts), alone)
        await window.close()
    return figures_of(alone, beside, steps)


async def _beside(
    window: Window,
    texts: Iterator[Passage],
    waits: Waits,
    bursts: int,
    command: list[str],
    home: Home,
) -> int:
    """Type while it is learned; return how many steps were made meanwhile."""
    learner = Learner(command, home, home.data / "learner.log")
    try:
        await learner.until_training(TRAINING_S)
        before = latest(home).get("step", 0)
        for _ in range(bursts):
            await type_burst(window, next(texts), waits)
            await learner.until_training(GOES_ON_S)
        return int(latest(home).get("step", 0)) - int(before)
    finally:
        learner.stop()


async def _pause_and_type(
    window: Window, passage: Passage, waits: Waits, *, count: bool = True
) -> None:
    await asyncio.sleep(PAUSE_S)
    await type_burst(window, passage, waits if count else Waits())


async def type_burst(window: Window, passage: Passage, waits: Waits) -> None:
    """Type the first keys of a passage; each waits for the answer to the one before it."""
    window.replace(passage.before + passage.after)
    for number, key in enumerate(steady(passage, PACE_S)):
        if number == KEYS:
            break
        started = time.perf_counter()
        asked = window.ask(press(window, key))
        await asyncio.wait([asked.future], timeout=ANSWERED_S)
        taken = asked.latency_ms if asked.future.done() else None
        (waits.other if number else waits.first).append(taken or 1e3 * ANSWERED_S)
        await asyncio.sleep(max(0.0, started + PACE_S - time.perf_counter()))


def bursts_of(text: str, seed: int) -> Iterator[Passage]:
    """Yield lines of a text that are worth a burst, for ever."""
    while True:
        yield from passages(text, 8, seed, lines=2)
        seed += 1


def figures_of(alone: Waits, beside: Waits, steps: int) -> list[Figure]:
    """Return how much longer keys wait beside a trainer."""
    found = [
        Figure("steps of training between the bursts", steps, "", ">=", 1.0,
               "a trainer that does not run holds nobody up")
    ]  # fmt: skip
    for name, mine, theirs in (
        ("a key beside a trainer waits longer", beside.all, alone.all),
        ("the first key after a pause waits longer", beside.first, alone.first),
    ):
        for share in (0.5, 0.95):
            with_, without = quantile(mine, share), quantile(theirs, share)
            found.append(
                Figure(f"{name}, p{100 * share:.0f}", with_ - without, "ms", "<=", MOST_MORE_MS,
                       f"{with_:.0f} against {without:.0f} ms, n={len(mine)} and {len(theirs)}")
            )  # fmt: skip
    return found
