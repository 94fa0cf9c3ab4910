"""The inbox of project memory: what is proposed for it, and what became of that, from the log.

Nothing of it is in a file before the user accepts it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import cast

from ownstack.errors import EventError
from ownstack.memory import events
from ownstack.memory.conversation import text_of
from ownstack.memory.entries.entry import PLACES, Place, cleaned
from ownstack.memory.events import Event, ProposalStatus, Stamp
from ownstack.memory.facts.classify import kind_of
from ownstack.memory.facts.conflicts import relation
from ownstack.memory.facts.decisions import Decision
from ownstack.memory.facts.similarity import content

LEAST_TIER = 0.6
"""What is less sure is not proposed: one clear sign, or several weak ones, reach it."""
MAX_OF_SUMMARY = 3
"""Lines of one summary that are proposed, under each heading."""
_LEAST_TERMS = 2
"""Other than numbers, of a line that a model wrote: what has fewer says nothing by itself."""
_NAME = re.compile(r"P(\d{1,9})")
_TIER = re.compile(r"\[([01]\.\d)\]\s*(.*)")
_DECIDED = re.compile(r"\b(?:decided|chose|agreed|settled|go(?:ing)? with)\b", re.IGNORECASE)
_CONVENTION = re.compile(r"\b(?:always|never|every|each|conventions?)\b", re.IGNORECASE)
_MEANS = re.compile(r"\b(?:means|stands for|is short for)\b", re.IGNORECASE)
_OF_SUMMARY: dict[str, Place] = {"Decisions": "decisions", "Constraints": "conventions"}


@dataclass(frozen=True, slots=True)
class Proposal:
    """What somebody proposed, and what became of it."""

    name: str
    """P001 and so on; "" before it has one. Of what was never in the inbox, its entry's."""
    text: str
    place: Place
    tier: float
    source: str
    status: ProposalStatus = "open"
    decision: str = ""
    """The decision of the log that it is, "" for none."""
    entry: str = ""
    """The entry that it became."""
    made: float = 0.0
    """Seconds since 1970."""

    def event(self, stamp: Stamp) -> Event:
        """Return the event that says that this is how it stands now."""
        return events.proposal(
            stamp,
            self.name,
            self.text,
            place=self.place,
            tier=self.tier,
            source=self.source,
            status=self.status,
            decision=self.decision,
            entry=self.entry,
        )

    @property
    def as_decision(self) -> Decision:
        """Return it as what is compared."""
        return Decision(self.name, self.text, self.tier, "", self.made)


def fold(logged: Iterable[Event]) -> dict[str, Proposal]:
    """Return the proposals by their names, as the newest event of each says."""
    found: dict[str, Proposal] = {}
    for event in logged:
        name, place = text_of(event.data, "name"), text_of(event.data, "place")
        status, tier = text_of(event.data, "status"), event.data.get("tier")
        if event.kind != "proposal" or not name:
            continue
        found[name] = Proposal(
            name,
            event.text,
            place if place in PLACES else "decisions",
            min(1.0, max(0.0, tier)) if isinstance(tier, (int, float)) else 0.5,
            text_of(event.data, "source"),
            cast(ProposalStatus, status) if status in ("accepted", "rejected") else "open",
            text_of(event.data, "decision"),
            text_of(event.data, "entry"),
            found[name].made if name in found else event.at,
        )
    return found


def next_name(known: Iterable[str]) -> str:
    """Return the name after the highest."""
    numbers = [int(found[1]) for name in known if (found := _NAME.fullmatch(name))]
    return f"P{max(numbers, default=0) + 1:03}"


def says_the_same(text: str, others: Iterable[Decision]) -> str:
    """Return the name of the first that says the same as a text, "" if none does."""
    for other in others:
        found = relation(text, other)
        if other.text == text or (found is not None and found.relation == "same"):
            return other.name
    return ""


def new(drafts: Sequence[Proposal], known: dict[str, Proposal], at: float) -> list[Proposal]:
    """Return drafts with names, but for those that wait in the inbox or were rejected before."""
    made: dict[str, Proposal] = {}
    for draft in drafts:
        everything = {**known, **made}
        asked = [one.as_decision for one in everything.values() if one.status != "accepted"]
        if not says_the_same(draft.text, asked):
            name = next_name(everything)
            made[name] = replace(draft, name=name, made=at)
    return list(made.values())


def place_of(text: str) -> Place:
    """Return the file that a statement belongs into, by its words."""
    if _MEANS.search(text):
        return "glossary"
    is_convention = _CONVENTION.search(text) or kind_of(text) == "code_pattern"
    return "conventions" if is_convention and not _DECIDED.search(text) else "decisions"


def draft(text: str, tier: float, source: str, *, decision: str = "") -> Proposal | None:
    """Return what may be proposed; None if it is no short statement, or not sure enough."""
    if tier < LEAST_TIER:
        return None
    try:
        words = cleaned(text)
    except EventError:
        return None
    return Proposal("", words, place_of(words), tier, source, decision=decision)


def drafts_of_summary(text: str, source: str) -> list[Proposal]:
    """Return what the decisions and constraints of a model's summary propose."""
    found: list[Proposal] = []
    for place, lines in _sections(text):
        proposed = 0
        for line in lines:
            tiered = _TIER.fullmatch(line)
            tier = float(tiered[1]) if tiered else LEAST_TIER
            made = draft(tiered[2] if tiered else line, min(tier, 1.0), source)
            if made is None or _says_little(made.text):
                continue
            found.append(replace(made, place=place))
            proposed += 1
            if proposed == MAX_OF_SUMMARY:
                break
    return found


def _says_little(text: str) -> bool:
    return sum(not term.isdigit() for term in content(text)) < _LEAST_TERMS


def _sections(text: str) -> Iterator[tuple[Place, list[str]]]:
    heading = ""
    under: dict[str, list[str]] = {}
    for line in text.splitlines():
        if line.startswith("## "):
            heading = line[3:].strip()
        elif line.startswith("- "):
            under.setdefault(heading, []).append(line[2:].strip())
    for name, place in _OF_SUMMARY.items():
        yield place, under.get(name, [])
