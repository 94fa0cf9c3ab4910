"""How a trainer's process begins: tied to whoever started it, without whom it does not go on.

Whoever starts it holds the other end of its standard input. When that ends, the starter wants it
to leave, or has died: it is told so by SIGTERM, on any system. One that is suspended at that moment
is continued by the kernel: it is the whole of a group of processes that loses its last tie to its
session (POSIX, 3.36), and Linux sends it a signal anyhow.
"""

from __future__ import annotations

import os
import runpy
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

_SET_PARENT_DEATH_SIGNAL = 1
"""linux/prctl.h, PR_SET_PDEATHSIG: sent when the thread ends that started this process."""
_FIRST_TO_GO = "500"
"""Where memory runs out the system ends this one before an editor (proc(5), oom_score_adj)."""


def main(arguments: Sequence[str]) -> None:
    """Run a module, or a script by its path, with the rest of the arguments, as `python` does."""
    name, *rest = arguments
    _goes_first_when_memory_is_short()
    if os.name == "posix":
        _ends_with_its_group()
    threading.Thread(target=_leave_at_end, name="stdin", daemon=True).start()
    sys.argv = [name, *rest]
    if name.endswith(".py"):
        runpy.run_path(name, run_name="__main__")
    else:
        runpy.run_module(name, run_name="__main__", alter_sys=True)


def _goes_first_when_memory_is_short() -> None:
    try:
        Path("/proc/self/oom_score_adj").write_text(_FIRST_TO_GO, "ascii")
    except OSError:
        pass  # Not Linux.


def _ends_with_its_group() -> None:
    os.setpgid(0, 0)
    # Told together with "go on"; what to do then is said by stdin's end.
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    # Ctrl-C in a terminal is for whoever started this.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform == "linux":
        import ctypes

        prctl = getattr(ctypes.CDLL(None), "prctl", None)
        if prctl is not None:
            prctl(_SET_PARENT_DEATH_SIGNAL, int(signal.SIGCONT), 0, 0, 0)


def _leave_at_end() -> None:
    try:
        while os.read(0, 4_096):
            pass
    except OSError:
        pass
    if os.name == "posix":
        os.kill(os.getpid(), signal.SIGTERM)
    else:
        signal.raise_signal(signal.SIGTERM)


if __name__ == "__main__":
    main(sys.argv[1:])
