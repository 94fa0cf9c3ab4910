"""Threads of a project: T001 and so on, matters that are OPEN until they are RESOLVED."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from ownstack.memory import events
from ownstack.memory.events import Event, Stamp, ThreadState
from ownstack.memory.imported import is_imported

_NAME = re.compile(r"T(\d{1,9})")


@dataclass(frozen=True, slots=True)
class Thread:
    """A matter, and what came of it."""

    name: str
    text: str
    state: ThreadState = "OPEN"
    outcome: str = ""
    opened: float = 0.0
    """Seconds since 1970."""
    session: str = ""
    """Where it was touched last."""

    def event(self, stamp: Stamp) -> Event:
        """Return the event that says that this is how it stands now."""
        return events.thread(stamp, self.name, self.text, self.state, outcome=self.outcome)


def fold(logged: Iterable[Event]) -> dict[str, Thread]:
    """Return the threads by their names, as the newest event of each says."""
    found: dict[str, Thread] = {}
    for event in logged:
        if event.kind != "thread" or is_imported(event):
            continue
        name, text = str(event.data.get("name", "")), event.text
        state: ThreadState = "RESOLVED" if event.data.get("state") == "RESOLVED" else "OPEN"
        outcome = str(event.data.get("outcome", ""))
        opened = found[name].opened if name in found else event.at
        found[name] = Thread(name, text, state, outcome, opened, event.session)
    return found


def next_name(known: Iterable[str]) -> str:
    """Return the name after the highest."""
    numbers = [int(found[1]) for name in known if (found := _NAME.fullmatch(name))]
    return f"T{max(numbers, default=0) + 1:03}"


def open_threads(known: Iterable[Thread]) -> list[Thread]:
    """Return those that nobody has resolved, the oldest first."""
    return sorted((t for t in known if t.state == "OPEN"), key=lambda t: (t.opened, t.name))


def resolved(thread: Thread, outcome: str) -> Thread:
    """Return a thread that came to something."""
    return replace(thread, state="RESOLVED", outcome=outcome)
