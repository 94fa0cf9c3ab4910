"""Runs small Python programs that models wrote, apart from this process, in bounded time."""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
from dataclasses import dataclass

TIMEOUT_S = 10
MAX_MEMORY = 4 * 2**30
MAX_OUTPUT = 20_000


@dataclass(frozen=True, slots=True)
class Ran:
    """How a program ended."""

    ok: bool
    output: str


def run(program: str) -> Ran:
    """Run a program in a folder of its own; not ok if it fails, or takes too long."""
    with tempfile.TemporaryDirectory(prefix="ownstack-edits-") as folder:
        try:
            ended = subprocess.run(
                [sys.executable, "-I", "-"], input=program, text=True, capture_output=True,
                cwd=folder, timeout=TIMEOUT_S, preexec_fn=_limit, errors="replace",
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            return Ran(False, f"It did not end within {TIMEOUT_S} seconds.")
    return Ran(ended.returncode == 0, (ended.stdout + ended.stderr)[-MAX_OUTPUT:])


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY, MAX_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (TIMEOUT_S, TIMEOUT_S))
