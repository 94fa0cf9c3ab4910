"""Solutions that recur in a project: merged, with a confidence, and how often each was of use.

Each sighting is a note in the log; patterns are folded from them. Two sightings are one pattern if
their problems and their solutions share most of their terms.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

from ownstack.memory import events
from ownstack.memory.events import Event, Stamp
from ownstack.memory.facts.similarity import content, jaccard, overlap
from ownstack.memory.imported import is_imported

TOPIC = "pattern"
MERGES = 0.5
"""Jaccard index of both problem and solution from which on two sightings are one pattern."""
FITS = 0.3
"""Share of a problem's terms that a query has to have for the pattern to be offered."""

Sighting = Literal["seen", "helped", "failed"]
"""Seen: it was the solution of something. Helped, failed: it was offered, and tried."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """A solution that was used for a problem."""

    name: str
    """The id of the event that saw it first."""
    problem: str
    solution: str
    seen: int = 0
    helped: int = 0
    failed: int = 0
    last: float = 0.0
    """When it was seen or used last, seconds since 1970."""

    @property
    def uses(self) -> int:
        return self.helped + self.failed

    @property
    def confidence(self) -> float:
        """The chance that it helps, by Laplace's rule of succession; 0.5 says that nobody knows."""
        # The first sighting is what made it a pattern, and no proof of it.
        good = self.helped + max(0, self.seen - 1)
        return (good + 1) / (good + self.failed + 2)


def sighting(stamp: Stamp, problem: str, solution: str, outcome: Sighting = "seen") -> Event:
    """Return the note that a solution was seen, helped or failed."""
    if outcome not in get_args(Sighting):
        raise ValueError(f"a sighting is one of {', '.join(get_args(Sighting))}")
    details = {"problem": problem, "solution": solution, "outcome": outcome}
    return events.note(stamp, TOPIC, problem, details)


def fold(logged: Iterable[Event]) -> list[Pattern]:
    """Return the patterns of a project, the oldest first."""
    found: list[Pattern] = []
    keys: list[tuple[frozenset[str], frozenset[str]]] = []
    for event in logged:
        details = event.data.get("details")
        if (
            event.kind != "note"
            or is_imported(event)
            or event.data.get("topic") != TOPIC
            or not isinstance(details, dict)
        ):
            continue
        problem, solution = str(details.get("problem", "")), str(details.get("solution", ""))
        key = content(problem), content(solution)
        place = next((at for at, other in enumerate(keys) if _one(key, other)), None)
        if place is None:
            place = len(found)
            found.append(Pattern(event.id, problem, solution))
            keys.append(key)
        found[place] = _counted(found[place], str(details.get("outcome")), event.at)
    return found


def offered(query: str, known: Sequence[Pattern], limit: int = 3) -> list[Pattern]:
    """Return patterns whose problem a query is about, the best first.

    One that failed more often than it helped is not offered.
    """
    asked = content(query)
    scored = [
        (len(asked & problem) / len(problem) * pattern.confidence, pattern)
        for pattern in known
        if pattern.confidence >= 0.5
        and (problem := content(pattern.problem))
        and overlap(asked, problem) >= FITS
        and len(asked & problem) / len(problem) >= FITS
    ]
    scored.sort(key=lambda pair: (-pair[0], -pair[1].last, pair[1].name))
    return [pattern for _, pattern in scored[:limit]]


def _one(
    first: tuple[frozenset[str], frozenset[str]], second: tuple[frozenset[str], frozenset[str]]
) -> bool:
    return all(
        one == other or jaccard(one, other) >= MERGES
        for one, other in zip(first, second, strict=True)
    )


def _counted(pattern: Pattern, outcome: str, at: float) -> Pattern:
    last = max(pattern.last, at)
    if outcome == "helped":
        return replace(pattern, helped=pattern.helped + 1, last=last)
    if outcome == "failed":
        return replace(pattern, failed=pattern.failed + 1, last=last)
    return replace(pattern, seen=pattern.seen + 1, last=last)
