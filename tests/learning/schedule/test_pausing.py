"""A trainer is suspended at a key, goes on after quiet, and stays not suspended for the dead."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from ownstack.learning import turn
from ownstack.learning.schedule.pausing import BY_HAND_QUIET_S, TRUST_S, Guard, Pausing
from ownstack.learning.turn import Turn
from ownstack.learning.worker import Worker
from ownstack.locking import FileLock
from ownstack.paths import Home
from tests.support import scripted_trainer

pytestmark = [
    pytest.mark.process,
    pytest.mark.skipif(os.name == "nt", reason="none is suspended there"),
]
PATIENCE_S = 60.0


class Clock:
    """Time that passes when it is told to."""

    def __init__(self) -> None:
        self.now_s = 1_000.0

    def __call__(self) -> float:
        return self.now_s


class Suspended:
    """Stands for a process; counts."""

    def __init__(self) -> None:
        self.pids: list[int] = []

    def __call__(self, pid: int, started: float) -> bool:
        self.pids.append(pid)
        return True


def until(is_so: Callable[[], bool]) -> None:
    """Wait for what another process does."""
    deadline_s = time.monotonic() + PATIENCE_S
    while not is_so():
        assert time.monotonic() < deadline_s
        time.sleep(0.01)


def held(home: Home) -> bool:
    return FileLock.is_held(turn.pause_file(home))


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def suspended() -> Suspended:
    return Suspended()


@pytest.fixture
def pausing(home: Home, clock: Clock, suspended: Suspended) -> Iterator[Pausing]:
    made = Pausing(home, quiet_s=300, clock=clock, suspends=suspended)
    yield made
    made.close()


@pytest.fixture
def training(home: Home) -> Iterator[Turn]:
    with Turn.take(home, "/project", by_hand=False) as taken:
        taken.note(trainer=77, trainer_started=5.0)
        yield taken


def test_nobody_trains(home: Home, pausing: Pausing, suspended: Suspended) -> None:
    """Keys touch nothing then, not even the disk."""
    pausing.refresh()
    pausing.typed()

    assert (pausing.trains, suspended.pids) == (None, [])
    assert not turn.pause_file(home).exists()


def test_a_key_and_quiet(
    home: Home, pausing: Pausing, clock: Clock, suspended: Suspended, training: Turn
) -> None:
    """The first key suspends, the others renew; after quiet it is let go, and suspended anew."""
    pausing.refresh()
    assert pausing.trains is not None
    assert not pausing.pauses
    for _ in range(3):
        pausing.typed()
        clock.now_s += 200
        pausing.refresh()
        assert held(home)
    assert suspended.pids == [77]
    clock.now_s += 101
    pausing.refresh()
    assert not held(home)
    pausing.typed()
    assert suspended.pids == [77, 77]


def test_one_that_begins_while_somebody_types(
    pausing: Pausing, clock: Clock, suspended: Suspended, home: Home
) -> None:
    """It waits from the next look on."""
    pausing.typed()
    clock.now_s += 10
    with Turn.take(home, "/project", by_hand=False) as begun:
        pausing.refresh()
        assert not pausing.pauses  # It collects: there is no trainer yet.
        begun.note(trainer=78, trainer_started=5.0)
        pausing.refresh()
        assert suspended.pids == [78]
    pausing.refresh()
    assert not held(home)


def test_by_hand_it_goes_on_sooner(
    home: Home, pausing: Pausing, clock: Clock, suspended: Suspended
) -> None:
    """Somebody waits for it, in a terminal."""
    with Turn.take(home, "/project") as begun:
        begun.note(trainer=78, trainer_started=5.0)
        pausing.refresh()
        pausing.typed()
        clock.now_s += BY_HAND_QUIET_S + 1
        pausing.refresh()
        assert not pausing.pauses


def test_two_windows(home: Home, clock: Clock, suspended: Suspended, training: Turn) -> None:
    """Each process holds it back by itself: the last one that is quiet lets go."""
    both = [Pausing(home, clock=clock, suspends=suspended) for _ in range(2)]
    for each in both:
        each.refresh()
        each.typed()
    both[0].close()
    assert held(home)
    both[1].close()
    assert not held(home)


def test_one_that_hangs_is_believed_for_a_while(
    home: Home, pausing: Pausing, clock: Clock, training: Turn
) -> None:
    """A pause that nobody renews ends, though its lock is held."""
    guard = Guard(home, clock=clock)
    assert not guard.is_wanted()
    pausing.refresh()
    pausing.typed()
    assert guard.is_wanted()
    clock.now_s += 300 + TRUST_S
    assert guard.is_wanted()
    clock.now_s += 1
    assert not guard.is_wanted()
    pausing.typed()
    assert guard.is_wanted()


@pytest.mark.parametrize("said", [b"", b"[]", b'{"quiet_s": "x"}', b"[" * 200])
def test_a_pause_that_says_anything(home: Home, clock: Clock, said: bytes) -> None:
    """It is believed for as long as one that says nothing."""
    lock = FileLock.take(turn.pause_file(home), shares=True)
    assert lock is not None
    with lock:
        turn.pause_file(home).write_bytes(said)
        guard = Guard(home, clock=clock)
        assert guard.is_wanted()
        clock.now_s += TRUST_S + 1
        assert not guard.is_wanted()


@pytest.fixture
def run_folder(tmp_path: Path) -> Path:
    (tmp_path / "plan.json").write_text('{"minutes": 1000, "base_key": "", "rank": 1}')
    return tmp_path


@pytest.fixture
def worker(run_folder: Path) -> Iterator[Worker]:
    """A trainer at work."""
    made = Worker.start(run_folder, (scripted_trainer.SCRIPT,))
    until(lambda: (run_folder / "progress.jsonl").exists())
    yield made
    made.stop()


DAEMON = """
import sys, time
from ownstack.learning.schedule.pausing import Pausing
from ownstack.paths import Home
pausing = Pausing(Home.default())
pausing.refresh()
pausing.typed()
assert pausing.pauses
print("paused", flush=True)
time.sleep(1000)
"""


def test_a_daemon_that_is_killed(home: Home, worker: Worker) -> None:
    """Whoever suspended the trainer is gone: it goes on at its parent's next look."""
    with Turn.take(home, "/project") as taken:
        taken.note(trainer=worker.pid, trainer_started=worker.started)
        daemon = subprocess.Popen([sys.executable, "-c", DAEMON], stdout=subprocess.PIPE)
        assert daemon.stdout is not None
        assert daemon.stdout.readline() == b"paused\n"
        until(lambda: worker.is_suspended)
        guard = Guard(home)
        assert guard.look(worker)
        assert worker.is_suspended
        daemon.kill()
        daemon.wait()
        daemon.stdout.close()
        assert not guard.look(worker)
        assert not worker.is_suspended


def test_a_suspended_trainer_saves_when_it_is_stopped(worker: Worker, run_folder: Path) -> None:
    """It is continued for that."""
    worker.suspend()
    until(lambda: worker.is_suspended)
    assert worker.stop() == 0
    assert (run_folder / "checkpoint.pt").exists()


PARENT = """
import sys, time
from pathlib import Path
from ownstack.learning.worker import Worker
worker = Worker.start(Path(sys.argv[1]), (sys.argv[2],))
print(worker.pid, flush=True)
time.sleep(1000)
"""


@pytest.mark.parametrize("is_suspended", [False, True])
def test_a_parent_that_is_killed(run_folder: Path, is_suspended: bool) -> None:
    """The trainer saves and leaves by itself, even if it was suspended and everybody is dead."""
    command = [sys.executable, "-c", PARENT, str(run_folder), scripted_trainer.SCRIPT]
    parent = subprocess.Popen(command, stdout=subprocess.PIPE, start_new_session=True)
    assert parent.stdout is not None
    trainer = psutil.Process(int(parent.stdout.readline()))
    until(lambda: (run_folder / "progress.jsonl").exists())
    if is_suspended:
        trainer.suspend()
        until(lambda: trainer.status() == psutil.STATUS_STOPPED)
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    parent.stdout.close()

    def has_left() -> bool:
        return not trainer.is_running() or trainer.status() == psutil.STATUS_ZOMBIE

    until(has_left)
    last = (run_folder / "progress.jsonl").read_text().splitlines()[-1]
    assert json.loads(last)["state"] == "stopped"
