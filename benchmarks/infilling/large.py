"""Echo on one large project: every fetched project in one folder, as a monorepo has them."""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Sequence
from pathlib import Path

import psutil

from benchmarks.bars import Figure, quantile
from benchmarks.infilling.cursors import Case
from benchmarks.infilling.index import Index
from ownstack.document import Document

MAX_KEYS = 600
SAVES = 10


async def large_project(root: Path, cases: Sequence[Case], cache: Path) -> list[Figure]:
    """Measure a key, the memory and a save where the index is of all of `root`.

    A few files are written into `root` and removed again.
    """
    gc.collect()
    process = psutil.Process()
    before = process.memory_info().rss
    started = time.perf_counter()
    index = await Index.of(root, cache)
    took_s = time.perf_counter() - started
    text_mb = index.text_bytes / 1e6
    wall, cpu = keys(index, cases)
    grown = process.memory_info().rss - before
    saves = [await save(index, root / f"saved_{number}.py", number) for number in range(SAVES)]
    index.close()
    found = sum(ms is not None for ms in saves)
    known = [ms for ms in saves if ms is not None]
    return [
        Figure(f"echo: a key, one project of {text_mb:.0f} MB, p95", quantile(wall, 0.95), "ms",
               "<=", 5.0, f"p50 {quantile(wall, 0.5):.2f} ms; p95 of one processor"
               f" {quantile(cpu, 0.95):.2f} ms, n={len(wall)}"),
        Figure("the same: memory over text", grown / max(1, index.text_bytes), "x", "<=", 6.0,
               "growth of the process, pages mapped from disk included"),
        Figure("the same: read from nothing", took_s, "s"),
        Figure("the same: a saved file counts after, worst", max(known, default=float("nan")),
               "ms", "<=", 100.0, f"{found} of {SAVES} saved lines were found"),
    ]  # fmt: skip


def keys(index: Index, cases: Sequence[Case]) -> tuple[list[float], list[float]]:
    """Return milliseconds by the clock and of one processor, a pair for each key."""
    echo = index.echo()
    wall, cpu = [], []
    for case in cases[:: max(1, len(cases) // MAX_KEYS)]:
        _ = case.document.index
        started, started_cpu = time.perf_counter(), time.thread_time()
        echo.suggest(case.document, case.offset, [])
        cpu.append((time.thread_time() - started_cpu) * 1e3)
        wall.append((time.perf_counter() - started) * 1e3)
    return wall, cpu


async def save(index: Index, path: Path, number: int) -> float | None:
    """Write a line that stands nowhere else; return milliseconds until it is known, or None."""
    head, rest = f"saved_for_the_benchmark_{number} = ", f"measured(after={number}, a_save=True)"
    path.write_text(f"import measured\n\n{head}{rest}\n", encoding="utf-8")
    try:
        started = time.perf_counter()
        future = index.saved(path)
        if future is not None:
            await asyncio.wrap_future(future)
        ms = (time.perf_counter() - started) * 1e3
        other = Document((path.parent / "new.py").as_uri(), "new.py", "python", 1, head)
        found = index.echo().suggest(other, len(head), [])
        return ms if found is not None and found.text == rest else None
    finally:
        path.unlink()
        future = index.saved(path)
        if future is not None:
            await asyncio.wrap_future(future)
