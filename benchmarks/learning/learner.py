"""`ownstack learn` as a process that is watched from outside, and ended as a machine ends one."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil

from ownstack.errors import OwnstackError
from ownstack.learning.training.plan import PROGRESS
from ownstack.learning.turn import who_trains
from ownstack.paths import Home

POLL_S = 0.2
_LEAVES_S = 120.0
_TAIL_BYTES = 65_536


class LearnerError(OwnstackError):
    """It did not do what is measured; the message says what it did instead."""


def learn_command(folder: Path, base: Path, minutes: float) -> list[str]:
    """Return what a user would say in a terminal, the generic adapter left out."""
    wanted = ["--minutes", f"{minutes:g}", "--base", str(base), "--no-generic", "--role"]
    return [sys.executable, "-m", "ownstack", "learn", str(folder), *wanted, "completion"]


class Learner:
    """One process of `ownstack learn`, in a session of its own: what it starts dies with it."""

    def __init__(self, command: list[str], home: Home, said: Path) -> None:
        """Start it. `said` is the file that its words go to."""
        self._home = home
        self._said = said
        with said.open("ab") as file:
            self._popen = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=file,
                start_new_session=True,
            )

    @property
    def ended(self) -> int | None:
        """Its exit status, once it has ended."""
        return self._popen.poll()

    def trainer(self) -> psutil.Process | None:
        """Return the process that computes, while there is one."""
        training = who_trains(self._home)
        if training is None or not training.trainer:
            return None
        try:
            return psutil.Process(training.trainer)
        except psutil.Error:
            return None

    async def until_training(self, timeout_s: float) -> None:
        """Wait until steps are made, and nobody holds them up.

        Raises:
            LearnerError: it ended before, or does not come to it.
        """
        end = time.monotonic() + timeout_s
        steps = latest(self._home).get("step", 0)
        while time.monotonic() < end:
            if self.ended is not None:
                raise LearnerError(f"it ended with {self.ended}: {self.words()[-400:]}")
            now = latest(self._home)
            if now.get("state") == "training" and now.get("step", 0) > steps:
                return
            await asyncio.sleep(POLL_S)
        raise LearnerError(f"no step within {timeout_s:.0f} s: {self.words()[-400:]}")

    def kill(self) -> None:
        """End it and all that it started, as a power cut would."""
        trainer = self.trainer()
        try:
            os.killpg(self._popen.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        if trainer is not None:
            try:
                trainer.kill()
            except psutil.Error:
                pass  # It was in the group.
        self._popen.wait()

    def stop(self) -> None:
        """End it as Ctrl-C does, and wait until it has saved."""
        if self.ended is None:
            os.killpg(self._popen.pid, signal.SIGINT)
        try:
            self._popen.wait(_LEAVES_S)
        except subprocess.TimeoutExpired:
            self.kill()

    def words(self) -> str:
        return self._said.read_text("utf-8", "replace")


def progress_files(home: Home) -> list[Path]:
    """Return what trainers tell of themselves, the latest last."""
    found = list(home.learning_folder.glob(f"*/{PROGRESS}"))
    return sorted(found, key=lambda path: path.stat().st_mtime_ns)


def latest(home: Home) -> dict[str, Any]:
    """Return the last whole line that a trainer wrote; nothing if there is none."""
    files = progress_files(home)
    lines = entries(files[-1], _TAIL_BYTES) if files else []
    return lines[-1] if lines else {}


def entries(progress: Path, tail_bytes: int = 1 << 30) -> list[dict[str, Any]]:
    """Return the lines of a `progress.jsonl` that are whole."""
    with progress.open("rb") as file:
        file.seek(0, os.SEEK_END)
        file.seek(max(0, file.tell() - tail_bytes))
        raw = file.read().decode("utf-8", "replace")
    found = []
    for line in raw.split("\n"):
        try:
            entry = json.loads(line)
        except ValueError:
            continue
        if isinstance(entry, dict):
            found.append(entry)
    return found
