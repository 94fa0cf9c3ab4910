"""How fast memory is read, which bounds how fast a model writes: by data sheets, or measured."""

from __future__ import annotations

import re
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np

_GIGA = 1e9
_CHIP = re.compile(r"\bApple (M[1-4](?: (?:Pro|Max|Ultra))?)\b")
_CHIPS = {
    "M1": 68,
    "M1 Pro": 200,
    "M1 Max": 400,
    "M1 Ultra": 800,
    "M2": 100,
    "M2 Pro": 200,
    "M2 Max": 400,
    "M2 Ultra": 800,
    "M3": 100,
    "M3 Pro": 150,
    "M3 Max": 300,
    "M3 Ultra": 819,
    "M4": 120,
    "M4 Pro": 273,
    "M4 Max": 410,
}
"""GB/s, from Apple's technical specifications; of chips with two variants the slower one."""
_CARDS = (
    *(("RTX 5090", 1792), ("RTX 5080", 960), ("RTX 4090", 1008), ("RTX 4080", 717)),
    *(("RTX 4070", 504), ("RTX 4060", 272), ("RTX 3090", 936), ("RTX 3080", 760)),
    *(("RTX 3060", 360), ("RX 7900 XTX", 960), ("A6000", 768), ("H200", 4800)),
    *(("H100", 2000), ("A100", 1555), ("L40S", 864), ("L4", 300), ("T4", 320)),
)
"""GB/s, from the makers' data sheets; of cards with several variants the slowest."""
_BLOCK_BYTES = 32_000_000
"""More than the caches of most processors."""
_ROUNDS = 16
_MOST_THREADS = 16


def of_apple_chip(name: str) -> float:
    """Return bytes per second by what a processor calls itself; 0 if it is not known."""
    found = _CHIP.search(name)
    return _CHIPS.get(found[1], 0) * _GIGA if found is not None else 0.0


def of_card(name: str) -> float:
    """Return bytes per second by what a graphics card calls itself; 0 if it is not known."""
    for card, speed in _CARDS:
        if re.search(rf"\b{re.escape(card)}\b", name):
            return speed * _GIGA
    return 0.0


def measured(threads: int) -> float:
    """Return how fast so many threads together copy memory, in bytes per second.

    The best of a few rounds: other programs only ever make it look slower.
    """
    threads = min(max(1, threads), _MOST_THREADS)
    count = _BLOCK_BYTES // 8
    blocks = [(np.ones(count), np.zeros(count)) for _ in range(threads)]
    moved = 2 * _BLOCK_BYTES * threads  # Each byte is read, and written.
    best = 0.0
    with ThreadPoolExecutor(threads) as pool:
        for _ in range(_ROUNDS):
            started_s = time.perf_counter()
            list(pool.map(lambda block: np.copyto(block[1], block[0]), blocks))
            best = max(best, moved / max(time.perf_counter() - started_s, 1e-9))
    return best
