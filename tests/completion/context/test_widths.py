"""How long prompts are, by what a model can read in which time."""

import pytest

from ownstack.completion.context.widths import Widths, widths
from ownstack.engine.results import Speed


@pytest.mark.parametrize(
    ("room", "prefill", "expected"),
    [
        (3_904, 340.0, (680, 2_380, 3_904)),
        (3_904, 90.0, (256, 630, 1_800)),
        (3_904, 5.0, (256,)),
        (3_904, 5_000.0, (3_904,)),
        (3_904, 1_700.0, (3_400,)),
        (512, 100.0, (256, 512)),
        (128, 10.0, (128,)),
    ],
)
def test_widths(room: int, prefill: float, expected: tuple[int, ...]) -> None:
    """The first in two seconds, wider ones in seven and twenty, within the window."""
    assert widths(room, prefill) == expected


def test_a_model_of_unknown_speed_gets_all_there_is_room_for() -> None:
    """Such as one on another machine."""
    assert Widths(3_904, lambda: Speed(0.0, 0.0)).tokens() == (3_904,)


def test_widths_follow_the_speed_but_not_every_measurement() -> None:
    """Small changes would move the beginning of every prompt; large ones count in both ways."""
    speeds = [100.0, 140.0, 70.0, 151.0, 110.0, 20.0, 300.0]
    measured = Widths(3_904, lambda: Speed(speeds[0], 10.0))
    found = []
    while speeds:
        found.append(measured.tokens()[-1])
        del speeds[0]

    assert found == [2_000, 2_000, 2_000, 3_020, 3_020, 400, 3_904]
