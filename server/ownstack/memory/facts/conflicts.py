"""What becomes of a new decision beside those that hold.

What is trivial is resolved: the same said again, one that names what it replaces, an established
one against a guess. What is ambiguous is shown: both stay, each names the other, and the user says
which holds. Nothing of another project is ever changed: that is blocked.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from ownstack.memory.facts.decisions import Decision, next_name, validated
from ownstack.memory.facts.similarity import (
    content,
    jaccard,
    object_of,
    overlap,
    purpose_of,
    says_no,
)

SAME = 0.7
"""Jaccard index of the terms from which on two decisions say the same, unless one says no."""
ABOUT_THE_SAME = 0.6
"""Overlap of terms from which on two decisions may contradict each other."""
CLEARLY_SURER = 0.4
"""Difference of tiers from which on one is established and the other a guess beside it."""

_REPLACES = (
    r"\b(?:instead of|drops?|replac(?:es?|ing)|supersed(?:es?|ing)|overrid(?:es?|ing)|"
    r"revers(?:es?|ing))"
)

Relation = Literal["same", "contradicts", "replaces"]
Outcome = Literal["added", "merged", "superseded", "kept", "disputed", "blocked"]
"""Superseded: what was known gave way. Kept: what was known stays, and the new one is rejected."""


@dataclass(frozen=True, slots=True)
class Conflict:
    """How a new decision stands to one that is known."""

    other: str
    """The known one's name."""
    relation: Relation
    reason: str
    """In words for a person."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is to be recorded, and shown."""

    outcome: Outcome
    decision: Decision
    """The new decision as it stands, or the known one into which it went."""
    changes: tuple[Decision, ...]
    """All that now stand otherwise than before, `decision` among them if it does."""
    conflicts: tuple[Conflict, ...]
    reason: str = ""


def relation(new: str, known: Decision) -> Conflict | None:
    """Return how a statement stands to a decision, None if it does not touch it."""
    is_named = known.name.lower() in new.lower()
    if is_named and re.search(rf"{_REPLACES} {re.escape(known.name)}\b", new, re.IGNORECASE):
        return Conflict(known.name, "replaces", f"It says that it replaces {known.name}.")
    first, second = content(new), content(known.text)
    opposed = says_no(new) != says_no(known.text)
    if not opposed and jaccard(first, second) >= SAME:
        return Conflict(known.name, "same", f"{known.name} says the same.")
    if opposed and overlap(first, second) >= ABOUT_THE_SAME:
        return Conflict(known.name, "contradicts", f"{known.name} says the opposite.")
    objects = object_of(new), object_of(known.text)
    purposes = purpose_of(new), purpose_of(known.text)
    one_place = all(purposes) and overlap(*purposes) >= ABOUT_THE_SAME
    if not opposed and all(objects) and one_place and not (objects[0] & objects[1]):
        return Conflict(known.name, "contradicts", f"{known.name} puts something else there.")
    return None


def conflicts(new: str, known: Sequence[Decision]) -> list[Conflict]:
    """Return how a statement stands to those decisions that hold and that it touches."""
    found = (relation(new, decision) for decision in known if decision.holds)
    return [conflict for conflict in found if conflict is not None]


def decide(
    text: str,
    known: Mapping[str, Decision],
    *,
    tier: float,
    rationale: str,
    at: float,
    foreign: Sequence[Decision] = (),
) -> Verdict:
    """Return what becomes of a new decision beside the project's own and those of others.

    `foreign` are decisions of other projects that this one was told to go by.
    """
    found = conflicts(text, list(known.values()))
    abroad = [c for c in conflicts(text, foreign) if c.relation != "same"]
    new = Decision(next_name(known), text, tier, rationale, at, made=at)
    if abroad:
        names = ", ".join(conflict.other for conflict in abroad)
        reason = f"It contradicts {names} of another project, which is not changed from here."
        blocked = replace(new, status="rejected", conflicts_with=_names(abroad))
        return Verdict("blocked", blocked, (), tuple(abroad), reason)
    same = [conflict for conflict in found if conflict.relation == "same"]
    if same:
        merged = validated(known[same[0].other], at, tier)
        merged = replace(merged, rationale=_joined(merged.rationale, rationale))
        return Verdict("merged", merged, (merged,), tuple(found), same[0].reason)
    if not found:
        return Verdict("added", new, (new,), ())
    return _contradicted(new, known, found)


def _contradicted(
    new: Decision, known: Mapping[str, Decision], found: Sequence[Conflict]
) -> Verdict:
    others = [known[conflict.other] for conflict in found]
    reason = " ".join(conflict.reason for conflict in found)
    gives_way = [
        conflict.relation == "replaces" or new.tier - other.tier >= CLEARLY_SURER
        for conflict, other in zip(found, others, strict=True)
    ]
    if all(gives_way):
        old = [replace(other, status="superseded", superseded_by=new.name) for other in others]
        freed = _freed(known, [other.name for other in others])
        return Verdict("superseded", new, (*_cleared(old), *freed, new), tuple(found), reason)
    if all(other.tier - new.tier >= CLEARLY_SURER for other in others):
        refused = replace(new, status="rejected", conflicts_with=_names(found))
        return Verdict("kept", refused, (refused,), tuple(found), reason)
    disputed = replace(new, status="disputed", conflicts_with=_names(found))
    told = [
        replace(other, status="disputed", conflicts_with=(*other.conflicts_with, new.name))
        for other in others
    ]
    return Verdict("disputed", disputed, (*told, disputed), tuple(found), reason)


def settle(name: str, known: Mapping[str, Decision], at: float) -> tuple[Decision, ...]:
    """Return what changes when the user says that a disputed decision holds."""
    chosen = known[name]
    losers = [known[other] for other in chosen.conflicts_with if other in known]
    old = [replace(loser, status="superseded", superseded_by=name) for loser in losers]
    winner = replace(validated(chosen, at, 1.0), status="active", conflicts_with=())
    freed = _freed(known, [loser.name for loser in losers], but=name)
    return (*_cleared(old), *freed, winner)


def rejected(name: str, known: Mapping[str, Decision]) -> tuple[Decision, ...]:
    """Return what changes when a decision holds no more; the first is that decision."""
    gone = replace(known[name], status="rejected", conflicts_with=())
    return (gone, *_freed(known, [name]))


def _freed(
    known: Mapping[str, Decision], gone: Sequence[str], but: str = ""
) -> tuple[Decision, ...]:
    """Return decisions that were disputed by others that no longer hold, without those."""
    freed = []
    for decision in known.values():
        left = tuple(other for other in decision.conflicts_with if other not in gone)
        if decision.name in (*gone, but) or left == decision.conflicts_with:
            continue
        status = decision.status if left or decision.status != "disputed" else "active"
        freed.append(replace(decision, conflicts_with=left, status=status))
    return tuple(freed)


def _cleared(decisions: Sequence[Decision]) -> tuple[Decision, ...]:
    return tuple(replace(decision, conflicts_with=()) for decision in decisions)


def _names(found: Sequence[Conflict]) -> tuple[str, ...]:
    return tuple(conflict.other for conflict in found)


def _joined(first: str, second: str) -> str:
    return first if not second or second in first else f"{first} {second}".strip()
