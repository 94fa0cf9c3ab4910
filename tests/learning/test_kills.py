"""Killed at any moment: little is lost, and nothing half-made ever serves.

A run is killed (kill -9) at 30 random moments: the runner, the trainer, or both at once, in each
phase. After each one it is looked at what there is; at the end it has become an adapter.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

import psutil
import pytest

from ownstack.learning.adapters.store import AdapterStore
from ownstack.learning.run_folder import place_of
from ownstack.learning.run_parts import Phase
from ownstack.learning.turn import lock_file, who_trains
from ownstack.locking import FileLock
from ownstack.paths import Home, builtin_model
from ownstack.processes import gone
from tests.support import scripted_learning as learning
from tests.support.scripted_trainer import CHECKPOINT_STEPS

pytestmark = [
    pytest.mark.process,
    pytest.mark.slow,
    pytest.mark.skipif(os.name == "nt", reason="signals"),
]
MOMENTS = 30
REAL_MOMENTS = int(os.environ.get("OWNSTACK_TEST_TRAINING", "0"))
PATIENCE_S = 600.0
Victim = Literal["runner", "trainer", "both"]


@dataclass
class Run:
    """`tests/support/scripted_learning.py` in a process of its own, again and again."""

    home: Home
    base: Path
    project: Path
    arguments: tuple[str, ...] = ()
    lost: list[float] = field(default_factory=list)
    """Seconds trained that one trainer told of and the next one did not begin with."""

    def until_killed(self, phase: Phase, lines: int, victim: Victim) -> bool:
        """Run until so many lines were told of a phase, and kill; return whether it was."""
        runner = self._start()
        assert runner.stdout is not None
        with runner.stdout:
            for told in map(json.loads, runner.stdout):
                if told["phase"] == "over":
                    break
                lines -= told["phase"] == phase
                if lines < 0:
                    self._kill(runner, victim)
                    break
            else:
                raise AssertionError("it ended without a word")
        return runner.wait(PATIENCE_S) != 0

    def to_the_end(self) -> str:
        """Run, and return the adapter's id."""
        runner = self._start()
        out, _ = runner.communicate(timeout=PATIENCE_S)
        assert runner.returncode == 0
        adapter: str = json.loads(out.splitlines()[-1])["record"]
        return adapter

    def note_loss(self) -> None:
        """Compare where each trainer began with what the one before had told of."""
        told_s, is_new = 0.0, False
        for row in self._progress():
            if row["state"] == "loading":
                is_new = True
                continue
            if is_new:
                self.lost.append(max(0.0, told_s - row["trained_s"]))
            told_s, is_new = row["trained_s"], False

    def _progress(self) -> Iterator[dict[str, Any]]:
        file = place_of(self.home, str(self.project), "completion") / "progress.jsonl"
        for line in file.read_text().splitlines() if file.exists() else ():
            try:
                yield json.loads(line)
            except ValueError:
                continue  # It was being written.

    def _start(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "tests.support.scripted_learning"]
        return subprocess.Popen(
            [*command, str(self.base), str(self.project), *self.arguments],
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        )

    def _kill(self, runner: subprocess.Popen[bytes], victim: Victim) -> None:
        training = who_trains(self.home)
        trainer = None
        if training is not None and training.trainer:
            trainer = psutil.Process(training.trainer)
        if trainer is not None and victim != "runner":
            trainer.kill()
        if trainer is None or victim != "trainer":
            runner.kill()
        runner.wait(PATIENCE_S)
        if trainer is not None:
            # One whose parent is gone saves and leaves by itself.
            assert gone(trainer, PATIENCE_S)


def look(home: Home) -> list[str]:
    """See to it that all that serves is whole and was found good; return what does."""
    store = AdapterStore(home)
    records = {record.id: record for record in store.all()}
    assert store.problems() == {}
    assert not FileLock.is_held(lock_file(home))
    file = home.adapters_folder / "serving.json"
    seats = json.loads(file.read_text())["seats"] if file.exists() else []
    serving = [adapter for seat in seats for adapter in seat["history"]]
    assert all(records[adapter].standing == "fit" for adapter in serving)
    return serving


def kill_at_moments(run: Run, moments: int, seed: int, lines: dict[Phase, int]) -> int:
    """Kill a run so often; whenever it comes to its end, the next one learns from another project.

    Returns how many adapters it has made.
    """
    rng = random.Random(seed)
    project, made, killed = run.project, 0, 0
    while killed < moments:
        phase = rng.choice(get_args(Phase))
        victim = rng.choice(get_args(Victim))
        was_killed = run.until_killed(phase, rng.randrange(lines[phase]), victim)
        run.note_loss()
        if was_killed:
            killed += 1
            look(run.home)
        else:
            made += 1
            assert len(look(run.home)) == made
            run.project = project.with_name(f"{project.name}-{made}")
    adapter = run.to_the_end()
    assert adapter in look(run.home)
    return made + 1


def test_thirty_moments(home: Home, tmp_path: Path) -> None:
    """At most what lies between two checkpoints is lost."""
    run = Run(home, learning.make_base(tmp_path / "models"), tmp_path / "project")

    kill_at_moments(
        run,
        MOMENTS,
        seed=18,
        lines={"collecting": 1, "training": 60, "keeping": 1, "judging": 8},
    )
    assert run.lost
    assert max(run.lost) <= 2 * CHECKPOINT_STEPS


@pytest.mark.native
@pytest.mark.skipif(
    not REAL_MOMENTS,
    reason="takes half a minute a kill: set OWNSTACK_TEST_TRAINING=30 where torch is installed",
)
def test_moments_of_the_real_trainer(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same with PyTorch, and the network that comes with this package."""
    pytest.importorskip("torch", reason="training needs ownstack[learn]")
    monkeypatch.delenv("OWNSTACK_BUILTIN")
    base = builtin_model()
    run = Run(home, base, tmp_path / "project", ("real",))

    kill_at_moments(
        run,
        REAL_MOMENTS,
        seed=18,
        lines={"collecting": 1, "training": 60, "keeping": 1, "judging": 8},
    )
    assert max(run.lost, default=0.0) <= 2 * learning.REAL_CHECKPOINT_S + 2
