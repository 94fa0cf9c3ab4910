"""What is compared: the same model with different adapters.

`plain` has none, `generic` the one that is for everybody; `project` has the project's own alone,
`both` has it on top of the generic one, as the product serves it; `control` has another project's
in its place. What an adapter knows of a project is what `both` has over `control`.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ownstack.engine.adapters import Adapter
from ownstack.models.roles import Role

PLAIN, GENERIC, PROJECT, BOTH, CONTROL = "plain", "generic", "project", "both", "control"
CONDITIONS = (PLAIN, GENERIC, PROJECT, BOTH, CONTROL)
_DIGITS = 8


@dataclass(frozen=True, slots=True)
class Given:
    """The adapters of a run, as files."""

    generic: Path | None = None
    own: Mapping[str, Path] = field(default_factory=dict)
    """Project → what was trained for it on top of the generic one."""
    alone: Mapping[str, Path] = field(default_factory=dict)
    """Project → what was trained for it without the generic one. Where there is none, `project`
    is the one of `own` without what it was trained on top of."""


@dataclass(frozen=True, slots=True)
class Condition:
    """A model with some adapters, for one project."""

    name: str
    adapters: tuple[Adapter, ...]

    @property
    def id(self) -> str:
        """Its name, and what the adapters are: one that is trained anew is another condition."""
        parts = [f"{sha256(item.path)[:_DIGITS]}*{item.scale:g}" for item in self.adapters]
        return " ".join([self.name, *parts])


def conditions_of(project: str, given: Given) -> list[Condition]:
    """Return the conditions that there are adapters for, in the order of `CONDITIONS`."""
    shared = (Adapter(given.generic, "generic"),) if given.generic else ()
    found = [Condition(PLAIN, ())]
    if shared:
        found.append(Condition(GENERIC, shared))
    own = given.own.get(project)
    alone = given.alone.get(project, own)
    if alone:
        found.append(Condition(PROJECT, (Adapter(alone, project),)))
    if own and shared:
        found.append(Condition(BOTH, (*shared, Adapter(own, project))))
        other = control_for(project, tuple(given.own))
        if other:
            found.append(Condition(CONTROL, (*shared, Adapter(given.own[other], other))))
    return found


def control_for(project: str, projects: Sequence[str]) -> str:
    """Return the project whose adapter is another's control: the next one; "" if it is alone."""
    ring = sorted(projects)
    following = ring[(ring.index(project) + 1) % len(ring)]
    return "" if following == project else following


class Serving:
    """Which adapters answer: an engine asks with the place that a request says it is in."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[Adapter, ...]] = {}

    def place(self, condition: Condition) -> str:
        """Return what a request has to name as its project, to be answered so."""
        self._known[condition.id] = condition.adapters
        return condition.id

    def __call__(self, role: Role, project: str) -> tuple[Adapter, ...]:
        return self._known.get(project, ())


@functools.cache
def sha256(path: Path) -> str:
    """Return the digest of a file, which nobody changes meanwhile."""
    with path.open("rb") as file:
        digest = hashlib.sha256()
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
