"""What a test needs beyond Python: said by its marks, and watched while it runs.

`scripts/test-quick` leaves out what needs anything. So that it stays true, a test fails that starts
a process or loads llama.cpp without saying so.
"""

from __future__ import annotations

import re
import sys
import threading
from pathlib import Path

NEEDS = frozenset({"native", "process", "e2e"})
"""Who says one of them may do the others: a native test starts a child that tries the model."""
_STARTS = frozenset({"subprocess.Popen", "os.fork", "os.forkpty", "os.posix_spawn", "os.system"})
_OF_MODULE = re.compile(r"^pytestmark = .*(?:\n .*)*", re.MULTILINE)
_MARKS = re.compile(r"pytest\.mark\.(\w+)")


class Witness:
    """Sees what is done by the thread of a test, and by threads that it starts."""

    def __init__(self) -> None:
        """See nothing before `begin`."""
        self._others: set[int] = set()
        self._seen: set[str] = set()
        sys.addaudithook(self._hear)

    def begin(self) -> None:
        """Forget what was seen; threads that run already work for somebody else."""
        me = threading.get_ident()
        self._others = {thread for thread in sys._current_frames() if thread != me}
        self._seen = set()

    def seen(self) -> set[str]:
        """Return what was needed since `begin`, as marks."""
        return set(self._seen)

    def _hear(self, event: str, arguments: tuple[object, ...]) -> None:
        if event in _STARTS and threading.get_ident() not in self._others:
            self._seen.add("process")
        elif event == "import" and str(arguments[0]).startswith("llama_cpp."):
            self._seen.add("native")


def unwanted(module: Path, expression: str) -> bool:
    """Say whether `-m expression` leaves out a whole test module, so that it is not imported.

    Modules of native tests load the library when they are imported.
    """
    text = module.read_text("utf-8")
    said = _OF_MODULE.search(text)
    left_out = set(re.findall(r"\bnot (\w+)", expression))
    return said is not None and not left_out.isdisjoint(_MARKS.findall(said[0]))
