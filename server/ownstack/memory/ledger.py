"""The ledger: what a conversation did and came upon, computed from its events without a model.

A model that sums up forgets which files it changed; events do not. An entry is short, stands in
the order of its worth, and names identifiers that a compaction must not lose.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from ownstack.memory import mentions
from ownstack.memory.conversation import text_list, text_of
from ownstack.memory.events import Event
from ownstack.memory.handles import short

TITLE = "## Ledger"
SECTIONS = (
    "Decided",
    "Open",
    "Failing",
    "Edited",
    "Ran",
    "Errors",
    "Read",
    "Named",
)
"""In the order of their worth, which is also the order on the page."""
_LINES = frozenset({"Decided", "Open", "Errors", "Ran"})
"""Sections of which each entry is a line; the entries of the others share one."""
_HASH_CHARS = 8
_MAX_PARTS = 12


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that is to be known later."""

    section: str
    text: str
    identifier: str
    """What of the text must be found again, character by character."""


@dataclass(frozen=True, slots=True)
class Ledger:
    """Entries, the most worth of each section first."""

    entries: tuple[Entry, ...] = ()
    omitted: int = 0
    """Entries that had no room; they are in the log."""

    @property
    def identifiers(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(entry.identifier for entry in self.entries))

    @property
    def text(self) -> str:
        """The ledger as a model reads it; "" if nothing is in it."""
        if not self.entries:
            return ""
        lines = [TITLE]
        for section in SECTIONS:
            texts = [entry.text for entry in self.entries if entry.section == section]
            if section in _LINES:
                lines += [f"{section}: {text}" for text in texts]
            elif texts:
                lines.append(f"{section}: {'; '.join(texts)}")
        if self.omitted:
            lines.append(f"({self.omitted} more: recall)")
        return "\n".join(lines)


def ledger_of(events: Sequence[Event]) -> Ledger:
    """Return the whole ledger of events, in their order in the log."""
    named, errors = _named(events)
    sections: Mapping[str, Iterable[Entry]] = {
        "Decided": _decided(events),
        "Open": _open(events),
        "Failing": _failing(events),
        "Edited": _edited(events),
        "Ran": _ran(events),
        "Errors": errors,
        "Read": _read(events),
        "Named": named,
    }
    return Ledger(tuple(entry for section in SECTIONS for entry in sections[section]))


def fitted(ledger: Ledger, budget: int, count: Callable[[str], int]) -> Ledger:
    """Return as much of a ledger as has room in so many tokens.

    Each section gets an entry in turn, so that many files never push out the one decision.
    """
    rows: dict[str, list[Entry]] = {section: [] for section in SECTIONS}
    for entry in ledger.entries:
        rows[entry.section].append(entry)
    left = budget - count(TITLE) - count("(100 more: recall)") - 2
    taken: list[Entry] = []
    begun: set[str] = set()
    for turn in zip_longest(*rows.values()):
        for entry in filter(None, turn):
            heading = entry.section in _LINES or entry.section not in begun
            cost = count(f"{entry.section}: {entry.text}\n" if heading else f"; {entry.text}")
            if cost <= left:
                left -= cost
                taken.append(entry)
                begun.add(entry.section)
        if left < 4:
            break
    chosen = set(map(id, taken))
    kept = tuple(entry for entry in ledger.entries if id(entry) in chosen)
    return Ledger(kept, ledger.omitted + len(ledger.entries) - len(kept))


def _decided(events: Sequence[Event]) -> Iterator[Entry]:
    latest = {text_of(event.data, "name"): event for event in events if event.kind == "decision"}
    newest_first = [
        event
        for event in reversed(latest.values())
        if event.data.get("status", "active") in {"active", "disputed"}
    ]
    for event in sorted(newest_first, key=_tier, reverse=True):
        name = short(text_of(event.data, "name"), 24)
        why = short(text_of(event.data, "rationale"), 120)
        disputed = ", disputed" if event.data.get("status") == "disputed" else ""
        text = f"{name} {short(event.text)} (tier {_tier(event):g}{disputed})"
        yield Entry("Decided", f"{text}: {why}" if why else text, name)


def _tier(event: Event) -> float:
    tier = event.data.get("tier")
    return float(tier) if isinstance(tier, (int, float)) else 0.0


def _open(events: Sequence[Event]) -> Iterator[Entry]:
    latest = {text_of(event.data, "name"): event for event in events if event.kind == "thread"}
    for name, event in reversed(latest.items()):
        if event.data.get("state") == "OPEN":
            name = short(name, 24)
            yield Entry("Open", f"{name} {short(event.text)}", name)


def _failing(events: Sequence[Event]) -> Iterator[Entry]:
    """Yield tests that failed in the last run of the command that ran them."""
    runs: dict[str, list[str]] = {}
    for event in events:
        if event.kind == "tool_result":
            command = text_of(event.data, "command") or text_of(event.data, "name")
            failed = text_list(event.data.get("failed_tests"))
            if failed or command in runs:
                runs.pop(command, None)
                runs[command] = failed
    for test in dict.fromkeys(test for run in reversed(runs.values()) for test in run):
        yield Entry("Failing", short(test, 120), short(test, 120))


def _edited(events: Sequence[Event]) -> Iterator[Entry]:
    taken: Counter[str] = Counter()
    refused: Counter[str] = Counter()
    latest: dict[str, Event] = {}
    for event in events:
        if event.kind == "edit":
            path = text_of(event.data, "path")
            (taken if event.data.get("accepted") else refused)[path] += 1
            latest.pop(path, None)
            latest[path] = event
    for path, event in reversed(latest.items()):
        name = short(path)
        facts = [f"accepted {taken[path]}"] if taken[path] else []
        facts += [f"rejected {refused[path]}"] if refused[path] else []
        hashed = text_of(event.data, "hash_after")[:_HASH_CHARS]
        shown = f"{name}@{short(hashed, _HASH_CHARS)}" if hashed else name
        yield Entry("Edited", f"{shown} ({', '.join(facts)})", name)


def _ran(events: Sequence[Event]) -> Iterator[Entry]:
    latest: dict[str, Event] = {}
    for event in events:
        command = text_of(event.data, "command")
        if event.kind == "tool_result" and command:
            latest.pop(command, None)
            latest[command] = event
    for command, event in reversed(latest.items()):
        name, code = short(command, 120), event.data.get("exit_code")
        yield Entry("Ran", f"{name} → {code}" if isinstance(code, int) else name, name)


def _read(events: Sequence[Event]) -> Iterator[Entry]:
    edited = {text_of(event.data, "path") for event in events if event.kind == "edit"}
    latest: dict[str, str] = {}
    for event in events:
        files = event.data.get("files")
        if event.kind != "tool_result" or not isinstance(files, (list, tuple)):
            continue
        for entry in files:
            path = text_of(entry, "path")
            if path:
                latest.pop(path, None)
                latest[path] = text_of(entry, "hash")[:_HASH_CHARS]
    for path, hashed in reversed(latest.items()):
        if path not in edited:
            name = short(path)
            yield Entry("Read", f"{name}@{short(hashed, _HASH_CHARS)}" if hashed else name, name)


def _named(events: Sequence[Event]) -> tuple[list[Entry], list[Entry]]:
    """Return files that were named, and errors that were reported, and are not listed otherwise.

    Those named by the user and those named often come first.
    """
    known = {text_of(event.data, "path") for event in events if event.kind == "edit"}
    known |= {text_of(entry, "path") for event in events for entry in _files(event)}
    worth: Counter[str] = Counter()
    errors: dict[str, None] = {}
    for event in events:
        if event.kind not in {"user", "assistant", "tool_result"}:
            continue
        weight = {"user": 3, "assistant": 2}.get(event.kind, 1)
        for path in dict.fromkeys(mentions.files(event.text)):
            worth[path] += weight
        if event.kind != "assistant":
            for line in mentions.errors(event.text):
                errors.pop(line, None)
                errors[line] = None
    names = dict.fromkeys([*known, *worth])
    # A file that is also named by a shorter path is listed by that.
    ends = {name for name in names if not any(end in names for end in _ends(name))}
    named = [
        Entry("Named", short(path), short(path))
        for path, _ in worth.most_common()
        if path in ends and path not in known
    ]
    lines = [Entry("Errors", short(line), short(line)) for line in reversed(errors)]
    return named, lines


def _ends(path: str) -> Iterator[str]:
    """Yield the shorter paths below which a path may be known, but for the bare name."""
    parts = path.split("/")[-_MAX_PARTS:]
    for start in range(1, len(parts) - 1):
        yield "/".join(parts[start:])
    if len(parts) < path.count("/") + 1 and len(parts) > 1:
        yield "/".join(parts)


def _files(event: Event) -> Sequence[object]:
    files = event.data.get("files")
    return files if event.kind == "tool_result" and isinstance(files, (list, tuple)) else ()
