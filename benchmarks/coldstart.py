"""`python -m benchmarks.coldstart`: from starting Ownstack to the first suggestion.

    python -m benchmarks.coldstart [FILE:LINE:COL] [--model NAME|PATH] [--runs 5] [--json]

In a home of its own, with no daemon: the terminal's command and an editor's window, each with
nothing kept from before (the model's first decode is then tried in a child process) and with
what such a first start left behind. The rest of the line is hidden and asked for by the key, so
that there is a suggestion from whoever can answer first.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psutil

from benchmarks.bars import Figure, report
from benchmarks.editor import Window
from ownstack.cli.complete import offset_in, place, without_rest_of_line
from ownstack.daemon import lifecycle
from ownstack.daemon.handshake import Hello
from ownstack.lsp import protocol
from ownstack.paths import Home

BAR_S = 1.5
PLACE = f"{Path(__file__).parents[1] / 'server' / 'ownstack' / 'text.py'}:153:16"
ASK_EVERY_S = 0.02
PATIENCE_S = 60.0


@dataclass(frozen=True, slots=True)
class Start:
    """Seconds of one start."""

    suggestion: float
    completer: float
    """Until the model was at work; in the terminal the suggestion waits for it."""


def in_terminal(where: str, model: str) -> Start:
    """Run `ownstack complete` in a fresh process."""
    command = [sys.executable, "-m", "ownstack", "complete", "--retype", where]
    started_s = time.perf_counter()
    done = subprocess.run(
        [*command, "--model", model] if model else command, check=True, capture_output=True
    )
    taken_s = time.perf_counter() - started_s
    if not done.stdout:
        raise SystemExit(f"No suggestion: {done.stderr.decode().strip()}")
    return Start(taken_s, taken_s)


def in_editor(where: str, model: str, home: Home) -> Start:
    """Open a window, which starts the daemon; ask until there is a suggestion."""
    try:
        return asyncio.run(first_suggestion(where, model))
    finally:
        running = lifecycle.ask(home, Hello("status"))
        daemon = psutil.Process(running.pid) if running is not None else None
        lifecycle.stop(home)
        if daemon is not None:  # It hands its lock on only at the very end.
            daemon.wait(PATIENCE_S)


async def first_suggestion(where: str, model: str) -> Start:
    path, line, column = place(where)
    text = path.read_text("utf-8")
    offset = offset_in(text, line, column)
    started_s = time.perf_counter()
    settings = {"models": {"completion": model}}
    window = await Window.open(path, without_rest_of_line(text, offset), settings=settings)
    try:
        suggestion_s = completer_s = 0.0
        while not (suggestion_s and completer_s):
            taken_s = time.perf_counter() - started_s
            if taken_s > PATIENCE_S:
                raise SystemExit("Neither a suggestion nor a model within a minute.")
            if not completer_s:
                status = await window.request(protocol.STATUS, protocol.Nothing())
                working = status.completer == "model" or status.state in ("noModel", "error")
                completer_s = taken_s if working else 0.0
            if not suggestion_s:
                asked = window.ask(offset, invoked=True)
                await asyncio.wait({asked.future})
                suggestion_s = time.perf_counter() - started_s if asked.text else 0.0
            await asyncio.sleep(ASK_EVERY_S)
    finally:
        await window.close()
    return Start(suggestion_s, completer_s)


def figures(where: str, model: str, runs: int, home: Home, root: Path) -> list[Figure]:
    ways: dict[str, Callable[[], Start]] = {
        "terminal": lambda: in_terminal(where, model),
        "editor": lambda: in_editor(where, model, home),
    }
    found = []
    for name, start in ways.items():
        for kept in (False, True):
            starts = []
            for _ in range(runs):
                if not kept:
                    shutil.rmtree(root, ignore_errors=True)
                starts.append(start())
            when = "with caches" if kept else "the very first"
            found.append(figure(f"{name}, {when}", [start.suggestion for start in starts], BAR_S))
            if name == "editor":
                ready = [start.completer for start in starts]
                found.append(figure(f"{name}, {when}: until the model is at work", ready))
    return found


def figure(name: str, seconds: list[float], limit: float | None = None) -> Figure:
    detail = {"seconds": [round(value, 3) for value in seconds], "worst": round(max(seconds), 3)}
    return Figure(name, statistics.median(seconds), "s", limit=limit, detail=detail)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.coldstart", description=__doc__)
    parser.add_argument("place", nargs="?", default=PLACE, metavar="FILE:LINE:COL")
    parser.add_argument("--model", default="", help="a known model or a GGUF (default: built in)")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    root = Path(tempfile.mkdtemp(prefix="ownstack-cold-")) / "home"
    os.environ["OWNSTACK_HOME"] = str(root)
    try:
        measured = figures(arguments.place, arguments.model, arguments.runs, Home.default(), root)
    finally:
        shutil.rmtree(root.parent, ignore_errors=True)
    title = f"cold start with {arguments.model or 'the built-in completer'}, seconds (median)"
    missed = report(measured, as_json=arguments.json, title=title)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
