"""A trainer's process: started, suspended and continued, ended in order."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import psutil

SUSPENDS = os.name == "posix"
"""Windows continues no process whose starter died, so there none is suspended: the lowest priority
has to do."""
TRAINER = ("ownstack.learning.training",)
"""What is run: a module, or the path of a script, and its arguments."""
STDERR = "stderr.log"
LEAVES_S = 90.0
"""To write a checkpoint takes seconds; a disk may be slow, and a step long."""
_TERMINATED_S = 5.0
_BEGIN = "import sys; from ownstack.learning.tied import main; main(sys.argv[1:])"
_MAX_SAID = 65_536


class Worker:
    """A child that trains in a folder. Start it from a thread that lives as long as it does."""

    def __init__(self, popen: subprocess.Popen[bytes], folder: Path) -> None:
        self._popen = popen
        self._folder = folder
        self.process = psutil.Process(popen.pid)
        self.started: float = self.process.create_time()

    @classmethod
    def start(cls, folder: Path, program: Sequence[str] = TRAINER) -> Worker:
        """Start a trainer in a run's folder.

        Raises:
            OSError: there is no process, or its words cannot be kept.
        """
        with open(folder / STDERR, "wb") as stderr:
            popen = subprocess.Popen(
                [sys.executable, "-c", _BEGIN, *program, str(folder)],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=stderr,
                cwd=folder,  # Not a project, in which there may be modules with names of ours.
                creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            )
        return cls(popen, folder)

    @property
    def pid(self) -> int:
        return self._popen.pid

    def ended(self) -> int | None:
        """Return its exit status once it has ended; negative: by that signal."""
        status = self._popen.poll()
        if status is not None:
            self._close_stdin()
        return status

    @property
    def is_suspended(self) -> bool:
        try:
            return bool(self.process.status() == psutil.STATUS_STOPPED)
        except psutil.Error:
            return False

    def suspend(self) -> None:
        if SUSPENDS and self.ended() is None:
            self.process.suspend()

    def resume(self) -> None:
        if SUSPENDS and self.ended() is None:
            self.process.resume()

    def stop(self, leaves_s: float = LEAVES_S) -> int:
        """Have it save and leave, or end it whatever it does; return its exit status."""
        self._close_stdin()
        try:
            self.resume()
            return self._popen.wait(leaves_s)
        except (subprocess.TimeoutExpired, psutil.Error):
            self._popen.terminate()
        try:
            return self._popen.wait(_TERMINATED_S)
        except subprocess.TimeoutExpired:
            self._popen.kill()
            return self._popen.wait()

    def _close_stdin(self) -> None:
        if self._popen.stdin is not None:
            self._popen.stdin.close()

    def said(self) -> str:
        """Return the end of what it wrote to its standard error."""
        try:
            with open(self._folder / STDERR, "rb") as file:
                file.seek(max(0, os.fstat(file.fileno()).st_size - _MAX_SAID))
                return file.read(_MAX_SAID).decode("utf-8", "replace")
        except OSError:
            return ""
