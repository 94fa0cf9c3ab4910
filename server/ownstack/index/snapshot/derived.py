"""What is computed from a snapshot once, and kept for as long as somebody holds it."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable
from typing import Any, TypeVar

from ownstack.index.snapshot.snapshot import Snapshot

T = TypeVar("T")
_kept: weakref.WeakKeyDictionary[Snapshot, dict[str, Any]] = weakref.WeakKeyDictionary()
_lock = threading.RLock()


def once(snapshot: Snapshot, name: str, make: Callable[[Snapshot], T]) -> T:
    """Return what `make` returned for this snapshot the first time."""
    with _lock:
        kept = _kept.setdefault(snapshot, {})
        if name not in kept:
            kept[name] = make(snapshot)
        value: T = kept[name]
        return value
