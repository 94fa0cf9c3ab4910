"""Solutions that recur in a project: merged, and how often each has helped.

Each sighting is a note in the log; patterns are folded from them. Two sightings are one pattern if
their problems and their solutions share most of their terms.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from ownstack.memory import events
from ownstack.memory.events import Event, Stamp
from ownstack.memory.facts.similarity import content, jaccard, overlap
from ownstack.memory.imported import is_imported

TOPIC = "pattern"
MERGES = 0.5
"""Jaccard index of both problem and solution from which on two sightings are one pattern."""
FITS = 0.3
"""Share of a problem's terms that a query has to have for the pattern to be offered."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """A solution that was used for a problem."""

    name: str
    """The id of the event that saw it first."""
    problem: str
    solution: str
    seen: int = 0
    """How often it has helped."""
    last: float = 0.0
    """When it did last, seconds since 1970."""

    @property
    def confidence(self) -> float:
        """The chance that it helps again, by Laplace's rule of succession; 0.5: nobody knows."""
        # The first sighting is what made it a pattern, and no proof of it.
        again = max(0, self.seen - 1)
        return (again + 1) / (again + 2)


def sighting(stamp: Stamp, problem: str, solution: str) -> Event:
    """Return the note that a solution helped."""
    return events.note(stamp, TOPIC, problem, {"problem": problem, "solution": solution})


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
        before = found[place]
        found[place] = replace(before, seen=before.seen + 1, last=max(before.last, event.at))
    return found


def offered(query: str, known: Sequence[Pattern], limit: int = 3) -> list[Pattern]:
    """Return patterns whose problem a query is about, the best first."""
    asked = content(query)
    scored = [
        (len(asked & problem) / len(problem) * pattern.confidence, pattern)
        for pattern in known
        if (problem := content(pattern.problem))
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
