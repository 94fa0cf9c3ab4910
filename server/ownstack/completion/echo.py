"""Echo: the line that followed last time. Completion without any model.

The longest tail of the text before the cursor that occurs elsewhere, in this buffer, the other
open ones or files near it, and the rest of the line that follows it most often there. Plain
`str.find`: every search is bounded, in what it reads and in how many places it looks at. The
search (`_search`) is all that a suffix array would replace.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from ownstack.completion.secret import secret_path, secret_text
from ownstack.completion.shape import line_around
from ownstack.document import Document

MIN_MATCH_CHARS = 3
MAX_MATCH_CHARS = 64
MIN_BLANK_MATCH_CHARS = 9
"""A tail of blanks only says something from this length on."""
MAX_REST_CHARS = 200
MAX_PLACES = 200
"""Places looked at; more of them would not change what follows most often."""
OWN_CHARS = 300_000
"""This much of the document on each side of the cursor is searched."""
OTHER_CHARS = 1_000_000
NEAR_CHARS = 20_000
"""So much before the cursor is searched first."""
_HALF_CHARS = 2_000
"""Distance at which a place in the same buffer counts a half more instead of one more."""
_KEY_STEP_LENGTHS = (64, 48, 40, 32, 28, 24, 20, 17, 14, 12, 10, 8, 7, 6, 5, 4, 3)

# Made by `python -m training.echo_calibration`: fitted on 1,200 cursors in CPython 3.11's
# standard library, measured on 2,200 in the 55 packages of a virtual environment. There the exact
# rest of the line is found at 34 % of all cursors, and at 97 / 92 / 84 / 74 % of the 10 / 20 / 30
# / 40 % most confident; of those with a confidence around 0.5, 0.75 and 0.95, 64, 83 and 96 % are
# right. Median 0.7 ms, p95 2.8 ms of one processor.
_BIAS = -4.27
_WEIGHTS = (1.24, 2.90, 0.82, 0.19, 1.82, -1.33, 0.09)


@dataclass(frozen=True, slots=True)
class Echoed:
    """A proposal, and what speaks for it."""

    text: str
    confidence: float
    """Chance, in [0, 1], that this is exactly the rest of the line; calibrated on Python."""
    match_chars: int
    """How much of the text before the cursor was found again."""
    occurrences: int
    from_path: str
    """Where the nearest of the places is."""


@dataclass(frozen=True, slots=True)
class Signals:
    """What confidence is computed from."""

    match_chars: int
    agreement: float
    """Share of the places, weighted, at which just this follows."""
    occurrences: int
    in_own_buffer: bool
    next_line_agrees: bool
    """The line after one of the places is the line after the cursor."""
    text_chars: int
    begins_line: bool
    """Nothing but blanks stands left of the cursor."""

    def values(self) -> tuple[float, ...]:
        """Return the features of the logistic model, in the order of its weights."""
        return (
            math.log(self.match_chars),
            self.agreement,
            math.log(self.occurrences),
            float(self.in_own_buffer),
            float(self.next_line_agrees),
            math.log1p(self.text_chars),
            float(self.begins_line),
        )


@dataclass
class _Candidate:
    weight: float = 0.0
    occurrences: int = 0
    own: bool = False
    follows: bool = False
    path: str = ""


@dataclass(frozen=True, slots=True)
class _Source:
    """A stretch of text to search."""

    text: str
    path: str
    own: bool
    cursor: int = 0
    """In the same buffer: where the cursor is, relative to the text."""


@dataclass
class Echo:
    """The search. Has no state; a class because an index will have some."""

    weights: tuple[float, ...] = field(default=(_BIAS, *_WEIGHTS))

    def suggest(self, document: Document, offset: int, others: Sequence[Document]) -> Echoed | None:
        """Return the rest of the line that follows most often after the longest known tail.

        `others`: open documents, the most recent first, then files near this one. At most
        about 5 ms for a megabyte of text.
        """
        found = self.examine(document, offset, others)
        if found is None:
            return None
        text, path, signals = found
        return Echoed(
            text, self.confidence(signals), signals.match_chars, signals.occurrences, path
        )

    def confidence(self, signals: Signals) -> float:
        bias, *weights = self.weights
        sum_ = bias + sum(w * v for w, v in zip(weights, signals.values(), strict=True))
        return 1 / (1 + math.exp(-sum_))

    def examine(
        self, document: Document, offset: int, others: Sequence[Document]
    ) -> tuple[str, str, Signals] | None:
        """Return text, path and signals of the proposal; `suggest` without a judgement."""
        head, rest = line_around(document, offset)
        sources = list(_sources(document, offset, others))
        match = _search(document.text[max(0, offset - MAX_MATCH_CHARS) : offset], sources)
        if match is None:
            return None
        key, sources = match
        below = _next_line(document.text, offset + len(rest))
        candidates = _collect(key, sources, rest, below)
        if not candidates:
            return None
        text, best = max(candidates.items(), key=lambda item: item[1].weight)
        total = sum(candidate.weight for candidate in candidates.values())
        signals = Signals(
            match_chars=len(key),
            agreement=best.weight / total,
            occurrences=best.occurrences,
            in_own_buffer=best.own,
            next_line_agrees=best.follows,
            text_chars=len(text),
            begins_line=not head.strip(),
        )
        return text, best.path, signals


def _sources(document: Document, offset: int, others: Sequence[Document]) -> Iterator[_Source]:
    """Yield what to search, nearest first."""
    near = max(0, offset - NEAR_CHARS)
    yield _Source(document.text[near:offset], document.path, True, offset - near)
    start = max(0, offset - OWN_CHARS)
    yield _Source(document.text[start:near], document.path, True, offset - start)
    end = min(len(document.text), offset + OWN_CHARS)
    yield _Source(document.text[offset:end], document.path, True, 0)
    left = OTHER_CHARS
    for other in others:
        if left <= 0:
            return
        if other.uri == document.uri or secret_path(other.path):
            continue
        yield _Source(other.text[:left], other.path, False)
        left -= len(other.text)


def _search(tail: str, sources: Sequence[_Source]) -> tuple[str, list[_Source]] | None:
    """Return the longest end of `tail` that occurs in a source, and the sources that hold it.

    If an end occurs, so do all shorter ones: the lengths are halved, not tried one by one, and
    a source without a shorter end is not asked for a longer one.
    """
    lengths = [n for n in _KEY_STEP_LENGTHS if n <= len(tail)]
    holders, best = list(sources), ""
    low, high = 0, len(lengths) - 1
    while low <= high:
        middle = (low + high + 1) // 2  # the shorter one of two
        key = tail[-lengths[middle] :]
        holding = [source for source in holders if _occurs(key, source)]
        if holding:
            holders, best, high = holding, key, middle - 1
        else:
            low = middle + 1
    if not best or (not best.strip() and len(best) < MIN_BLANK_MATCH_CHARS):
        return None
    return best, holders


def _occurs(key: str, source: _Source) -> bool:
    # The text before the cursor ends with the key: that place does not count.
    end = len(source.text)
    if source.own and source.cursor == end:
        end -= 1
    return source.text.find(key, 0, max(0, end)) >= 0


def _collect(key: str, sources: Sequence[_Source], rest: str, below: str) -> dict[str, _Candidate]:
    """Return what follows `key` → how much speaks for it."""
    candidates: dict[str, _Candidate] = {}
    places = 0
    for source in sources:
        at = source.text.find(key)
        while at >= 0 and places < MAX_PLACES:
            places += 1
            after = at + len(key)
            text, line_end = _following(source, after, rest)
            if text and (source.own or not _secret(source.text, after, line_end)):
                candidate = candidates.setdefault(text, _Candidate(path=source.path))
                follows = bool(below) and _next_line(source.text, line_end) == below
                candidate.weight += _weight(source, after) * (2.0 if follows else 1.0)
                candidate.occurrences += 1
                candidate.own = candidate.own or source.own
                candidate.follows = candidate.follows or follows
            at = source.text.find(key, at + 1)
    return candidates


def _following(source: _Source, after: int, rest: str) -> tuple[str, int]:
    """Return what would have to be typed here for the line to go on as it does there."""
    window = source.text[after : after + MAX_REST_CHARS + 1]
    line = window.replace("\r", "\n").partition("\n")[0]
    line_end = after + len(line)
    if len(line) > MAX_REST_CHARS or (source.own and source.cursor == line_end > 0):
        return "", line_end
    text, wanted = line.rstrip(), rest.rstrip()
    if wanted and text.endswith(wanted):
        return text[: -len(wanted)], line_end
    # Here something else stands right of the cursor: what follows there does not fit.
    return ("" if wanted.strip() else text), line_end


def _weight(source: _Source, at: int) -> float:
    if not source.own:
        return 1.0
    return 2.0 + 1.0 / (1.0 + abs(at - source.cursor) / _HALF_CHARS)


def _secret(text: str, after: int, line_end: int) -> bool:
    start = max(text.rfind("\n", max(0, after - MAX_REST_CHARS), after) + 1, after - MAX_REST_CHARS)
    return secret_text(text[max(0, start) : line_end])


def _next_line(text: str, line_end: int) -> str:
    """Return the next non-blank line, stripped, if it is near."""
    window = text[line_end : line_end + 2 * MAX_REST_CHARS]
    lines = window.replace("\r", "\n").split("\n")[1:-1]
    return next((line.strip() for line in lines if line.strip()), "")
