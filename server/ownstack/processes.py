"""Processes that were noted down, found again without mistaking another; and this one's heap."""

from __future__ import annotations

import ctypes
import os
import sys
import time

import psutil

_POLL_S = 0.02
_CLOCK_S = 2.0
"""The start of a process is told by a clock that may have been set since."""


def process_of(pid: int, started: float) -> psutil.Process | None:
    """Return a process of this user that was noted, if it is still there, and no other one.

    The number of a process that has gone may be another's by now, so it must have started when the
    note says: `started`, seconds since 1970.
    """
    try:
        process = psutil.Process(pid)
        same = abs(process.create_time() - started) < _CLOCK_S
        if not same or process.status() == psutil.STATUS_ZOMBIE:
            return None
        return process if _is_ours(process) else None
    except (psutil.Error, ValueError, OverflowError):
        return None


def gone(process: psutil.Process, within_s: float) -> bool:
    """Wait until a process has ended; return whether it has.

    One that nobody has asked for its exit status has ended, too.
    """
    deadline_s = time.monotonic() + within_s
    while True:
        try:
            if not process.is_running() or process.status() == psutil.STATUS_ZOMBIE:
                return True
        except psutil.NoSuchProcess:
            return True
        if time.monotonic() >= deadline_s:
            return False
        time.sleep(_POLL_S)


def _is_ours(process: psutil.Process) -> bool:
    if os.name == "posix":
        # By number: to find names may take a server's answer, while somebody types.
        return bool(process.uids().real == os.getuid())
    return bool(process.username() == psutil.Process().username())


def trim_heap() -> None:
    """Hand back to the system what this process freed and keeps for later; some milliseconds."""
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if trim is not None:  # glibc has it, others hand back by themselves.
            trim(0)
