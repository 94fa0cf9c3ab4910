"""A learner that is killed at random moments, as by a power cut, and started again each time.

After each kill nothing that serves may be broken, and no more may be lost than five minutes of
training: what the trainer had told at its death, less what it goes on from.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.bars import Figure
from benchmarks.learning.learner import (
    POLL_S,
    Learner,
    LearnerError,
    entries,
    latest,
    learn_command,
    progress_files,
)
from ownstack.learning.adapters.folder import file_sha256
from ownstack.learning.adapters.serving import parse_serving
from ownstack.learning.adapters.store import AdapterStore
from ownstack.paths import Home

MOST_LOST_S = 300.0
"""The bar."""


@dataclass(frozen=True, slots=True)
class Kill:
    """One of them."""

    after_s: float
    """Since the start of the process."""
    state: str
    """What the trainer said last; "" if it had said nothing."""
    trained_s: float
    problems: tuple[str, ...]
    """What is broken then."""


async def measure(
    base: Path,
    folder: Path,
    home: Home,
    *,
    times: int,
    minutes: float,
    seed: int,
    say: Callable[[str], None],
) -> list[Figure]:
    """Kill `ownstack learn` of `folder` so often; one that comes to its end is begun anew.

    Half of the moments are uniform over what a whole run takes, as far as it is known; the others
    fall upon the ends of phases, where files are written: as soon as a state is told.
    """
    rng, kills, finished = random.Random(seed), list[Kill](), 0
    command = learn_command(folder, base, minutes)
    whole_s, lost_s = 60 * minutes + 20, list[float]()
    while len(kills) < times:
        number = len(kills)
        aim = rng.choice(("saving", "exporting", "done")) if number % 2 else ""
        learner = Learner(command, home, home.data / "learner.log")
        started = time.monotonic()
        killed = await _kill(learner, home, aim, rng.uniform(0, whole_s), 3 * whole_s)
        files = progress_files(home)
        again_s = lost_at_start(entries(files[-1])) if files else None
        if again_s is not None:
            lost_s.append(again_s)
        if not killed:
            finished += 1
            whole_s = time.monotonic() - started
            if learner.ended not in (0, None):
                raise LearnerError(f"it ended with {learner.ended}: {learner.words()[-400:]}")
            if finished > 2 * times:
                raise LearnerError("it always ends before it can be killed: raise --minutes")
            continue
        said = latest(home)
        kills.append(
            Kill(
                time.monotonic() - started,
                str(said.get("state", "")),
                float(said.get("trained_s", 0.0)),
                tuple(broken(home)),
            )
        )
        say(f"kill {number + 1} of {times}: {kills[-1].state or 'before training'}"
            f" after {kills[-1].after_s:.1f} s; {len(kills[-1].problems)} problems")  # fmt: skip
    return figures_of(kills, lost_s, finished)


async def _kill(learner: Learner, home: Home, aim: str, after_s: float, most_s: float) -> bool:
    """Kill it after a time, or when it tells a state; False if it ended before."""
    end = time.monotonic() + (most_s if aim else after_s)
    known = len(progress_files(home)) and latest(home)
    while time.monotonic() < end:
        if learner.ended is not None:
            return False
        now = latest(home)
        if aim and now != known and now.get("state") == aim:
            break
        await asyncio.sleep(POLL_S / 10 if aim else POLL_S)
    if learner.ended is not None:
        return False
    learner.kill()
    return True


def lost_at_start(told: Sequence[dict[str, Any]]) -> float | None:
    """Return seconds of training that the last process had to do again.

    Each process begins with "loading", and its first line after a step says from where it went on.
    None if it made no step, or there was none before it in this run.
    """
    processes: list[list[dict[str, Any]]] = [[]]
    for entry in told:
        if entry.get("state") == "loading":
            processes.append([])
        elif entry.get("step", 0):
            processes[-1].append(entry)
    *before, last = processes
    trained = [process for process in before if process]
    if not last or not trained or trained[-1][-1].get("state") == "done":
        return None
    reached = max(float(entry.get("trained_s", 0.0)) for entry in trained[-1])
    return max(0.0, reached - float(last[0].get("trained_s", 0.0)))


def broken(home: Home) -> list[str]:
    """Return what of the adapters is not as it should be, in words; nothing if all is well."""
    store = AdapterStore(home, shipped=home.data / "none")
    found = [f"{adapter}: {why}" for adapter, why in store.problems().items()]
    known = {record.id: record for record in store.all()}
    for record in known.values():
        if file_sha256(store.file(record.id)) != record.sha256:
            found.append(f"{record.id}: its file is another one")
    file = home.adapters_folder / "serving.json"
    if file.is_file():
        try:
            parse_serving(file.read_bytes())
        except ValueError as error:
            found.append(f"serving.json: {error}")
    return found


def figures_of(kills: Sequence[Kill], lost_s: Sequence[float], finished: int) -> list[Figure]:
    states = [kill.state or "before training" for kill in kills]
    detail = {state: states.count(state) for state in sorted(set(states))}
    problems = [problem for kill in kills for problem in kill.problems]
    first = f"; the first: {problems[0]}" if problems else ""
    spread = ", ".join(f"{count} {state}" for state, count in detail.items())
    return [
        Figure("kills after which something that serves is broken",
               sum(bool(kill.problems) for kill in kills), "", "<=", 0.0,
               f"of {len(kills)}: {spread}{first}", detail),
        Figure("training lost by a kill, worst", max(lost_s, default=0.0), "s", "<=", MOST_LOST_S,
               f"{len(lost_s)} starts after a kill, {finished} runs came to their end"),
    ]  # fmt: skip
