"""How much of the machine a model gets: threads, window, length of a prompt."""

from __future__ import annotations

import os

import psutil

_DEFAULT_WINDOW = 4_096
SMALLEST_WINDOW = 512
_MEMORY_SHARE = 8
"""One window's keys and values take at most this part of the free memory."""
CHAT_WINDOWS = (4_096, 8_192, 16_384, 32_768, 65_536)
USUAL_CHAT_WINDOW = 8_192
_CHAT_MEMORY_SHARE = 4
_LONGEST_READING_S = 240.0
_ANSWER_TOKENS = 192


def threads(wanted: int = 0) -> int:
    """Return how many threads llama.cpp gets: the physical cores, less one from four up.

    More threads than physical cores make it slower; one core is left for the editor.
    """
    if wanted:
        return wanted
    usable = cores()
    return usable - 1 if usable >= 4 else max(1, usable)


def cores() -> int:
    """Return how many physical cores this process may use."""
    physical = psutil.cpu_count(logical=False) or os.cpu_count() or 1
    if hasattr(os, "sched_getaffinity"):
        physical = min(physical, len(os.sched_getaffinity(0)))
    return physical


def window(wanted: int, *, trained: int, kv_bytes_per_token: int, free_bytes: int) -> int:
    """Return the context size in tokens: what is wished for, within training and memory."""
    size = min(wanted or _DEFAULT_WINDOW, trained or _DEFAULT_WINDOW)
    if wanted:
        return max(64, size)
    while size > SMALLEST_WINDOW and size * kv_bytes_per_token > free_bytes // _MEMORY_SHARE:
        size //= 2
    return size


def chat_window(
    *, trained: int, kv_bytes_per_token: float, free_bytes: int, prefill: float = 0.0
) -> int:
    """Return the context size for conversations in tokens, the longest that makes sense.

    Its keys and values take at most a quarter of the free memory, and it can be read in four
    minutes. `prefill`: how fast, in tokens a second; 0 = not measured yet, so nothing is risked.
    """
    readable = max(USUAL_CHAT_WINDOW, prefill * _LONGEST_READING_S)
    for size in reversed(CHAT_WINDOWS):
        fits = size * kv_bytes_per_token <= free_bytes // _CHAT_MEMORY_SHARE
        if fits and size <= min(trained, readable):
            return size
    return window(
        0, trained=trained, kv_bytes_per_token=int(kv_bytes_per_token), free_bytes=free_bytes
    )


def prompt_budget(window_tokens: int) -> int:
    """Return the longest infill prompt in tokens; `completion/context/widths.py` asks for less."""
    return window_tokens - min(_ANSWER_TOKENS, window_tokens // 2)
