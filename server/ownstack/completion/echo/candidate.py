"""Candidates for the rest of a line, and what speaks for and against each."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from posixpath import splitext

from ownstack.completion.echo.occurrence import Occurrence
from ownstack.completion.echo.query import EchoQuery

MAX_CANDIDATES = 16
"""So many are scored; the other ones have less behind them."""
_HALF_BYTES = 1_500
"""At this distance in the same document, nearness counts half."""
_FAR = 6.0
"""The logarithm of a distance where there is none."""
_OTHER_LANGUAGE = 0.3
_PYTHON = (".py", ".ipynb")
"""Of one language, nearly always."""
_RENAMED = 0.5
_SMALL_BYTES = 4_000
"""That a name does not occur says less in a smaller document."""

_BEGINNING = re.compile(r"(?:[^\W\d]\w*|\d+|\s+|.){0,3}", re.DOTALL)
_NAME = re.compile(r"[^\W\d]\w*")
_MAX_NAME_CHARS = 200
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
    """One rest of the line, and where it was found."""

    text: str
    occurrences: list[Occurrence] = field(default_factory=list)
    weight: float = 0.0
    features: tuple[float, ...] = ()


def candidates(query: EchoQuery, occurrences: Sequence[Occurrence]) -> list[Candidate]:
    """Return the candidates with the most evidence, with their features."""
    found: dict[str, Candidate] = {}
    begun: Counter[str] = Counter()
    total, longest = 0.0, 0
    extension = splitext(query.own.path)[1]
    alike = _PYTHON if extension in _PYTHON else extension
    for occurrence in occurrences:
        candidate = found.get(occurrence.text)
        if candidate is None:
            candidate = found[occurrence.text] = Candidate(occurrence.text)
        candidate.occurrences.append(occurrence)
        weight = _weight(occurrence)
        if not occurrence.path.endswith(alike):
            weight *= _OTHER_LANGUAGE
        if occurrence.renamed:
            weight *= _RENAMED
        candidate.weight += weight
        total += weight
        longest = max(longest, occurrence.match)
    best = sorted(found.values(), key=lambda candidate: -candidate.weight)
    for candidate in best:
        begun[beginning(candidate.text)] += candidate.weight  # type: ignore[assignment]
    del best[MAX_CANDIDATES:]
    known: dict[str, bool] = {}
    for candidate in best:
        candidate.features = (
            *_evidence(candidate, total, longest),
            *_fit(query, candidate.text, known),
            math.log(begun[beginning(candidate.text)] / total),
            *_look(query, candidate.text),
            float(all(occurrence.renamed for occurrence in candidate.occurrences)),
        )
    return best


def plain_features(query: EchoQuery, text: str) -> dict[str, float]:
    """Return the features that any text has, wherever it comes from."""
    names = ("body", "no_body", "length", "unknown", "open", "closed", "repeats", "ends")
    values = (*_fit(query, text, {}), *_look(query, text))
    return dict(zip(names, values, strict=True))


def beginning(text: str) -> str:
    """Return the first three tokens."""
    return _BEGINNING.match(text)[0]  # type: ignore[index]


def _weight(occurrence: Occurrence) -> float:
    near = {"own": 2 + 8 / (1 + occurrence.distance / _HALF_BYTES), "project": 1.0}.get(
        occurrence.scope, 2.0
    )
    return near * math.exp(1.5 * math.sqrt(min(occurrence.match, 80)))


def _evidence(candidate: Candidate, total: float, longest: int) -> tuple[float, ...]:
    scopes = Counter(occurrence.scope for occurrence in candidate.occurrences)
    match = max(occurrence.match for occurrence in candidate.occurrences)
    own = [occurrence.distance for occurrence in candidate.occurrences if occurrence.scope == "own"]
    return (
        math.log(candidate.weight / total),
        math.log(match),
        float(match == longest),
        math.log1p(scopes["own"]),
        math.log1p(scopes["folder"] + scopes["open"]),
        math.log1p(scopes["project"]),
        math.log(len({occurrence.path for occurrence in candidate.occurrences})),
        math.log1p(min(own) / 200) if own else _FAR,
        float(any(occurrence.next_agrees for occurrence in candidate.occurrences)),
    )


def _fit(query: EchoQuery, text: str, known: dict[str, bool]) -> tuple[float, ...]:
    """Return how well a text fits the lines around it and the names of the document.

    That nothing is indented below a line that opens a block says little: it may be new.
    """
    opens = text.rstrip()[-1:] in set("{:([")
    still_open, closed = _balance(query.head + text + query.rest)
    return (
        float(opens and query.deeper),
        float(query.deeper and not opens),
        math.log1p(len(text)),
        min(_unknown(query, text, known), 3) * min(1, len(query.own.text) / _SMALL_BYTES),
        min(still_open, 2),
        min(closed, 2),
    )


def _look(query: EchoQuery, text: str) -> tuple[float, ...]:
    line = (query.head + text + query.rest).strip()
    return float(line == query.above or line.encode("utf-8", "replace") == query.below), float(
        text[-1:] in set(";,){:")
    )


def _unknown(query: EchoQuery, text: str, known: dict[str, bool]) -> int:
    """Return how many names in `text` do not occur in the document."""
    count = 0
    for found in _NAME.finditer(text):
        name = found[0]
        if found.start() == 0:
            name = _NAME_END.search(query.head[-_MAX_NAME_CHARS:])[0] + name  # type: ignore[index]
        if name not in known:
            known[name] = name.encode("utf-8", "replace") in query.own.text
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
