"""`python -m benchmarks.memory`: what the daemon keeps in memory, with windows and after them.

    python -m benchmarks.memory [FOLDER] [--minutes 4] [--idle-minutes 1] [--json]

A daemon in a home of its own, with two windows on FOLDER over real pipes. For a quarter of the
time keys are typed and the project is searched, for a quarter the windows are idle, then they are
closed. Measured are the process and the children that it has: all that is in memory (RSS), a fair
share of what others use too (PSS), and what would be free if it ended (private).
"""

from __future__ import annotations

import argparse
import asyncio
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
from rich.console import Console
from rich.table import Table

from benchmarks.bars import Figure, machine, report
from benchmarks.editor import Window
from ownstack.daemon import lifecycle
from ownstack.daemon.handshake import Hello
from ownstack.lsp import protocol
from ownstack.paths import Home

FOLDER = Path(__file__).parents[1]
USE_EVERY_S = 2.0
PATIENCE_S = 120.0
SAMPLES = 12
"""At most so many lines for each part of the time."""
AFTER_S = (2.0, 15.0, 45.0, 60.0)
"""Seconds after the last window that are always looked at."""


@dataclass(frozen=True, slots=True)
class Sample:
    """The memory of the daemon at one moment, in bytes."""

    at_s: float
    what: str
    rss: int = 0
    pss: int = 0
    private: int = 0
    children: int = 0
    """Private memory of the processes that it has started."""
    n_children: int = 0
    threads: int = 0


class Watcher:
    """Looks at a process."""

    def __init__(self, pid: int) -> None:
        self.process = psutil.Process(pid)
        self.samples: list[Sample] = []
        self._began = time.monotonic()

    def look(self, what: str) -> bool:
        """Note what the process takes; False if it has left."""
        at_s = time.monotonic() - self._began
        try:
            own, threads = self.process.memory_full_info(), self.process.num_threads()
            children = [_private(child) for child in self.process.children(recursive=True)]
        except psutil.NoSuchProcess:
            self.samples.append(Sample(at_s, "it has left"))
            return False
        pss = getattr(own, "pss", 0)
        sample = Sample(at_s, what, own.rss, pss, own.uss, sum(children), len(children), threads)
        self.samples.append(sample)
        return True


def _private(process: psutil.Process) -> int:
    try:
        return int(process.memory_full_info().uss)
    except psutil.Error:  # It has ended meanwhile.
        return 0


async def measure(folder: Path, minutes: float, idle_minutes: int, home: Home) -> Watcher:
    files = sorted(folder.rglob("*.py"), key=lambda path: path.stat().st_size)[-2:]
    if len(files) < 2:
        raise SystemExit(f"{folder} holds no two files of Python.")
    settings = {"daemon": {"idleMinutes": idle_minutes}}
    windows = [
        await Window.open(path, path.read_text("utf-8"), settings=settings, folder=folder)
        for path in files
    ]
    welcome = lifecycle.ask(home, Hello("status"))
    assert welcome is not None
    watcher = Watcher(welcome.pid)
    quarter_s = minutes * 60 / 4
    for window in windows:
        await window.until_ready()
        await index_ready(window)
    watcher.look("model and index are ready")
    await use(watcher, windows, quarter_s)
    await wait(watcher, "the windows are idle", quarter_s)
    for window in windows:
        await window.close()
    await after(watcher, 2 * quarter_s, idle_minutes)
    return watcher


async def index_ready(window: Window) -> None:
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        result = await window.request(protocol.INDEX_STATUS, protocol.IndexStatusParams())
        if result.folders and all(folder.state == "ready" for folder in result.folders):
            return
        await asyncio.sleep(0.2)
    raise SystemExit("The index is not ready in time.")


async def use(watcher: Watcher, windows: list[Window], duration_s: float) -> None:
    """Type and search for a while."""
    began, looked, n = time.monotonic(), 0.0, 0
    while time.monotonic() - began < duration_s:
        window = windows[n % len(windows)]
        at = window.text.index("\n", len(window.text) * (n % 17) // 18)
        window.edit(at, at, "\n    value = self.")
        await asyncio.wait({window.ask(at + len("\n    value = self.")).future})
        await window.request(protocol.SEARCH, protocol.SearchParams(f"where is task {n} sent"))
        n += 1
        if time.monotonic() - looked > duration_s / SAMPLES:
            looked = time.monotonic()
            watcher.look(f"{n} keys and searches")
        await asyncio.sleep(min(USE_EVERY_S, duration_s / SAMPLES))


async def wait(watcher: Watcher, what: str, duration_s: float) -> None:
    for _ in range(SAMPLES):
        await asyncio.sleep(duration_s / SAMPLES)
        watcher.look(what)


async def after(watcher: Watcher, duration_s: float, idle_minutes: int) -> None:
    """Look until the daemon has left, or the time is over."""
    began = time.monotonic()
    end_s = max(duration_s, idle_minutes * 60 + 15.0)
    every = [end_s * n / SAMPLES for n in range(1, SAMPLES + 1)]
    for moment_s in sorted({*every, *AFTER_S}):
        if moment_s > end_s:
            return
        while (left_s := began + moment_s - time.monotonic()) > 0:
            await asyncio.sleep(min(1.0, left_s))
            if not watcher.process.is_running():
                break
        if not watcher.look(f"{time.monotonic() - began:.0f} s without windows"):
            return


@contextmanager
def own_home() -> Iterator[Home]:
    root = Path(tempfile.mkdtemp(prefix="ownstack-memory-"))
    os.environ["OWNSTACK_HOME"] = str(root)
    home = Home.default()
    try:
        yield home
    finally:
        lifecycle.stop(home)
        shutil.rmtree(root, ignore_errors=True)


def show(samples: list[Sample]) -> None:
    table = Table(title="memory of the daemon, MB", caption=str(machine()))
    for heading in ("after", "", "RSS", "PSS", "private", "children", "threads"):
        table.add_column(heading, justify="left" if not heading else "right")
    for sample in samples:
        minutes, seconds = divmod(int(sample.at_s), 60)
        sizes = [f"{size / 1e6:.0f}" for size in (sample.rss, sample.pss, sample.private)]
        children = f"{sample.n_children}: {sample.children / 1e6:.0f}"
        table.add_row(f"{minutes}:{seconds:02}", sample.what, *sizes, children, str(sample.threads))
    Console(width=110).print(table)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.memory", description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=FOLDER, metavar="FOLDER")
    parser.add_argument("--minutes", type=float, default=4.0)
    parser.add_argument("--idle-minutes", type=int, default=1, help="ownstack.daemon.idleMinutes")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    with own_home() as home:
        folder = arguments.folder.resolve()
        done = measure(folder, arguments.minutes, arguments.idle_minutes, home)
        samples = asyncio.run(done).samples
    if not arguments.json:
        show(samples)
        return 0
    rows = [
        Figure(f"{sample.at_s:.0f} s: {sample.what}", sample.private / 1e6, "MB", detail={
            "rss": sample.rss, "pss": sample.pss, "children": sample.children,
            "threads": sample.threads,
        })
        for sample in samples
    ]  # fmt: skip
    return report(rows, as_json=True, title="memory of the daemon")


if __name__ == "__main__":
    sys.exit(main())
