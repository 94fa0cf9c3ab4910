"""Decisions of a project: D001 and so on, how sure they are, and how long since they were checked.

A decision is an event; what holds now is folded from all of them (`fold`), over all sessions of
the project. `tier` says how sure it is: 0 a guess, 1 established.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import cast

from ownstack.memory import events
from ownstack.memory.events import DecisionStatus, Event, Stamp
from ownstack.memory.imported import is_imported

STALE_DAYS_GUESS = 14
STALE_DAYS_ESTABLISHED = 180
"""How long a decision of tier 0 and of tier 1 counts without being seen to hold."""
_DAY_S = 86_400.0
_NAME = re.compile(r"D(\d{1,9})")


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision as it stands."""

    name: str
    text: str
    tier: float
    rationale: str
    last_validated: float
    """Seconds since 1970."""
    conflicts_with: tuple[str, ...] = ()
    """Names of decisions it contradicts, while the user has not said which holds."""
    status: DecisionStatus = "active"
    superseded_by: str = ""
    made: float = 0.0
    session: str = ""
    """Where it was made or changed last."""

    @property
    def holds(self) -> bool:
        return self.status in ("active", "disputed")

    def event(self, stamp: Stamp) -> Event:
        """Return the event that says that this is how it stands now."""
        return events.decision(
            stamp,
            self.name,
            self.text,
            tier=self.tier,
            rationale=self.rationale,
            conflicts_with=self.conflicts_with,
            last_validated=self.last_validated,
            superseded_by=self.superseded_by,
            status=self.status,
        )


def fold(logged: Iterable[Event]) -> dict[str, Decision]:
    """Return the decisions by their names, as the newest event of each says."""
    found: dict[str, Decision] = {}
    for event in logged:
        if event.kind != "decision" or is_imported(event):
            continue
        decision = _read(event)
        before = found.get(decision.name)
        found[decision.name] = replace(decision, made=before.made if before else event.at)
    return found


def next_name(known: Iterable[str]) -> str:
    """Return the name after the highest."""
    numbers = [int(found[1]) for name in known if (found := _NAME.fullmatch(name))]
    return f"D{max(numbers, default=0) + 1:03}"


def stale_days(tier: float) -> float:
    """Return how long a decision counts without being validated."""
    return STALE_DAYS_GUESS + tier * (STALE_DAYS_ESTABLISHED - STALE_DAYS_GUESS)


def days_unvalidated(decision: Decision, now: float) -> float:
    """Return how long it is since the decision was last seen to hold."""
    return max(0.0, now - decision.last_validated) / _DAY_S


def is_stale(decision: Decision, now: float) -> bool:
    """Say whether a decision should be checked before anybody relies on it."""
    return decision.holds and days_unvalidated(decision, now) > stale_days(decision.tier)


def confidence(decision: Decision, now: float) -> float:
    """Return how sure a decision still is: its tier, halved for each period without validation."""
    return float(
        decision.tier * 0.5 ** (days_unvalidated(decision, now) / stale_days(decision.tier))
    )


def validated(decision: Decision, at: float, tier: float | None = None) -> Decision:
    """Return a decision that was just seen to hold; it never becomes less sure by that."""
    known = decision.tier if tier is None else max(decision.tier, tier)
    return replace(decision, last_validated=max(decision.last_validated, at), tier=known)


def _read(event: Event) -> Decision:
    data = event.data
    status = _text(data, "status") or "active"
    known = status if status in ("active", "superseded", "rejected", "disputed") else "active"
    conflicts = data.get("conflicts_with")
    return Decision(
        name=_text(data, "name"),
        text=_text(data, "text"),
        tier=min(1.0, max(0.0, _number(data, "tier", 0.5))),
        rationale=_text(data, "rationale"),
        last_validated=_number(data, "last_validated", event.at),
        conflicts_with=tuple(map(str, conflicts)) if isinstance(conflicts, (list, tuple)) else (),
        status=cast(DecisionStatus, known),
        superseded_by=_text(data, "superseded_by"),
        made=event.at,
        session=event.session,
    )


def _text(data: Mapping[str, events.JSON], key: str) -> str:
    value = data.get(key)
    return value if isinstance(value, str) else ""


def _number(data: Mapping[str, events.JSON], key: str, default: float) -> float:
    value = data.get(key)
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return float(cast(float, value)) if is_number else default
