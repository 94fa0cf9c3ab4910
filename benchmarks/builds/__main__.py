"""`python -m benchmarks.builds`: two builds of llama-cpp-python, turn by turn.

    python -m benchmarks.builds --native WHEEL --portable WHEEL [--model GGUF ...] [--json]

Tokens a second of a prompt of 512 tokens and of 64 more one by one, with the built-in network and
each model named: on an idle machine, and beside a process that keeps one core busy, since threads
that spin while they wait lose the most there. Each build has a process of its own; they take
turns, so that whatever else the machine does falls on both. Ratios are medians of the turns'.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import ownstack
from benchmarks.bars import Figure, report

BUILTIN = Path(ownstack.__file__).parent / "builtin" / "ownstack-builtin.gguf"
BAR = 0.97
BUSY = "while True: pass"
LOADS = {"idle": 0, "busy": 1}
"""How many cores something else keeps busy meanwhile."""
Reading = dict[str, float]


class Build:
    """A process with one build and one model, which measures when it is asked."""

    def __init__(self, folder: Path, model: Path, threads: int, prefill: int, decode: int) -> None:
        paths = (folder, Path(__file__).parents[2], Path(ownstack.__file__).parents[1])
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.builds.turns",
             *map(str, (model, threads, prefill, decode))],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, paths))},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )  # fmt: skip
        self.said: dict[str, str] = self._answer()

    def turn(self) -> Reading:
        """Measure once."""
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        reading: Reading = self._answer()
        return reading

    def close(self) -> None:
        """End the process."""
        self._process.communicate()

    def _answer(self) -> Any:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit(f"A build ended with {self._process.wait()}.")
        return json.loads(line)


@contextmanager
def busy(count: int) -> Iterator[None]:
    """Keep `count` cores busy meanwhile."""
    processes = [subprocess.Popen([sys.executable, "-c", BUSY]) for _ in range(count)]
    try:
        yield
    finally:
        for process in processes:
            process.kill()
            process.wait()


def compared(native: Build, portable: Build, turns: int) -> list[tuple[Reading, Reading]]:
    """Let both measure `turns` times, each first every other time."""
    pairs = []
    for turn in range(turns):
        if turn % 2:
            after = portable.turn()
            pairs.append((native.turn(), after))
        else:
            before = native.turn()
            pairs.append((before, portable.turn()))
    return pairs


def figures(what: str, pairs: Sequence[tuple[Reading, Reading]]) -> list[Figure]:
    """Return the ratios of portable to native, with what was measured beside them."""
    made = []
    for kind in ("prefill", "decode"):
        native = statistics.median(pair[0][kind] for pair in pairs)
        portable = statistics.median(pair[1][kind] for pair in pairs)
        made.append(
            Figure(
                f"{kind}, {what}",
                statistics.median(after[kind] / before[kind] for before, after in pairs),
                "x",
                ">=",
                BAR,
                f"{portable:.1f} / {native:.1f} tokens/s",
                {"native": native, "portable": portable, "turns": len(pairs)},
            )
        )
    return made


def main() -> int:
    """Measure, print the figures, and return how many bars were missed."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.builds",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--native", type=Path, required=True, metavar="WHEEL")
    parser.add_argument("--portable", type=Path, required=True, metavar="WHEEL")
    parser.add_argument("--model", type=Path, nargs="*", default=[], metavar="GGUF")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--prefill", type=int, default=512, metavar="TOKENS")
    parser.add_argument("--decode", type=int, default=64, metavar="TOKENS")
    parser.add_argument("--rounds", type=int, default=3, help="processes of each build")
    parser.add_argument("--turns", type=int, default=4, help="for each process and load")
    parser.add_argument("--load", choices=LOADS, nargs="*", default=list(LOADS))
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    made: list[Figure] = []
    with tempfile.TemporaryDirectory() as temporary:
        folders = []
        for wheel in (options.native, options.portable):
            folders.append(Path(temporary) / wheel.stem / str(len(folders)))
            with zipfile.ZipFile(wheel) as archive:
                archive.extractall(folders[-1])
        for model in (BUILTIN, *options.model):
            readings: dict[str, list[tuple[Reading, Reading]]] = {load: [] for load in options.load}
            for _round in range(options.rounds):
                with ExitStack() as open_builds:
                    builds = []
                    for folder in folders:
                        builds.append(Build(folder, model, options.threads, options.prefill,
                                            options.decode))  # fmt: skip
                        open_builds.callback(builds[-1].close)
                    for load, pairs in readings.items():
                        with busy(LOADS[load]):
                            pairs += compared(*builds, options.turns)
            for build in builds:
                said = f"CPU code {build.said['cpu'] or 'linked in'}"
                print(f"{model.name}: {said}; {build.said['build']}", file=sys.stderr)
            for load, pairs in readings.items():
                made += figures(f"{model.stem}, {load}", pairs)
    return report(made, as_json=options.json, title="Portable build / native build")


if __name__ == "__main__":
    sys.exit(main())
