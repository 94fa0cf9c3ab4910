"""Others that read the same folder: ctags, ripgrep, aider's repository map."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from pathlib import Path

from benchmarks.bars import Figure

AIDER_TIMES = 10.0
TIMEOUT_S = 1_800
_MAP = """
import os, sys, time
from aider.io import InputOutput
from aider.repomap import RepoMap

class Words:
    def token_count(self, text):
        return len(text) // 4

files = [os.path.join(at, name) for at, _, names in os.walk(sys.argv[1]) for name in names
         if name.endswith(".py")]
made = RepoMap(map_tokens=1024, root=sys.argv[1], main_model=Words(), io=InputOutput(yes=True))
for _ in range(2):
    started = time.perf_counter()
    made.get_repo_map([], files, force_refresh=True)
    print(time.perf_counter() - started)
print(len(files))
"""


def measure(root: Path, home: Path, mine_s: float, aider: Path | None) -> list[Figure]:
    """Return the seconds each takes; those that are not installed are left out."""
    figures = []
    if shutil.which("ctags"):
        tags = ["ctags", "-R", "--fields=+nS", "-f", str(home / "tags"), str(root)]
        took_s = _run(tags)
        figures.append(
            Figure("ctags, definitions", took_s, "s", compared=f"full index {mine_s:.1f} s")
        )
    if shutil.which("rg"):
        took_s = _run(["rg", "--count", "--no-messages", "socket", str(root)], fine=(0, 1))
        figures.append(Figure("ripgrep, one word once", took_s, "s"))
    if aider is not None:
        answer = subprocess.run(
            [str(aider), "-c", _MAP, str(root)],
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
            cwd=home,
            env=os.environ | {"HOME": str(home)},
        )
        first_s, again_s, n_files = answer.stdout.split()[-3:]
        figures += [
            Figure("aider's map", float(first_s), "s", detail={"files": int(n_files)}),
            Figure("aider's map, asked again", float(again_s), "s"),
            Figure("faster than aider's map", float(first_s) / mine_s, "x", ">=", AIDER_TIMES),
        ]
    return figures


def _run(command: list[str], fine: tuple[int, ...] = (0,)) -> float:
    """Return the seconds; ripgrep's exit status 1 says that no file has the word."""
    started = time.perf_counter()
    ended = subprocess.run(command, capture_output=True, timeout=TIMEOUT_S)
    took_s = time.perf_counter() - started
    if ended.returncode not in fine:
        ended.check_returncode()
    return took_s
