"""Threads of a project: T001 and so on, matters that are OPEN until they are RESOLVED."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from ownstack.memory import events
from ownstack.memory.events import Event, Stamp, ThreadState
from ownstack.memory.facts.similarity import content, overlap
from ownstack.memory.imported import is_imported

ABOUT = 0.5
"""Share of terms from which on a sentence is about a thread."""
_NAME = re.compile(r"T(\d{1,9})")
_NAMED = re.compile(r"\bT\d{3,9}\b")
_OPENS = re.compile(
    r"\bTO-?DO:|^TO-?DO\b|\bopen question:|\b(?:remind me|don't forget|do not forget) to\b"
    r"|\b(?:we|i|you) still (?:have|need) to\b"
    r"|\b(?:do|fix|look at|come back to|get back to|return to|leave) (?:\w+ ){1,6}(?:for )?later\b",
    re.IGNORECASE,
)
_RESOLVES = re.compile(
    r"\b(?:that|this|it)(?:'s| is| was) (?:now |all )?(?:fixed|solved|resolved)\b"
    r"|\b(?:that|this) (?:fixed|solved) (?:it|the)\b|\b(?:it|that|this) works now\b"
    r"|\bT\d{3,9} is (?:done|fixed|solved|resolved)\b",
    re.IGNORECASE,
)
_EMPTY = frozenset(("fix", "solv", "resolv", "work", "done", "thank", "great", "perfect", "ok"))


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


def opens(sentence: str) -> bool:
    """Say whether a sentence leaves something for later; a question does so if it is named one."""
    found = _OPENS.search(sentence)
    is_named = found is not None and found[0].endswith(":")
    return found is not None and (is_named or not sentence.rstrip().endswith("?"))


def resolves(sentence: str) -> bool:
    """Say whether a sentence tells that something is solved; a question does not."""
    return _RESOLVES.search(sentence) is not None and not sentence.rstrip().endswith("?")


def meant(sentence: str, known: Iterable[Thread], session: str) -> Thread | None:
    """Return the open thread of which a sentence tells that it is solved, if that is certain.

    It names it, or is about it alone; or says no more than "that", and the session has one.
    """
    waiting = {thread.name: thread for thread in open_threads(known)}
    named = _NAMED.search(sentence)
    if named:
        return waiting.get(named[0])
    about = {term for term in content(sentence) - _EMPTY if len(term) > 1}
    if about:
        fits = [
            one for one in waiting.values() if overlap(frozenset(about), content(one.text)) >= ABOUT
        ]
    else:
        fits = [one for one in waiting.values() if one.session == session]
    return fits[0] if len(fits) == 1 else None


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
