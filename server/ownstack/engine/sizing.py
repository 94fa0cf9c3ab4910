"""How much of the machine a model gets: threads, window, length of a prompt."""

from __future__ import annotations

import os

import psutil

from ownstack.engine.protocol import Speed

_DEFAULT_WINDOW = 4_096
SMALLEST_WINDOW = 512
_MEMORY_SHARE = 8
"""One window's keys and values take at most this part of the free memory."""
_COLD_PROMPT_S = 2.0
"""An infill prompt of which nothing is known yet should be read in this time."""
_ANSWER_TOKENS = 192


def threads(wanted: int = 0) -> int:
    """Return how many threads llama.cpp gets: the physical cores, less one from four up.

    More threads than physical cores make it slower; one core is left for the editor.
    """
    if wanted:
        return wanted
    cores = psutil.cpu_count(logical=False) or os.cpu_count() or 1
    if hasattr(os, "sched_getaffinity"):
        cores = min(cores, len(os.sched_getaffinity(0)))
    return cores - 1 if cores >= 4 else max(1, cores)


def window(
    wanted: int, *, trained: int, kv_bytes_per_token: int, free_bytes: int, default: int = 0
) -> int:
    """Return the context size in tokens: what is wished for, within training and memory."""
    size = min(wanted or default or _DEFAULT_WINDOW, trained or _DEFAULT_WINDOW)
    if wanted:
        return max(64, size)
    while size > SMALLEST_WINDOW and size * kv_bytes_per_token > free_bytes // _MEMORY_SHARE:
        size //= 2
    return size


def prompt_budget(window_tokens: int, speed: Speed) -> int:
    """Return how long an infill prompt should be at most, in tokens."""
    room = window_tokens - min(_ANSWER_TOKENS, window_tokens // 2)
    readable = int(speed.prefill * _COLD_PROMPT_S) if speed.prefill else room
    return min(room, max(256, readable))
