"""What other projects decided, shown to a model as theirs; nothing of them is taken over by itself.

They are projects that the user named, or that an archive came from. Their decisions bear their
name (`shop/D001`). A decision here that contradicts one is blocked until the user takes it over.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ownstack.memory import ids, mentions
from ownstack.memory.archive.archive import Archive, KeptDecision
from ownstack.memory.facts import conflicts, decisions
from ownstack.memory.facts.decisions import Decision
from ownstack.memory.handles import short
from ownstack.memory.imported import is_imported
from ownstack.memory.log.sessions import Sessions

MAX_DECISIONS, MAX_CONSTRAINTS = 12, 6
_LINE_CHARS = 160
_HEAD = (
    "Another project, {name}, decided what follows. It is not decided in this project: take it as "
    "advice, and say when something here contradicts it."
)


@dataclass(frozen=True, slots=True)
class OtherProject:
    """What another project goes by."""

    name: str
    decisions: tuple[Decision, ...]
    """Those that hold, the surest first; their names begin with the project's."""
    constraints: tuple[str, ...] = ()
    """What its user asked to keep to."""

    @property
    def text(self) -> str:
        """It as a model is shown it; "" if there is nothing."""
        lines = [
            f"- {decision.name} (tier {decision.tier:g}) {short(decision.text, _LINE_CHARS)}"
            for decision in self.decisions[:MAX_DECISIONS]
        ]
        kept = self.constraints[:MAX_CONSTRAINTS]
        lines += [f"- asked for: {short(line, _LINE_CHARS)}" for line in kept]
        head = _HEAD.format(name=short(self.name, 80))
        return "\n".join(
            [f"## Of the project {short(self.name, 80)}", head, *lines] if lines else []
        )


def of_log(sessions: Sessions, root: Path) -> OtherProject:
    """Return what the project of a folder goes by, from its conversations. Waits for the disk.

    Raises:
        MemoryStoreError: the log cannot be read.
    """
    logged = sessions.of_project(str(root), "decision", "user")
    asked = [
        short(sentence, _LINE_CHARS)
        for event in logged
        if event.kind == "user" and not is_imported(event)
        for sentence in mentions.sentences(event.text)
        if mentions.is_constraint(sentence) and not mentions.is_question(sentence)
    ]
    known = decisions.fold(logged)
    said = {decision.text for decision in known.values()}
    newest = [line for line in dict.fromkeys(reversed(asked)) if line not in said]
    return OtherProject(root.name, _named(root.name, known.values()), tuple(newest))


def of_archive(archive: Archive, root: str, known: Mapping[str, Decision]) -> list[OtherProject]:
    """Return what an archive brings that the project of a folder did not decide, by project."""
    groups: dict[tuple[str, str], list[Decision]] = {}
    for item in archive.decisions:
        if _own(item, root, known) is None:
            groups.setdefault((item.project.id, item.project.name), []).append(item.decision)
    return [
        other
        for (_id, name), found in groups.items()
        if (other := OtherProject(name, _named(name, found))).decisions
    ]


def stale(
    archive: Archive, root: str, known: Mapping[str, Decision], now: float
) -> tuple[str, ...]:
    """Return the names of an archive's decisions that nobody has checked for long."""
    names = []
    for item in archive.decisions:
        own = _own(item, root, known)
        (decision,) = _named(item.project.name, [item.decision]) or (None,)
        found = own or decision
        if found is not None and decisions.is_stale(found, now):
            names.append(found.name)
    return tuple(names)


def contradictions(known: Mapping[str, Decision], others: Sequence[OtherProject]) -> list[str]:
    """Return sentences about this project's decisions that contradict another project's."""
    return [
        f"{decision.name} ({short(decision.text, 120)}) contradicts {found.other} "
        f"({short(_text_of(found.other, others), 120)}): {decision.name} holds here."
        for decision in known.values()
        if decision.holds
        for found in conflicts.conflicts(decision.text, foreign(others))
        if found.relation == "contradicts"
    ]


def foreign(others: Sequence[OtherProject]) -> tuple[Decision, ...]:
    """Return the decisions of all of them."""
    return tuple(decision for other in others for decision in other.decisions)


def _own(item: KeptDecision, root: str, known: Mapping[str, Decision]) -> Decision | None:
    """Return an archived decision as it stands in the log of a folder's project; None: not its."""
    own = known.get(item.decision.name) if item.project.id == ids.project_id(root) else None
    return own if own is not None and own.text == item.decision.text else None


def _text_of(name: str, others: Sequence[OtherProject]) -> str:
    return next((decision.text for decision in foreign(others) if decision.name == name), "")


def _named(project: str, found: Iterable[Decision]) -> tuple[Decision, ...]:
    """Return the decisions that hold under names that tell whose they are, the surest first."""
    holding = [decision for decision in found if decision.holds]
    holding.sort(key=lambda decision: (-decision.tier, -decision.last_validated, decision.name))
    return tuple(replace(d, name=f"{short(project, 80)}/{d.name}") for d in holding)
