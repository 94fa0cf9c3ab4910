"""Which model does a task: the first that may, of those the user chose, and why no other.

A function of values: what there is was found out before (`app/engines/model_choice.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Literal

from ownstack.models.roles import Role


class Tier(IntEnum):
    """What a model costs, the least first: time, memory, and at last that data leaves."""

    NONE = 1
    """No model: what is computed or found."""
    SMALL = 2
    LARGE = 3
    HOSTED = 4
    """On another machine."""


SMALL_PARAMETERS = 4_000_000_000
"""A model of fewer is small: it answers on a processor in the time that a person waits."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A model that could do it."""

    name: str
    tier: Tier
    engine: str = "llama"
    host: str = ""
    """Where it runs, if not in this process."""
    fallback: bool = False
    """Whether it is there for when the chosen one cannot."""
    allowed: bool = True
    """Whether the user lets it have what this role is given. Only asked of `HOSTED`."""
    problem: str = ""
    """Why it cannot be used, whatever the task; "" if it can."""
    rank: int = 0
    """Of a fallback: it is taken after all those of a lower rank."""


@dataclass(frozen=True, slots=True)
class Task:
    """What is to be done."""

    role: Role
    override: str = ""
    """The one model that was asked for by name, for this task alone."""
    at_least: Tier = Tier.NONE
    """What is too small for it is passed over."""


@dataclass(frozen=True, slots=True)
class Step:
    """One candidate, and what became of it."""

    model: str
    tier: Tier
    verdict: Literal["used", "passed over", "in reserve"]
    why: str
    """One sentence."""


@dataclass(frozen=True, slots=True)
class Decision:
    """Which model it is, and how that came about."""

    role: Role
    chosen: Candidate | None
    """None: it is done without a model, or not at all."""
    steps: tuple[Step, ...]

    @property
    def tier(self) -> Tier:
        return Tier.NONE if self.chosen is None else self.chosen.tier

    @property
    def leaves_machine(self) -> bool:
        return self.tier is Tier.HOSTED

    def explanation(self) -> str:
        """Return a sentence that says who does it, and why not the one that was chosen."""
        if self.chosen is not None:
            used = next(step.why for step in self.steps if step.verdict == "used")
            first = self.steps[0]
            instead = self.chosen.fallback and first.verdict == "passed over"
            return f"{used} Not {first.model}: {first.why}" if instead else used
        if not self.steps:
            return _WITHOUT_CHOICE[self.role == "completion"].format(role=self.role)
        return f"No model: {self.steps[0].why}"


_WITHOUT_CHOICE = (
    "No model is chosen for {role}. Choose one with: ownstack models use NAME --for {role}",
    "No model is used: completion repeats what is in your files.",
)


def decide(task: Task, candidates: Sequence[Candidate], offline: str = "") -> Decision:
    """Choose among candidates: the chosen one, then what is in reserve, nearest and smallest first.

    `offline` says why nothing may leave this machine; "" if it may.
    """
    first = [candidate for candidate in candidates if not candidate.fallback]
    reserve = sorted(
        (candidate for candidate in candidates if candidate.fallback),
        key=lambda each: (each.rank, each.tier),
    )
    ceiling = max((candidate.tier for candidate in first), default=Tier.HOSTED)
    chosen: Candidate | None = None
    steps: list[Step] = []
    for candidate in [*first, *reserve]:
        why = _refusal(task, candidate, ceiling, offline)
        if why:
            steps.append(Step(candidate.name, candidate.tier, "passed over", why))
        elif chosen is None:
            chosen = candidate
            steps.append(Step(candidate.name, candidate.tier, "used", _reason(task, candidate)))
        else:
            why = f"It stands in for {chosen.name}."
            steps.append(Step(candidate.name, candidate.tier, "in reserve", why))
    return Decision(task.role, chosen, tuple(steps))


def _refusal(task: Task, candidate: Candidate, ceiling: Tier, offline: str) -> str:
    """Return why a candidate may not do it, in a sentence; "" if it may."""
    if task.override and candidate.name != task.override:
        return f"{task.override} was asked for by name."
    if candidate.problem:
        return candidate.problem
    if candidate.tier is Tier.HOSTED and offline:
        return f"It runs on another machine ({candidate.host}), and {offline}."
    if candidate.tier is Tier.HOSTED and not candidate.allowed:
        return (
            f"It runs on another machine ({candidate.host}), and you have not allowed that for "
            f"{task.role}. Allow it with: ownstack engines allow {candidate.engine} "
            f"--for {task.role}"
        )
    if candidate.tier < task.at_least:
        return f"It is too small for this: a {task.at_least.name.lower()} model is needed."
    escalates = candidate.fallback and candidate.tier > ceiling
    if escalates and not task.override:
        what = "runs elsewhere" if candidate.tier is Tier.HOSTED else "is larger"
        return (
            f"It {what}, unlike the model you chose, so it does not stand in for that. Choose it "
            f"itself with: ownstack models use {candidate.name} --for {task.role}"
        )
    return ""


def _reason(task: Task, candidate: Candidate) -> str:
    if task.override:
        how = "was asked for by name"
    elif candidate.fallback:
        how = f"stands in for the model that is chosen for {task.role}"
    else:
        how = f"is chosen for {task.role}"
    if candidate.tier is Tier.HOSTED:
        where = f"what it is given leaves this machine, to {candidate.host}"
    elif candidate.host:
        where = f"it runs on this machine, at {candidate.host}"
    else:
        where = "it runs on this machine"
    return f"{candidate.name} {how}; {where}."
