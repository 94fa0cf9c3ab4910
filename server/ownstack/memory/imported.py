"""Events that an archive brought: they count in their session, and are no facts of its project."""

from __future__ import annotations

from ownstack.memory.events import Event

IMPORTED = "imported"
"""Key of such an event's data; no archive has it."""


def is_imported(event: Event) -> bool:
    return bool(event.data.get(IMPORTED))
