"""What training needs beside this program: looked for without loading it."""

from __future__ import annotations

import importlib.util
import os
import shlex
import shutil
import subprocess
import sys

from ownstack.errors import LearningError

NEEDED = ("torch", "transformers", "peft", "gguf")
_CPU_INDEX = "https://download.pytorch.org/whl/cpu"


def install(*what: str) -> str:
    """Return what to type in a terminal; it names this Python, whichever is first on the PATH."""
    words = (sys.executable, "-m", "pip", "install", *what)
    if importlib.util.find_spec("pip") is None and shutil.which("uv"):
        # uv makes environments without pip, those of the editor's extension among them.
        words = ("uv", "pip", "install", "--python", sys.executable, *what)
    return shlex.join(words) if os.name != "nt" else subprocess.list2cmdline(words)


INSTALL = install("ownstack[learn]")


def torch_hint() -> str:
    """Return how to install PyTorch for machines without graphics cards."""
    return install("torch", "--index-url", _CPU_INDEX)


def missing() -> tuple[str, ...]:
    """Return which packages are not installed."""
    return tuple(name for name in NEEDED if importlib.util.find_spec(name) is None)


def check(absent: tuple[str, ...] | None = None, platform: str = sys.platform) -> None:
    """See to it that training can begin. `absent`: what is missing, where it is known.

    Raises:
        LearningError: something is missing; how to install it.
    """
    absent = missing() if absent is None else absent
    if not absent:
        return
    hint = f"Install it with: {INSTALL}"
    if platform == "linux" and "torch" in absent:
        # From the usual index comes a build for Nvidia's cards, of several gigabytes.
        hint += f" — on a machine without a graphics card first, as it is smaller: {torch_hint()}"
    raise LearningError(f"To learn, {_list(absent)} must be installed.", hint)


def _list(names: tuple[str, ...]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
