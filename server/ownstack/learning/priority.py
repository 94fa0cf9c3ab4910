"""Letting all other work of this machine go first: on the processor, and on the disk."""

from __future__ import annotations

import os
import sys

import psutil

from ownstack.concurrency import LOWEST, lower_priority


def go_last() -> None:
    """Take the lowest priority, for this process and those that it starts from now on."""
    # Threads that wait for each other give the processor up meanwhile; read when OpenMP loads.
    os.environ["OMP_WAIT_POLICY"] = "passive"
    os.environ["KMP_BLOCKTIME"] = "0"
    process = psutil.Process()
    if os.name == "posix":
        lower_priority(LOWEST)
    try:
        if sys.platform == "win32":
            process.nice(psutil.IDLE_PRIORITY_CLASS)
            process.ionice(psutil.IOPRIO_VERYLOW)
        elif sys.platform == "linux":
            process.ionice(psutil.IOPRIO_CLASS_IDLE)
    except (psutil.Error, OSError):
        pass  # It is as fast as it is allowed to be.
