"""Decisions that a message states: recorded, or held back if another project's say otherwise."""

from __future__ import annotations

from collections.abc import Sequence

from ownstack.errors import EventError
from ownstack.memory import events, other_projects
from ownstack.memory.facts.classify import classify
from ownstack.memory.facts.conflicts import Verdict
from ownstack.memory.facts.project_facts import ProjectFacts
from ownstack.memory.log.session import SessionLog
from ownstack.memory.other_projects import OtherProject

HELD_BACK = "Not noted:"
"""Begins what is said of a decision that waits for the user's word."""
MAX_DECISIONS = 3
"""Of one message: more in one are a document, not decisions."""


class StatedDecisions:
    """Those of one session. Methods wait for the disk."""

    def __init__(self, session: SessionLog, others: Sequence[OtherProject]) -> None:
        self._session = session
        self._facts = ProjectFacts(session)
        self._foreign = other_projects.foreign(others)
        self._held_back: list[str] = []

    def record(self, message: str) -> tuple[list[str], list[Verdict]]:
        """Record the decisions that a message states.

        Return what to say of each, and what became of those that were not held back.

        Raises:
            MemoryStoreError: they cannot be kept.
        """
        found = [finding for finding in classify(message) if finding.kind == "decision"]
        notes: list[str] = []
        recorded: list[Verdict] = []
        for finding in found[:MAX_DECISIONS]:
            verdict = self._facts.decide(
                finding.text, tier=finding.confidence, foreign=self._foreign
            )
            if verdict.outcome == "blocked":
                notes.append(self._hold_back(verdict))
                continue
            notes.append(_noted(verdict))
            recorded.append(verdict)
        return notes, recorded

    def take_over(self, name: str = "") -> tuple[str, ...]:
        """Record what was held back, or a decision of another project; say what became of it.

        Raises:
            EventError: there is nothing to take over, or none of that name.
            MemoryStoreError: it cannot be kept.
        """
        if not name:
            if not self._held_back:
                raise EventError("Nothing was held back.", "/take NAME takes another project's.")
            held_back, self._held_back = self._held_back, []
            return tuple(_noted(self._facts.decide(text)) for text in held_back)
        for decision in self._foreign:
            if name == decision.name:
                why = f"As {name}. {decision.rationale}".strip()
                taken = self._facts.decide(decision.text, tier=decision.tier, rationale=why)
                return (_noted(taken),)
        raise EventError(
            f"No other project that is shown has a decision {name[:80]}.",
            "Name it with its project: PROJECT/D001.",
        )

    def _hold_back(self, verdict: Verdict) -> str:
        """Record that a decision waits for the user's word, and ask for it."""
        text = verdict.decision.text
        names = [conflict.other for conflict in verdict.conflicts]
        stamp = self._session.stamp(self._session.last_turn)
        self._session.append(events.note(stamp, "held back", text, {"conflicts": names}))
        self._held_back.append(text)
        said = {decision.name: decision.text for decision in self._foreign}
        against = "; ".join(f"{name}: {said[name]}" for name in names)
        return f'{HELD_BACK} "{text}" contradicts {against}.'


def _noted(verdict: Verdict) -> str:
    """Return a sentence about a decision that was recorded."""
    said = f"{verdict.decision.name}: {verdict.decision.text} {verdict.reason}"
    return f"Noted as {said.strip()}"
