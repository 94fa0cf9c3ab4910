"""Suspends whoever trains as soon as somebody types, and lets go once it has been quiet.

Who pauses holds a shared lock meanwhile (`turn.pause_file`). The trainer's parent continues it as
soon as nobody holds that lock any more (`Guard`): it goes with its holder, however that dies. One
that hangs does not keep it either: it says for how long it means to, and is believed no longer.
"""

from __future__ import annotations

import json
import logging
import os
import time
from collections.abc import Callable

import psutil

from ownstack.learning import turn
from ownstack.learning.turn import Training
from ownstack.learning.worker import SUSPENDS, Worker
from ownstack.locking import FileLock
from ownstack.paths import Home
from ownstack.processes import process_of

log = logging.getLogger(__name__)

BY_HAND_QUIET_S = 10.0
"""Somebody waits for what was begun by hand: it goes on in each pause for thought."""
TRUST_S = 120.0
"""So much longer than it said is a pause believed that nobody renews."""
RENEWED_S = 1.0
"""How often somebody who types renews the pause."""
MAX_QUIET_S = 86_400.0
Suspend = Callable[[int, float], bool]
"""(process, when it started) → whether it was suspended."""


def suspend(pid: int, started: float) -> bool:
    """Suspend a trainer, if it is that process."""
    process = process_of(pid, started) if SUSPENDS else None
    if process is None:
        return False
    try:
        process.suspend()
    except psutil.Error:
        return False
    return True


class Pausing:
    """What a process does in which somebody types. All of it runs on one thread."""

    def __init__(
        self,
        home: Home,
        *,
        quiet_s: float = 300.0,
        clock: Callable[[], float] = time.monotonic,
        suspends: Suspend = suspend,
    ) -> None:
        """`quiet_s`: how long nobody must have typed before training goes on."""
        self.quiet_s = quiet_s
        self.trains: Training | None = None
        """Who trains, as of the last `refresh`."""
        self._home = home
        self._clock = clock
        self._suspends = suspends
        self._stamp: tuple[int, int] | None = None
        self._typed_s = -MAX_QUIET_S
        self._renewed_s = -MAX_QUIET_S
        self._held: FileLock | None = None

    @property
    def pauses(self) -> bool:
        """Whether a trainer is held back by this process now."""
        return self._held is not None

    def typed(self) -> None:
        """Hear of a key. Costs a clock, and for the first one while somebody trains a signal."""
        self._typed_s = self._clock()
        if self.trains is not None and self.trains.trainer:
            self._hold()

    def refresh(self) -> None:
        """Notice who trains, and let go if it has been quiet. Costs a `stat`; every few seconds."""
        stamp = self._note_stamp()
        if stamp != self._stamp:
            self._stamp = stamp
            self.trains = turn.who_trains(self._home) if stamp is not None else None
        if self.trains is None or self._clock() - self._typed_s >= self._quiet_s:
            self._let_go()
        elif self.trains.trainer and self._held is None:
            self._hold()

    def close(self) -> None:
        self._let_go()

    @property
    def _quiet_s(self) -> float:
        by_hand = self.trains is not None and self.trains.by_hand
        return min(self.quiet_s, BY_HAND_QUIET_S) if by_hand else self.quiet_s

    def _hold(self) -> None:
        training = self.trains
        if training is None:
            return
        is_new = self._held is None
        if is_new:
            try:
                self._held = FileLock.take(turn.pause_file(self._home), shares=True)
            except OSError as error:
                log.debug("training cannot be paused: %s", error)
            if self._held is None:
                return  # Somebody looks at it in this very moment: the next key will do.
        if is_new or self._typed_s - self._renewed_s >= RENEWED_S:
            self._renew()
        if is_new:
            self._suspends(training.trainer, training.trainer_started)

    def _renew(self) -> None:
        self._renewed_s = self._typed_s
        if self._held is None:
            return
        try:
            os.lseek(self._held.descriptor, 0, os.SEEK_SET)
            os.write(self._held.descriptor, json.dumps({"quiet_s": self._quiet_s}).encode() + b"\n")
        except OSError as error:
            log.debug("the pause cannot be renewed: %s", error)

    def _let_go(self) -> None:
        if self._held is not None:
            self._held.release()
            self._held = None

    def _note_stamp(self) -> tuple[int, int] | None:
        try:
            status = os.stat(self._home.training_file)
        except OSError:
            return None
        return status.st_mtime_ns, status.st_ino


class Guard:
    """What a trainer's parent does: see whether somebody wants it to pause, and continue it."""

    def __init__(self, home: Home, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._file = turn.pause_file(home)
        self._clock = clock
        self._stamp: int | None = None
        self._since_s = 0.0

    def is_wanted(self) -> bool:
        """Say whether somebody holds training back who is alive and has not forgotten about it."""
        if not FileLock.is_held(self._file):
            self._stamp = None
            return False
        stamp, quiet_s = self._read()
        if stamp != self._stamp:
            self._stamp, self._since_s = stamp, self._clock()
        return self._clock() - self._since_s <= quiet_s + TRUST_S

    def look(self, worker: Worker, *, holds_back: bool = False) -> bool:
        """Suspend or continue a trainer as is wanted; return whether it pauses.

        `holds_back`: for another reason than that somebody types.
        """
        pauses = holds_back or self.is_wanted()
        if pauses != worker.is_suspended:
            if pauses:
                worker.suspend()
            else:
                worker.resume()
        return pauses

    def _read(self) -> tuple[int, float]:
        try:
            stamp = os.stat(self._file).st_mtime_ns
            quiet_s = float(
                json.loads(self._file.read_bytes()[:100].partition(b"\n")[0])["quiet_s"]
            )
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            return 0, 0.0
        return stamp, min(max(0.0, quiet_s), MAX_QUIET_S)
