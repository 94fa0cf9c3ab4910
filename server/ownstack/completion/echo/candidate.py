"""Candidates for the rest of a line, and what speaks for and against each."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from posixpath import splitext

from ownstack.completion.echo.occurrence import Occurrence
from ownstack.completion.echo.question import Question

MAX_CANDIDATES = 16
"""Judged in full; the other ones have less behind them."""
_HALF_BYTES = 1_500
"""At this distance in the same document, nearness counts half."""
_FAR = 6.0
"""The logarithm of a distance where there is none."""
_OTHER_LANGUAGE = 0.3
_RENAMED = 0.5
_SMALL_BYTES = 4_000
"""That a name does not occur says less in a smaller document."""

_BEGINNING = re.compile(r"(?:[^\W\d]\w*|\d+|\s+|.){0,3}", re.DOTALL)
_NAME = re.compile(r"[^\W\d]\w*")
_NAME_END = re.compile(r"\w*$")
_PAIRS = {")": "(", "]": "[", "}": "{"}

FEATURES = (
    *("weight", "match", "longest", "own", "folder", "project", "files", "near", "next"),
    *("body", "no_body", "length", "unknown", "open", "closed", "begun", "repeats", "ends"),
    "renamed",
)
"""The names of `Candidate.features`, in order."""


@dataclass(slots=True)
class Candidate:
    """One text, and where it was found."""

    text: str
    occurrences: list[Occurrence] = field(default_factory=list)
    weight: float = 0.0
    features: tuple[float, ...] = ()


def candidates(question: Question, occurrences: Sequence[Occurrence]) -> list[Candidate]:
    """Return the candidates with the most evidence, with their features."""
    found: dict[str, Candidate] = {}
    begun: Counter[str] = Counter()
    total, longest = 0.0, 0
    extension = splitext(question.own.path)[1]
    for one in occurrences:
        candidate = found.get(one.text)
        if candidate is None:
            candidate = found[one.text] = Candidate(one.text)
        candidate.occurrences.append(one)
        weight = _weight(one)
        if not one.path.endswith(extension):
            weight *= _OTHER_LANGUAGE
        if one.renamed:
            weight *= _RENAMED
        candidate.weight += weight
        total += weight
        longest = max(longest, one.match)
    best = sorted(found.values(), key=lambda candidate: -candidate.weight)
    for candidate in best:
        begun[beginning(candidate.text)] += candidate.weight  # type: ignore[assignment]
    del best[MAX_CANDIDATES:]
    known: dict[str, bool] = {}
    for candidate in best:
        candidate.features = (
            *_evidence(candidate, total, longest),
            *_fit(question, candidate.text, known),
            math.log(begun[beginning(candidate.text)] / total),
            *_look(question, candidate.text),
            float(all(one.renamed for one in candidate.occurrences)),
        )
    return best


def plain_features(question: Question, text: str) -> dict[str, float]:
    """Return the features that any text has, wherever it comes from."""
    names = ("body", "no_body", "length", "unknown", "open", "closed", "repeats", "ends")
    values = (*_fit(question, text, {}), *_look(question, text))
    return dict(zip(names, values, strict=True))


def beginning(text: str) -> str:
    """Return the first three tokens."""
    return _BEGINNING.match(text)[0]  # type: ignore[index]


def _weight(one: Occurrence) -> float:
    near = {"own": 2 + 8 / (1 + one.distance / _HALF_BYTES), "project": 1.0}.get(one.scope, 2.0)
    return near * math.exp(1.5 * math.sqrt(min(one.match, 80)))


def _evidence(candidate: Candidate, total: float, longest: int) -> tuple[float, ...]:
    scopes = Counter(one.scope for one in candidate.occurrences)
    match = max(one.match for one in candidate.occurrences)
    own = [one.distance for one in candidate.occurrences if one.scope == "own"]
    return (
        math.log(candidate.weight / total),
        math.log(match),
        float(match == longest),
        math.log1p(scopes["own"]),
        math.log1p(scopes["folder"] + scopes["open"]),
        math.log1p(scopes["project"]),
        math.log(len({one.path for one in candidate.occurrences})),
        math.log1p(min(own) / 200) if own else _FAR,
        float(any(one.next_agrees for one in candidate.occurrences)),
    )


def _fit(question: Question, text: str, known: dict[str, bool]) -> tuple[float, ...]:
    """Return how well a text fits the lines around it and the names of the document.

    That nothing is indented below a line that opens a block says little: it may be new.
    """
    opens = text.rstrip()[-1:] in set("{:([")
    still_open, closed = _balance(question.head + text + question.rest)
    return (
        float(opens and question.deeper),
        float(question.deeper and not opens),
        math.log1p(len(text)),
        min(_unknown(question, text, known), 3) * min(1, len(question.own.text) / _SMALL_BYTES),
        min(still_open, 2),
        min(closed, 2),
    )


def _look(question: Question, text: str) -> tuple[float, ...]:
    line = (question.head + text + question.rest).strip()
    return float(
        line == question.above or line.encode("utf-8", "replace") == question.below
    ), float(text[-1:] in set(";,){:"))


def _unknown(question: Question, text: str, known: dict[str, bool]) -> int:
    """Return how many names in `text` do not occur in the document."""
    count = 0
    for found in _NAME.finditer(text):
        name = found[0]
        if found.start() == 0:
            name = _NAME_END.search(question.head)[0] + name  # type: ignore[index]
        if name not in known:
            known[name] = name.encode("utf-8", "replace") in question.own.text
        count += not known[name]
    return count


def _balance(line: str) -> tuple[int, int]:
    """Return how many brackets stay open in a line, and how many close what it did not open."""
    waiting: list[str] = []
    closed = 0
    for char in line:
        if char in "([{":
            waiting.append(char)
        elif char in _PAIRS:
            if waiting and waiting[-1] == _PAIRS[char]:
                waiting.pop()
            else:
                closed += 1
    return len(waiting), closed
