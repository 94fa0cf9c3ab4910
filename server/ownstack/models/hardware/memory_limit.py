"""What the system lets this process take of memory: `ulimit -v`, `ulimit -d`."""

from __future__ import annotations

import sys
from dataclasses import dataclass

import psutil

RESERVE_BYTES = 128 * 1024 * 1024
"""Address space that threads and their heaps reserve beside a model; they take little of it. Where
it is refused the process ends instead of raising (measured with two threads: 110 to 140 MB)."""


@dataclass(frozen=True, slots=True)
class Limit:
    """One limit, and what is left of it."""

    command: str
    """Of a shell, to see and set it."""
    limit_bytes: int
    left_bytes: int


def process_limit() -> Limit | None:
    """Return the limit of this process that leaves least; None where there is none."""
    if sys.platform == "win32":
        return None
    import resource

    used = psutil.Process().memory_info()
    found = []
    for kind, command, taken in (
        (resource.RLIMIT_AS, "ulimit -v", used.vms),
        (resource.RLIMIT_DATA, "ulimit -d", getattr(used, "data", 0)),
    ):
        limit = resource.getrlimit(kind)[0]
        if limit != resource.RLIM_INFINITY:
            found.append(Limit(command, limit, max(0, limit - taken)))
    return min(found, key=lambda limit: limit.left_bytes, default=None)
