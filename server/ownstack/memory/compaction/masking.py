"""Masking: old output behind handles, which costs no model and loses no words of people."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ownstack.memory.conversation import text_of
from ownstack.memory.events import Event
from ownstack.memory.handles import handle


def maskable(events: Sequence[Event], count: Callable[[str], int]) -> frozenset[str]:
    """Return those events of which a handle is shorter than what they hold."""
    found = set()
    for event in events:
        if event.kind == "tool_result":
            hidden = event.text
        elif event.kind == "user":
            hidden = text_of(event.data, "context")
        else:
            continue
        if hidden and count(handle(event)) < count(hidden):
            found.add(event.id)
    return frozenset(found)
