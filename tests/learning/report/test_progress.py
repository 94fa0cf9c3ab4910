"""What a training told of itself is read whatever has become of the file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ownstack.learning.report.curves import POINTS, ROWS, curves
from ownstack.learning.report.progress import Step, kept, read_progress


def test_what_was_lost_by_a_kill_is_not_drawn() -> None:
    """A training goes on from its last checkpoint: what it did after that is done anew."""
    times = [0, 10, 20, 30, 15, 25]

    assert [step.trained_s for step in kept(Step(time) for time in times)] == [0, 10, 15, 25]


@pytest.mark.parametrize(
    "line",
    ["", "{", "[]", "5", '{"trained_s": "1"}', '{"trained_s": NaN}', '{"trained_s": -1}',
     '{"trained_s": 1e400}', '{"trained_s": true}', "[" * 100_000, "\x00", "{}"],
)  # fmt: skip
def test_damaged_lines_are_left_out(tmp_path: Path, line: str) -> None:
    """The others are read."""
    file = tmp_path / "progress.jsonl"
    good = json.dumps({"state": "training", "trained_s": 5, "loss": 1.5})
    file.write_text(f"{line}\n{good}\n{good[:20]}")

    assert read_progress(file) == (Step(5.0, loss=1.5),)


def test_odd_figures_are_none(tmp_path: Path) -> None:
    """A loss that is no number is not told as one."""
    file = tmp_path / "progress.jsonl"
    file.write_text('{"trained_s": 5, "loss": NaN, "tokens": 1.5, "step": -1, "rate": "fast"}\n')

    assert read_progress(file) == (Step(5.0),)


def test_nothing_to_draw() -> None:
    """Loading alone has no loss."""
    assert curves(()) is None
    assert curves((Step(0), Step(5))) is None


@given(
    st.lists(st.tuples(st.floats(0, 1e4), st.none() | st.floats(0, 1e3)), min_size=1, max_size=400)
)
def test_curves_stay_in_their_drawing(told: list[tuple[float, float | None]]) -> None:
    """However long it took: so many points, and a table that can be read."""
    steps = [Step(5.0 * n, n, n, n, loss, held) for n, (loss, held) in enumerate(told)]
    drawn = curves(steps)

    assert drawn is not None
    assert len(drawn.loss) <= POINTS
    assert 1 <= len(drawn.rows) <= ROWS + 1
    for point in (*drawn.loss, *drawn.held_out):
        assert 0 <= point.x <= 720
        assert 0 <= point.y <= 200


def test_a_point_is_the_mean_of_its_steps() -> None:
    """A long training is as readable as a short one."""
    drawn = curves([Step(60.0 * n, n, loss=float(n % 2)) for n in range(2 * POINTS)])

    assert drawn is not None
    assert {point.said.split(": ")[1] for point in drawn.loss} == {"learned from 0.500"}
