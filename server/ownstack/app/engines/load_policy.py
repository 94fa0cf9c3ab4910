"""Which models leave memory, and when: for one that needs the room, or because nobody asks them.

Functions of values: what there is was found out before (`app/engines/model_memory.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ownstack.models.reference import ModelReference


@dataclass(frozen=True, slots=True)
class Room:
    """Memory for models."""

    budget_bytes: int
    """What all of them may take together."""
    firm: bool
    """Whether the user has set the budget: then nothing is loaded beyond it."""
    free_bytes: int | None
    """What the system has left; None if that is for llama.cpp to judge (of a graphics card)."""


@dataclass(frozen=True, slots=True)
class Resident:
    """A model that is in memory, or on its way there."""

    reference: ModelReference
    memory_bytes: int
    used_s: float
    """When it was last asked for something, by a clock that only counts."""
    completes: bool
    at_work: bool
    """It is being loaded, or a request is under way: it cannot be unloaded now."""
    loading: bool = False
    """What it needs is not yet missing in what the system has left."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be done for a model that needs room."""

    unload: tuple[ModelReference, ...]
    fits: bool
    """Whether it may be loaded then."""


def make_room(
    needed_bytes: int, residents: Sequence[Resident], room: Room, *, modest: bool = False
) -> Plan:
    """Choose what to unload: what was used longest ago first, what completes last.

    Nothing is unloaded in vain: not for a model that would be refused all the same. A budget that
    was only computed refuses none, and a model beyond it may come alone. For a `modest` one
    nothing is unloaded: it fits into what is left, or not at all.
    """
    over = needed_bytes + sum(other.memory_bytes for other in residents) - room.budget_bytes
    missing = 0
    if room.free_bytes is not None:
        coming = sum(other.memory_bytes for other in residents if other.loading)
        missing = needed_bytes + coming - room.free_bytes
    if modest:
        return Plan((), fits=over <= 0 and missing <= 0)
    leaving: list[ModelReference] = []
    for other in _by_use(residents):
        if over <= 0 and missing <= 0:
            break
        leaving.append(other.reference)
        over -= other.memory_bytes
        missing -= other.memory_bytes
    if over > 0 and room.firm:
        return Plan((), fits=False)
    return Plan(tuple(leaving) if missing <= 0 else (), fits=True)


def idle(residents: Sequence[Resident], now_s: float, idle_s: float) -> tuple[ModelReference, ...]:
    """Return which models nobody has asked for so long; those that complete stay."""
    return tuple(
        other.reference
        for other in residents
        if not other.completes and not other.at_work and now_s - other.used_s >= idle_s
    )


def _by_use(residents: Sequence[Resident]) -> list[Resident]:
    able = [other for other in residents if not other.at_work]
    return sorted(able, key=lambda other: (other.completes, other.used_s))
