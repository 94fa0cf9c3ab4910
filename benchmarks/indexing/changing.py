"""Saves, branch switches, and what they leave on the disk."""

from __future__ import annotations

import os
import random
import shutil
import time
from pathlib import Path

from benchmarks.bars import Figure, quantile
from ownstack.extract.terms import terms
from ownstack.files.publisher import Publisher
from ownstack.index.embedding.embedder import default_embedder
from ownstack.index.live import LiveIndex
from ownstack.index.project import ProjectIndex

SAVE_MS = 300.0
DISK_TIMES = 4.0
N_SAVES = 60
_WAIT_S = 20.0


def measure(root: Path, cache: Path, n_edits: int, n_switches: int, n_branch: int) -> list[Figure]:
    index = ProjectIndex.open(root, cache, default_embedder())
    index.refresh()
    files = sorted(file.path for file in index.snapshot.files() if 500 < file.size_bytes < 200_000)
    dice = random.Random(0)
    figures = _saves(index, dice.sample(files, min(N_SAVES, len(files))))
    index = ProjectIndex.open(root, cache, default_embedder())
    index.refresh()
    figures += _switches(index, dice.sample(files, min(n_branch, len(files))), n_switches)
    for number in range(n_edits):
        path = dice.choice(files)
        _edit(root / path, f"edited{number}")
        index.update([path])
        if number % 100 == 99:
            index.tidy()
    index.tidy()
    status = index.status()
    figures.append(
        Figure(
            f"size on disk after {n_edits:,} edits and {n_switches} switches of {n_branch} files",
            status.size_bytes / status.source_bytes,
            "x source",
            "<=",
            DISK_TIMES,
            detail={"message": status.message},
        )
    )
    index.close()
    return figures


def _saves(index: ProjectIndex, paths: list[str]) -> list[Figure]:
    """Save files as editors do, beside the system's own events, and wait until each is found."""
    live = LiveIndex(index, Publisher(index.root))
    while index.phase != "ready":
        time.sleep(0.05)
    times, lost = [], 0
    for number, path in enumerate(paths):
        word = "zyxsaved" + "".join("abcdefghij"[int(digit)] for digit in str(number))
        started = time.perf_counter()
        _edit(index.root / path, word)
        wanted = terms(word)
        while not len(index.snapshot.full_text(wanted, 1)[0]):
            if time.perf_counter() - started > _WAIT_S:
                lost += 1
                break
            time.sleep(0.002)
        times.append((time.perf_counter() - started) * 1_000)
        time.sleep(0.1)
    live.close()
    return [
        Figure("a save is searchable, p50", quantile(times, 0.5), "ms"),
        Figure(
            "a save is searchable, p95",
            quantile(times, 0.95),
            "ms",
            "<=",
            SAVE_MS,
            detail={"saves": len(times), "lost": lost},
        ),
    ]


def _switches(index: ProjectIndex, paths: list[str], n_switches: int) -> list[Figure]:
    """Switch between two states of some files, the first time to one that was never seen."""
    root, sides = index.root, (index.root.parent / "main", index.root.parent / "branch")
    for side in sides:
        for path in paths:
            (side / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(root / path, side / path)
    for path in paths:
        _edit(sides[1] / path, "otherbranch")
    times = []
    for number in range(n_switches):
        for path in paths:
            shutil.copyfile(sides[(number + 1) % 2] / path, root / path)
        started = time.perf_counter()
        index.refresh()
        times.append(time.perf_counter() - started)
        if number % 10 == 9:
            index.tidy()
    return [
        Figure(f"switch of {len(paths)} files, never seen", times[0], "s"),
        Figure(f"switch of {len(paths)} files, seen, p50", quantile(times[1:], 0.5), "s"),
    ]


def _edit(file: Path, word: str) -> None:
    text = file.read_bytes()
    middle = text.find(b"\n", len(text) // 2) + 1
    partial = file.with_name(file.name + ".partial~")
    partial.write_bytes(text[:middle] + f"# {word}\n".encode() + text[middle:])
    os.replace(partial, file)
