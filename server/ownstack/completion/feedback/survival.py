"""Whether accepted text is still in the file 30 seconds, 2 and 10 minutes later.

Copilot's measure: the text counts as still there while fewer than half of its words and marks
would have to be edited to find it again around the spot.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ownstack.completion.feedback.signals import Kind
from ownstack.completion.place import plain
from ownstack.completion.postprocess.distance import distance_within, lexemes
from ownstack.concurrency import CallLater, Timer, call_later
from ownstack.document import Change, Document, Documents

CHECKS: tuple[tuple[float, Kind], ...] = (
    (30.0, "kept-30s"),
    (120.0, "kept-2m"),
    (600.0, "kept-10m"),
)
LAST_CHECK: Kind = CHECKS[-1][1]
GONE = 0.5
MAX_WATCHED = 64
MAX_LEXEMES = 64
"""Of the text; a check then costs about 2 ms."""
MAX_LINE_CHARS = 1_000
"""A longer line is not one that somebody wrote."""
_AROUND_CHARS = 80
_LINES_OFF = 3


@dataclass
class Accepted:
    """A text that was accepted, and where it is by now."""

    id: str
    uri: str
    start: int
    text: str
    version: int
    """Of the document, that `start` is of."""
    timers: list[Timer]


class Survival:
    """Follows accepted texts through later edits."""

    def __init__(
        self,
        documents: Documents,
        record: Callable[[Accepted, Kind, float], None],
        later: CallLater = call_later,
    ) -> None:
        """`record` gets what was accepted, the check and the share that is left (0 to 1)."""
        self._documents = documents
        self._record = record
        self._later = later
        self._watched: dict[str, Accepted] = {}

    def watch(self, id: str, document: Document, start: int, text: str) -> None:
        """Follow `text`, accepted at `start`; `document` is the version that holds it."""
        if id in self._watched:
            return
        while len(self._watched) >= MAX_WATCHED:
            self._drop(next(iter(self._watched)))
        watched = Accepted(id, document.uri, start, text, document.version, [])
        self._watched[id] = watched
        for delay_s, kind in CHECKS:
            last = kind == LAST_CHECK
            timer = self._later(delay_s, lambda k=kind, end=last: self._check(watched, k, end))  # type: ignore[misc]
            watched.timers.append(timer)

    def changed(self, document: Document) -> None:
        """Move what is watched along with the newest edits."""
        changes = self._documents.changes
        for watched in self._watched.values():
            if watched.uri == document.uri:
                watched.start = moved(watched.start, changes, watched.uri, watched.version)
                watched.version = document.version

    def closed(self, uri: str) -> None:
        """Forget a closed document, which tells nothing any more."""
        for id in [w.id for w in self._watched.values() if w.uri == uri]:
            self._drop(id)

    def close(self) -> None:
        for id in list(self._watched):
            self._drop(id)

    def _check(self, watched: Accepted, kind: Kind, last: bool) -> None:
        document = self._documents.get(watched.uri)
        if document is not None:
            left = share_left(watched.text, document.text, watched.start)
            self._record(watched, kind, left)
        if last:
            self._watched.pop(watched.id, None)

    def _drop(self, id: str) -> None:
        for timer in self._watched.pop(id).timers:
            timer.cancel()


def moved(start: int, changes: tuple[Change, ...], uri: str, version: int) -> int:
    """Return where the character at `start` of `version` is after the later `changes`."""
    for change in changes:
        if change.uri != uri or change.version <= version:
            continue
        span, text = change.edit.span, change.edit.text
        if span.end <= start:
            start += len(text) - len(span)
        elif span.start < start:
            # A whole-text replacement says nothing; a smaller one has eaten the beginning.
            start = start if len(span) > 1_000 else span.start
    return max(0, start)


def share_left(text: str, document: str, start: int) -> float:
    """Return how much of `text` is near `start`: 1.0 as it was, 0.0 when it counts as gone."""
    low, high = max(0, start - _AROUND_CHARS), start + len(text) * 2 + _AROUND_CHARS
    region = plain(document[low:high])
    if text in region:
        return 1.0
    wanted = lexemes(text)[:MAX_LEXEMES]
    if not wanted:
        return 0.0
    edits = distance_within(wanted, lexemes(region)[: 4 * MAX_LEXEMES])
    share = 1 - edits / len(wanted)
    return round(share, 3) if edits / len(wanted) < GONE else 0.0


def lines_left(text: str, document: str, start: int) -> tuple[str, ...]:
    """Return the lines of a document, stripped, in which a line of `text` is as it was accepted.

    Those near `start`, at most as many as the text has.
    """
    low = plain(document[max(0, start - _AROUND_CHARS - MAX_LINE_CHARS) : start])
    high = plain(document[start : start + len(text) * 2 + _AROUND_CHARS + MAX_LINE_CHARS])
    lines = [line.strip() for line in (low + high).split("\n")]
    found, at, first = [], 0, low.count("\n")
    for number, line in enumerate(text.split("\n")):
        # Only the first is a rest of a line.
        expected = first + number
        near = range(max(at, expected - _LINES_OFF), min(len(lines), expected + _LINES_OFF + 1))
        held = [n for n in near if _holds(lines[n], line.strip(), number > 0)]
        if held:
            at = min((abs(n - expected), n) for n in held)[1]
            found.append(lines[at])
            at += 1
    return tuple(found)


def _holds(line: str, part: str, whole: bool) -> bool:
    if not part or len(line) > MAX_LINE_CHARS:
        return False
    return line == part if whole else part in line
