"""Which process is the daemon, by a note it leaves beside its lock: for when it does not answer.

A process that is stopped, or hangs, still accepts connections (the kernel does) and holds the lock.
"""

from __future__ import annotations

import json
import os
import stat
import time
from pathlib import Path

import psutil

from ownstack.errors import DaemonError
from ownstack.files.opening import read_regular
from ownstack.locking import FileLock
from ownstack.paths import Home, private_folder, set_aside
from ownstack.processes import gone, process_of

STILL_S = 2.0
"""A daemon that lets a client wait and does nothing at all for so long is not busy, but stuck."""
KILL_S = 5.0
"""A process that was killed is gone after milliseconds, unless a disk holds it up."""
MAX_NOTE_BYTES = 4_096


def lock_file(home: Home) -> Path:
    return home.runtime / "daemon.lock"


def note_file(home: Home) -> Path:
    return home.runtime / "daemon.pid"


def leave_note(home: Home) -> None:
    """Say that this process is the daemon. It must hold the lock.

    Raises:
        OSError: the note cannot be written.
    """
    process = psutil.Process()
    file = private_folder(home.runtime) / note_file(home).name
    if os.path.lexists(file) and not stat.S_ISREG(file.lstat().st_mode):
        set_aside(file)
    file.write_text(json.dumps({"pid": process.pid, "started": process.create_time()}), "ascii")


def holder(home: Home) -> psutil.Process | None:
    """Return the process of the daemon; None if it has gone, or cannot be told for certain.

    It must be the process that is noted, and somebody must hold the lock.
    """
    try:
        raw = json.loads(read_regular(note_file(home), MAX_NOTE_BYTES)[0])
        process = process_of(int(raw["pid"]), float(raw["started"]))
    except (OSError, ValueError, KeyError, TypeError, OverflowError, RecursionError):
        return None
    if process is None or process.pid == os.getpid():
        return None
    return process if FileLock.is_held(lock_file(home)) else None


def runs_from(home: Home, folder: Path) -> bool:
    """Say whether a daemon runs whose Python lies in a folder: that of an environment."""
    process = holder(home)
    return process is not None and was_started_in(process, folder)


def was_started_in(process: psutil.Process, folder: Path) -> bool:
    """Say whether a process runs a program that lies in a folder."""
    try:
        command = process.cmdline()
    except psutil.Error:
        return False  # It has just left, or is none of this user's.
    # As it was started, not where links lead: to a Python that many environments share.
    return bool(command) and Path(command[0]).is_relative_to(folder.absolute())


def end(process: psutil.Process, grace_s: float) -> None:
    """End a daemon: in good order if it can, and after `grace_s` whatever it does.

    Raises:
        DaemonError: the system does not end it.
    """
    try:
        process.terminate()
        if hasattr(process, "resume"):
            process.resume()  # One that is stopped hears nothing else.
        if not gone(process, grace_s):
            process.kill()
    except psutil.NoSuchProcess:
        return
    except psutil.Error as error:
        raise _unending(process) from error
    if not gone(process, KILL_S):
        raise _unending(process)


def _unending(process: psutil.Process) -> DaemonError:
    return DaemonError(
        f"The system does not end the daemon (process {process.pid}).", "End that process."
    )


class DaemonWatch:
    """An observer of a daemon: is it stuck, or only busy, or waiting for the processor?"""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._process: psutil.Process | None = None
        self._seen_s = 0.0
        self._used_s = -1.0

    @property
    def pid(self) -> int | None:
        """The process that was stuck."""
        return None if self._process is None else self._process.pid

    def stuck(self) -> bool:
        """Ask again and again while waiting: whether to wait is of no use."""
        if self._process is None:
            self._process = holder(self._home)
        if self._process is None:
            return False
        try:
            status, times = self._process.status(), self._process.cpu_times()
        except psutil.Error:
            self._process, self._used_s = None, -1.0
            return False
        if status == psutil.STATUS_STOPPED:
            return True
        now_s, used_s = time.monotonic(), times.user + times.system
        waits = status in (psutil.STATUS_RUNNING, psutil.STATUS_DISK_SLEEP)
        if waits or used_s != self._used_s:
            self._seen_s, self._used_s = now_s, used_s
        return now_s - self._seen_s >= STILL_S
