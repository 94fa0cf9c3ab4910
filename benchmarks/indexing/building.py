"""The first build of an index, and opening it again."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import psutil

from benchmarks.bars import Figure
from ownstack.index.embedding.embedder import default_embedder
from ownstack.index.project import ProjectIndex
from ownstack.index.search.search import search
from ownstack.index.status import Progress

BUILD_S, FIRST_S = 20.0, 5.0
PEAK_MIB = 1_024.0
DISK_TIMES = 3.0
REOPEN_S_PER_100K_LINES = 2.0
_QUERY = "open a socket"


class Usage(threading.Thread):
    """Samples the memory and processor time of this process and its children.

    Memory is an upper bound, since shared pages count twice; time is one where others compete
    for the processors and the clock says little.
    """

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self._process = psutil.Process()
        self._ends = threading.Event()
        self._before_s = _processor_s(self._process)
        self._peak_bytes = 0
        self._of_children: dict[int, float] = {}

    def run(self) -> None:
        while not self._ends.wait(0.05):
            try:
                family = [self._process, *self._process.children(recursive=True)]
                now = sum(process.memory_info().rss for process in family)
                self._of_children |= {process.pid: _processor_s(process) for process in family[1:]}
            except psutil.NoSuchProcess:
                continue
            self._peak_bytes = max(self._peak_bytes, now)

    def end(self) -> tuple[float, float]:
        """Return the peak of the memory in MiB, and the seconds of processors."""
        self._ends.set()
        self.join()
        mine_s = _processor_s(self._process) - self._before_s
        return self._peak_bytes / 2**20, mine_s + sum(self._of_children.values())


def _processor_s(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def measure(root: Path, cache: Path) -> list[Figure]:
    """Build an index that was never there."""
    usage = Usage()
    usage.start()
    started = time.perf_counter()
    first: dict[str, float] = {}
    index = ProjectIndex.open(root, cache, default_embedder())

    def note(progress: Progress) -> None:
        now = time.perf_counter() - started
        if "found" not in first and search(index.snapshot, _QUERY):
            first["found"] = time.perf_counter() - started
        if progress.phase in ("skimming", "reading") and progress.n_done == progress.n_all:
            first[progress.phase] = now

    index.refresh(note)
    took_s = time.perf_counter() - started
    peak_mib, processor_s = usage.end()
    status = index.status()
    megabytes = status.source_bytes / 1e6
    detail = {
        "files": status.n_files,
        "lines": status.n_lines,
        "megabytes": round(megabytes, 2),
        "chunks": status.n_chunks,
        "symbols": status.n_symbols,
        "left_out": status.left_out,
        "message": status.message,
    }
    index.close()
    return [
        Figure("full index", took_s, "s", "<=", BUILD_S, detail=detail),
        Figure("first result of a search", first.get("found", took_s), "s", "<=", FIRST_S),
        Figure(
            "all text and symbols searchable, at a glance",
            first.get("skimming", first.get("reading", took_s)),
            "s",
            "<=",
            FIRST_S,
        ),
        Figure("all text and symbols searchable, parsed", first.get("reading", took_s), "s"),
        Figure("full index, processors' time", processor_s, "s"),
        Figure("files", status.n_files / took_s, "/s"),
        Figure("source", megabytes / took_s, "MB/s"),
        Figure("lines", status.n_lines / took_s, "/s"),
        Figure("peak memory, all processes", peak_mib, "MiB", "<=", PEAK_MIB),
        Figure(
            "size on disk", status.size_bytes / status.source_bytes, "x source", "<=", DISK_TIMES
        ),
    ]


def reopen(root: Path, cache: Path) -> list[Figure]:
    """Open an index of which nothing has changed, and compare it with the folder."""
    started = time.perf_counter()
    index = ProjectIndex.open(root, cache, default_embedder())
    opened_s = time.perf_counter() - started
    plan = index.refresh()
    took_s = time.perf_counter() - started
    lines = index.status().n_lines
    index.close()
    return [
        Figure(
            "nothing changed, opened again",
            took_s / (lines / 100_000),
            "s / 100,000 lines",
            "<=",
            REOPEN_S_PER_100K_LINES,
            detail={"seconds": took_s, "until_searchable_s": opened_s, "read": len(plan.read)},
        )
    ]
