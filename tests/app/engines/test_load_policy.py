"""Which models leave memory, and when."""

from __future__ import annotations

import pytest

from ownstack.app.engines.load_policy import Plan, Resident, Room, idle, make_room
from ownstack.models.reference import ModelReference

GB = 1_000_000_000


def resident(
    name: str,
    gb: float = 2,
    used_s: float = 0.0,
    *,
    completes: bool = False,
    at_work: bool = False,
    loading: bool = False,
) -> Resident:
    reference = ModelReference("llama", name)
    return Resident(reference, int(gb * GB), used_s, completes, at_work or loading, loading)


def room(budget_gb: float, free_gb: float | None = 100, *, firm: bool = True) -> Room:
    free = None if free_gb is None else int(free_gb * GB)
    return Room(int(budget_gb * GB), firm, free)


OLD, NEW = resident("old", used_s=1), resident("new", used_s=2)
COMPLETES = resident("completes", used_s=0, completes=True)
BUSY = resident("busy", used_s=0, at_work=True)


@pytest.mark.parametrize(
    ("residents", "available", "unload"),
    [
        ([], room(3), []),
        ([OLD, NEW], room(6), []),
        ([NEW, OLD], room(5), ["old"]),
        ([NEW, OLD], room(3), ["old", "new"]),
        ([COMPLETES, NEW], room(5), ["new"]),
        ([COMPLETES, NEW], room(3), ["new", "completes"]),
        ([BUSY, NEW], room(5), ["new"]),
        # Other programs have the memory, whatever the budget is.
        ([OLD, NEW], room(100, 1), ["old"]),
        ([OLD], room(5, None), []),
        # What is on its way has not taken its memory yet.
        ([OLD, resident("coming", 3, loading=True)], room(100, 4), ["old"]),
        # Beyond what was only computed: all that can, makes room.
        ([OLD, NEW], room(1, firm=False), ["old", "new"]),
        ([BUSY, NEW], room(1, firm=False), ["new"]),
        # Nothing leaves in vain: it would be refused all the same.
        ([OLD], room(100, -1), []),
    ],
)
def test_what_makes_room(residents: list[Resident], available: Room, unload: list[str]) -> None:
    """For a model of 2 GB: what was used longest ago first, what completes last."""
    expected = tuple(ModelReference("llama", name) for name in unload)

    assert make_room(2 * GB, residents, available) == Plan(expected, fits=True)


@pytest.mark.parametrize("residents", [[], [OLD], [BUSY], [COMPLETES, OLD]])
def test_what_does_not_fit_unloads_nothing(residents: list[Resident]) -> None:
    """A budget that the user has set is kept to."""
    assert make_room(3 * GB, residents, room(2.9)) == Plan((), fits=False)


def test_what_is_busy_cannot_make_room() -> None:
    """It would fit if nothing were at work."""
    assert not make_room(2 * GB, [BUSY], room(3)).fits
    assert make_room(2 * GB, [OLD], room(3)).fits


@pytest.mark.parametrize(
    ("residents", "available", "fits"),
    [
        ([], room(3), True),
        ([OLD], room(3), False),
        ([OLD], room(5), True),
        ([OLD], room(3, firm=False), False),
        ([OLD], room(100, 1), False),
    ],
)
def test_nothing_makes_room_for_what_is_only_handy(
    residents: list[Resident], available: Room, fits: bool
) -> None:
    """A model of 2 GB that one can do without fits into what is left, or is not loaded."""
    assert make_room(2 * GB, residents, available, modest=True) == Plan((), fits)


def test_what_nobody_asks_is_idle() -> None:
    """At the minute; what completes or works is not."""
    residents = [OLD, NEW, COMPLETES, BUSY]

    assert idle(residents, 60.9, 60) == ()
    assert idle(residents, 61, 60) == (OLD.reference,)
    assert idle(residents, 1_000, 60) == (OLD.reference, NEW.reference)
