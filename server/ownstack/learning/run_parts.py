"""What a run is asked, what it tells, and what it is made of where the world begins."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from ownstack.learning import needs
from ownstack.learning.adapters.record import AdapterRecord
from ownstack.learning.adapters.store import AdapterStore
from ownstack.learning.data.passages import Dataset, HeldOut
from ownstack.learning.priority import go_last
from ownstack.learning.run_folder import Mode
from ownstack.learning.schedule import conditions
from ownstack.learning.worker import TRAINER
from ownstack.models.registry import memory_available
from ownstack.paths import Home

if TYPE_CHECKING:
    from ownstack.learning.gate.verdict import Verdict

Phase = Literal["collecting", "training", "judging", "keeping"]

JUDGING_MINUTES = 30.0
"""With the lowest priority, beside other work; on a machine that rests it takes a few."""


@dataclass(frozen=True, slots=True)
class Told:
    """How far a run is."""

    phase: Phase
    done: float = 0.0
    """Seconds trained, or lines judged."""
    total: float = 0.0
    """0: nobody knows."""
    waits: str = ""
    """Why it does nothing at the moment, as the end of a sentence; "" if it works."""
    figures: Mapping[str, Any] = field(default_factory=dict)
    """What the trainer told last (`progress.jsonl`)."""


@dataclass(frozen=True, slots=True)
class Learned:
    """What became of a run."""

    record: AdapterRecord | None
    """None: it was stopped before there was an adapter."""
    stopped: str = ""
    """Why it was stopped before its end, as a sentence; what was learned is kept."""


@dataclass(frozen=True, slots=True)
class Judging:
    """What the gate is asked."""

    home: Home
    store: AdapterStore
    record: AdapterRecord
    base: Path
    held_out: Sequence[HeldOut]
    log: Path
    is_stopped: Callable[[], bool]
    progress: Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Options:
    """How a run is gone about."""

    mode: Mode = "auto"
    by_night: bool = False
    """Nobody waits for it: it gives way to somebody who works."""
    only_on_mains: bool = False


def collect(project: Path, home: Home) -> Dataset:
    from ownstack.learning.data import collect as collecting

    return collecting.collect(project, collecting.Options(home))


def judge(judging: Judging) -> Verdict | None:
    """Ask the gate; None if it was stopped."""
    from ownstack.learning.gate.evaluation import Pace
    from ownstack.learning.gate.judging import Trial, judge, sides_of

    trial = Trial(
        judging.base,
        sides_of(judging.store, judging.record),
        judging.held_out,
        judging.log,
        judging.home.cache,
        minutes=JUDGING_MINUTES,
    )
    pace = Pace(is_stopped=judging.is_stopped, progress=judging.progress)
    return judge(trial, judging.record, pace)


@dataclass(frozen=True, slots=True)
class Parts:
    """What a run is made of, where the world begins."""

    collect: Callable[[Path, Home], Dataset] = collect
    trainer: Sequence[str] = TRAINER
    judge: Callable[[Judging], Verdict | None] = judge
    check_needs: Callable[[], None] = needs.check
    free_memory: Callable[[], int] = memory_available
    free_disk: Callable[[Path], int] = lambda folder: shutil.disk_usage(folder).free
    on_mains: Callable[[], bool] = conditions.on_mains
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    go_last: Callable[[], None] = go_last
    plan: Mapping[str, Any] = field(default_factory=dict)
    """What the trainer's plan holds beside what was wished for."""


USUAL, PARTS = Options(), Parts()
