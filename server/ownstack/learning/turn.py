"""The turn to train, of which there is one on a machine; and who has it, for all to read.

The lock goes with its holder, however that dies. The note beside it names the processes, each with
the time of its start: the number alone may be another's by now.
"""

from __future__ import annotations

import json
import os
import time
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import psutil

from ownstack.errors import LearningError, in_words
from ownstack.files.opening import read_regular
from ownstack.files.writing import write_whole
from ownstack.locking import FileLock
from ownstack.paths import Home
from ownstack.processes import gone, process_of

MAX_BYTES = 16_384
LEAVES_S = 60.0
"""A trainer that was left alone saves and leaves within this time."""
_KILLED_S = 5.0
_TRIES, _PAUSE_S = 5, 0.05
"""Somebody may hold the lock for a moment just to see whether it is held."""
_MAX_S = 1e12


@dataclass(frozen=True, slots=True)
class Training:
    """Who trains now."""

    runner: int
    """The process of `ownstack learn`."""
    runner_started: float
    project: str
    since: str
    """ISO 8601, UTC."""
    by_hand: bool = True
    """Somebody waits for it; else it was started at night."""
    phase: str = ""
    trainer: int = 0
    """The process that computes, a child of the runner; 0 = none at the moment."""
    trainer_started: float = 0.0

    @property
    def in_words(self) -> str:
        """Return who trains and since when, as a sentence."""
        began = datetime.fromisoformat(self.since).astimezone()
        return (
            f"{self.project or 'Something'} is being learned from since {began:%H:%M} "
            f"(process {self.runner})."
        )


def lock_file(home: Home) -> Path:
    # Not the note itself: where locks bind (Windows), nobody could read it.
    return home.training_file.with_suffix(".lock")


def pause_file(home: Home) -> Path:
    """Return what is locked, shared, by whoever wants training to pause."""
    return home.training_file.with_suffix(".pause")


def who_trains(home: Home) -> Training | None:
    """Return who trains, if that process is there; what nobody can have written is not believed."""
    try:
        raw = json.loads(read_regular(home.training_file, MAX_BYTES)[0])
        training = Training(**{item.name: raw[item.name] for item in fields(Training)})
        _check(training)
    except (OSError, ValueError, KeyError, TypeError, OverflowError, RecursionError):
        return None
    return training if process_of(training.runner, training.runner_started) else None


class Turn:
    """The turn to train, until `leave` or death."""

    def __init__(self, home: Home, lock: FileLock, training: Training) -> None:
        self._home = home
        self._lock = lock
        self.training = training

    @classmethod
    def take(cls, home: Home, project: str, *, by_hand: bool = True) -> Turn:
        """Take the turn, and end what a holder that died has left behind.

        Raises:
            LearningError: somebody else has it; who, and since when.
        """
        try:
            lock = _taken(lock_file(home))
        except OSError as error:
            what = f"The folder {home.runtime} cannot be used: {in_words(error)}."
            raise LearningError(what, "Set OWNSTACK_HOME to another folder.") from error
        if lock is None:
            other = who_trains(home)
            who = other.in_words if other is not None else "Another process is learning."
            raise LearningError(
                f"{who} Only one can at a time.",
                "Wait for it, or end it by Ctrl-C where it runs; what it has learned is kept.",
            )
        _end_left_behind(home)
        me = psutil.Process()
        now = datetime.now(timezone.utc).isoformat(timespec="seconds")
        turn = cls(home, lock, Training(me.pid, me.create_time(), project, now, by_hand))
        turn.note()
        return turn

    def note(self, **changed: Any) -> None:
        """Write down who trains, and in which phase. A disk that refuses it holds up nothing."""
        self.training = replace(self.training, **changed)
        try:
            data = json.dumps(asdict(self.training)).encode()
            write_whole(self._home.training_file, data, is_private=True)
        except OSError:
            pass  # Then nobody can pause it; it has the lowest priority anyway.

    def leave(self) -> None:
        try:
            self._home.training_file.unlink(missing_ok=True)
        except OSError:
            pass  # The note names a process that is gone, so nobody believes it.
        self._lock.release()

    def __enter__(self) -> Turn:
        return self

    def __exit__(self, *_: object) -> None:
        self.leave()


def _taken(file: Path) -> FileLock | None:
    for attempt in range(_TRIES):
        lock = FileLock.take(file)
        if lock is not None or attempt + 1 == _TRIES:
            return lock
        time.sleep(_PAUSE_S)
    return None


def _end_left_behind(home: Home) -> None:
    """Have a trainer leave whose runner died: it would write where the next one does."""
    try:
        raw = json.loads(read_regular(home.training_file, MAX_BYTES)[0])
        process = process_of(int(raw["trainer"]), float(raw["trainer_started"]))
    except (OSError, ValueError, KeyError, TypeError, OverflowError, RecursionError):
        return
    if process is None or process.pid == os.getpid():
        return
    try:
        process.terminate()
        if hasattr(process, "resume"):
            process.resume()  # One that is suspended hears nothing else.
        if not gone(process, LEAVES_S):
            process.kill()
            gone(process, _KILLED_S)
    except psutil.Error:
        pass  # It has just left.


def _check(training: Training) -> None:
    for number in (training.runner, training.trainer):
        if type(number) is not int or not 0 <= number < 1 << 31:
            raise ValueError("a process in it is none")
    for started in (training.runner_started, training.trainer_started):
        if type(started) not in (int, float) or not abs(started) <= _MAX_S:
            raise ValueError("a time in it is none")
    texts = (training.project, training.since, training.phase)
    if not all(isinstance(text, str) for text in texts) or type(training.by_hand) is not bool:
        raise ValueError("a text in it is none")
    since = datetime.fromisoformat(training.since)
    if since.tzinfo is None:
        raise ValueError("its time has no zone")
    since.astimezone()  # As it will be told; not every time can be.
