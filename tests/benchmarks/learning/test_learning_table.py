"""What the answers come to."""

import io
import json
from pathlib import Path

import pytest
from rich.console import Console

from benchmarks.infilling.cursors import Case
from benchmarks.infilling.systems import Proposal
from benchmarks.learning import plots, table
from benchmarks.learning.asking import Answers
from ownstack.document import Document

RIGHT = {"plain": 2, "generic": 4, "project": 5, "both": 8, "control": 4}
"""Of ten cursors each."""


def answers() -> Answers:
    found = Answers(left=3)
    for project, language, names in (
        ("one", "python", list(RIGHT)),
        ("two", "python", list(RIGHT)),
        ("three", "go", ["plain", "generic"]),
    ):
        for number in range(10):
            document = Document(f"file:///{number}", f"{number}", language, 1, "x = ")
            found.cases.append(Case(project, language, document, 4, "value"))
            said = {name: "value" if number < RIGHT[name] else "other" for name in names}
            found.proposals.append({name: Proposal(text, 0.5) for name, text in said.items()})
    return found


def test_there_is_a_row_for_each_project_and_condition() -> None:
    rows = table.rows_of(answers())
    assert [(row.project, row.condition, row.right) for row in rows[:5]] == [
        ("one", name, right) for name, right in RIGHT.items()
    ]
    assert len(rows) == 12
    assert all(low <= row.right / row.count <= high for row in rows for low, high in [row.interval])


def test_bars_are_held_against_the_gain_over_all_projects() -> None:
    figures = {item.name: item for item in table.figures_of(table.comparisons_of(answers()), 3)}
    over_generic = figures["all projects: both over generic, exact match"]
    assert over_generic.measured == pytest.approx(100)
    assert over_generic.passed
    assert "3 cursors were not asked" in over_generic.compared
    assert figures["all projects: both over plain, exact match"].measured == pytest.approx(300)
    assert figures["go: generic over plain, exact match"].measured == pytest.approx(100)
    assert figures["all projects: both over control, lower end"].passed


def test_an_adapter_that_another_project_explains_misses_its_bar() -> None:
    found = answers()
    for said in found.proposals:
        if "control" in said:
            said["control"] = said["both"]
    figures = {item.name: item for item in table.figures_of(table.comparisons_of(found), 0)}
    lower = figures["all projects: both over control, lower end"]
    assert lower.measured == 0
    assert not lower.passed


def test_people_and_programs_are_told() -> None:
    found = answers()
    rows, pairs = table.rows_of(found), table.comparisons_of(found)
    out = io.StringIO()
    table.print_tables(rows, pairs, Console(file=out, width=150))
    assert "both over control" in out.getvalue()
    data = json.loads(json.dumps(table.as_data(rows, pairs, found)))
    assert len(data["rows"]) == 12
    assert data["cursors_left"] == 3


def test_nothing_answered_is_no_error() -> None:
    assert table.rows_of(Answers()) == []
    assert table.figures_of(table.comparisons_of(Answers()), 9) == []


def test_a_curve_is_what_the_last_run_says(tmp_path: Path) -> None:
    """After a kill the trainer goes on from its checkpoint, and says some minutes again."""
    progress = tmp_path / "progress.jsonl"
    said = [
        {"trained_s": 60, "loss": 3.0, "held_out_loss": 2.9},
        {"trained_s": 120, "loss": 2.0, "held_out_loss": None},
        {"trained_s": 180, "loss": 1.5},
        {"trained_s": 90, "loss": 2.5},
    ]
    progress.write_text("\n".join(map(json.dumps, said)) + '\n{"trained_s": 12', "utf-8")
    curve = plots.read_curve(progress)
    assert curve.losses == ((1.0, 3.0), (1.5, 2.5))
    assert curve.held_out == ((1.0, 2.9),)


def test_smoothing_starts_where_the_values_do() -> None:
    assert plots.smooth([4.0]) == [pytest.approx(4.0)]
    assert plots.smooth([4.0] * 30)[-1] == pytest.approx(4.0)
    assert plots.smooth([]) == []


@pytest.mark.skipif(bool(plots.missing()), reason="matplotlib is not installed")
def test_pictures_are_drawn(tmp_path: Path) -> None:
    rows = table.rows_of(answers())
    bars = plots.draw_bars(rows, tmp_path / "bars.png", "made")
    curve = plots.Curve(((0.0, 3.0), (1.0, 2.0)), ((1.0, 2.5),))
    nothing = plots.Curve((), ())
    curves = plots.draw_curves({"a": curve, "b": nothing}, tmp_path / "curves.png", "made")
    for path in (bars, curves):
        assert path.read_bytes().startswith(b"\x89PNG")
