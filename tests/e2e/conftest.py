"""Nothing that a test of the editor starts outlives it.

Told to stop while an editor is closing, the daemon comes back: the window that is still there
wants one. It would then leave only after its idle time.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import psutil
import pytest

from ownstack.paths import Home

END_S = 10.0


@pytest.fixture(scope="session", autouse=True)
def terminated_as_interrupted() -> Iterator[None]:
    """SIGTERM, from `timeout` for one, ends the run as Ctrl-C does: fixtures clean up."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    yield
    signal.signal(signal.SIGTERM, before)


@pytest.fixture(autouse=True)
def ended(home: Home) -> Iterator[None]:
    """End, after the test's own clean-up, every process that has its home."""
    yield
    while left := _processes_of(home):
        for process in left:
            process.kill()
        psutil.wait_procs(left, timeout=END_S)


def _processes_of(home: Home) -> list[psutil.Process]:
    root = str(home.config.parent)
    found = []
    for process in psutil.process_iter():
        try:
            if process.pid != os.getpid() and process.environ().get("OWNSTACK_HOME") == root:
                found.append(process)
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return found
