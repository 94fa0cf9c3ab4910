"""`python -m benchmarks.indexing PATH`: what an index of a folder costs, beside its peers.

    python -m benchmarks.indexing PATH [--json] [--edits N] [--switches N] [--aider PYTHON]

PATH is copied first, since its files are edited. Peers run on the same copy where they are
installed: universal-ctags and ripgrep by their names, aider's repository map in the Python of
`--aider`. They do less: ctags and aider keep definitions (and references), ripgrep keeps nothing.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

from benchmarks.bars import Figure, report
from benchmarks.indexing import building, changing, peers, querying

_NOT_COPIED = shutil.ignore_patterns("__pycache__", ".git", "site-packages", "node_modules")
"""What no index reads, and peers would."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.indexing", description=__doc__)
    parser.add_argument("path", type=Path, help="a folder of source code")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--edits", type=int, default=1_000, help="single-file edits")
    parser.add_argument("--switches", type=int, default=50, help="branch switches")
    parser.add_argument("--branch", type=int, default=500, help="files that differ on the branch")
    parser.add_argument("--aider", type=Path, help="a Python that has aider-chat")
    arguments = parser.parse_args()
    if not arguments.path.is_dir():
        parser.error(f"no such folder: {arguments.path}")
    home = Path(tempfile.mkdtemp(prefix="ownstack-bench-"))
    try:
        figures = measure(arguments, home)
    finally:
        shutil.rmtree(home, ignore_errors=True)
    missed = report(figures, as_json=arguments.json, title=f"indexing {arguments.path}")
    return 1 if missed else 0


def measure(arguments: argparse.Namespace, home: Path) -> list[Figure]:
    root, cache = home / "source", home / "cache"
    shutil.copytree(arguments.path, root, symlinks=True, ignore=_NOT_COPIED)
    figures = building.measure(root, cache)
    mine_s = figures[0].measured
    figures += peers.measure(root, home, mine_s, arguments.aider)
    figures += building.reopen(root, cache)
    figures += querying.measure(root, cache)
    figures += changing.measure(root, cache, arguments.edits, arguments.switches, arguments.branch)
    return figures


if __name__ == "__main__":
    sys.exit(main())
