"""What the process takes of memory, and what it does not need any more handed back."""

from __future__ import annotations

import gc
import sys

import psutil

from ownstack.processes import trim_heap


def memory_bytes() -> int:
    """Return the memory this process holds."""
    return int(psutil.Process().memory_info().rss)


def forget_tables() -> None:
    """Let go of tables that are read again when they are needed; no index may be open."""
    embed = sys.modules.get("ownstack.index.embedding.embedder")
    if embed is not None:
        embed.default_embedder.cache_clear()


def give_back() -> None:
    """Hand back to the system what was freed and is kept for later. Waits, some milliseconds."""
    gc.collect()
    arrow = sys.modules.get("ownstack.index.storage.arrow")
    if arrow is not None:
        arrow.release_unused()
    trim_heap()
