"""Fitting the mixture, on rows whose truth is known."""

import random
from pathlib import Path

import numpy as np
import pytest

from benchmarks.infilling.cursors import Case
from benchmarks.infilling.sources import ProjectFiles, read_project
from ownstack.completion.context.known_symbols import NOTHING, KnownSymbols
from ownstack.completion.echo.candidate import FEATURES as ECHO_FEATURES
from ownstack.completion.echo.candidate import Candidate
from ownstack.completion.echo.query import query_at
from ownstack.completion.echo.scoring import ScoredCandidate
from ownstack.completion.sources.ranking import CERTAINTY, CHOICE, options
from ownstack.document import Document
from ownstack.engine.results import ScoredLine
from ownstack.engine.scripted import ScriptedEngine
from training.mix_calibration import (
    Row,
    best_of,
    drawn,
    echoes,
    fit_certainty,
    fit_choice,
    held_out,
    names_at,
    report,
    score,
)

pytestmark = pytest.mark.native

TEXT = "first = compute(a)\nsecond = compute(b)\nthird = "


def row(number: int, draw: random.Random) -> Row:
    """Echo is right in half of the cases, the network knows which of its lines is right."""
    document = Document("test:a.py", "a.py", "python", 1, TEXT)
    truth = draw.choice(["compute(a)", "compute(b)"])
    none = (0.0,) * len(ECHO_FEATURES)
    echoed = [
        ScoredCandidate(Candidate(text, [], 1.0, none), share, 1 - share, 4)
        for text, share in (("compute(a)", 0.55), ("compute(b)", 0.45))
    ]
    scored = [
        ScoredLine(text, draw.gauss(-1.0 if text == truth else -6.0, 3.0), 4, True, False)
        for text in ("compute(a)", "compute(b)")
    ]
    case = Case(f"project {number % 3}", "python", document, len(TEXT), truth)
    found = options(query_at(document, len(TEXT)), echoed, scored)
    return Row(case, number % 4 == 0, echoed, tuple(scored), NOTHING, found)


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    draw = random.Random(1)
    return [row(number, draw) for number in range(240)]


def test_the_fit_finds_out_that_the_network_knows(rows: list[Row]) -> None:
    """Weights as many as there are features; the order follows the network's."""
    choice = fit_choice(rows)

    best = [best_of(row, choice) for row in rows]

    assert len(choice) == len(CHOICE)
    exact = [
        mixed is not None and mixed.text == row.truth for mixed, row in zip(best, rows, strict=True)
    ]
    assert np.mean(exact) > 0.75
    assert np.mean([row.echo == row.truth for row in rows]) < 0.6
    assert len(fit_certainty(best, rows)) == len(CERTAINTY)


def test_what_is_measured_was_not_fitted_on(
    rows: list[Row], capsys: pytest.CaptureFixture[str]
) -> None:
    """Each project is judged by weights of the others, and sure where it is right."""
    best, chance = held_out(rows)
    report(rows, best, chance)

    exact = np.array(
        [mixed is not None and mixed.text == r.truth for mixed, r in zip(best, rows, strict=True)]
    )
    assert exact.mean() > 0.75
    assert chance[exact].mean() > chance[~exact].mean()
    printed = capsys.readouterr().out
    assert "calibration error" in printed
    assert "shown/exact from normal" in printed


def project(folder: Path) -> ProjectFiles:
    for name in ("one", "two"):
        lines = [f"value_{name}_{n} = compute_the_value(here, {n % 7})" for n in range(60)]
        folder.mkdir(exist_ok=True)
        (folder / f"{name}.py").write_text("\n".join(lines) + "\n", "utf-8")
    return read_project("made", "python", folder)


def test_names_come_from_the_projects_other_files(tmp_path: Path) -> None:
    """What the index knows, with the document as it is before the line is finished."""
    made = project(tmp_path / "made")
    cases = [case for case, _ in drawn([made], 40, 1)]

    names = names_at(cases, [made])

    assert len(names) == len(cases)
    assert any(name.names for name in names)


async def test_cursors_are_the_benchmarks(tmp_path: Path) -> None:
    """Some documents end at the cursor; echo proposes lines, and the engine is asked for each."""
    made = project(tmp_path / "made")
    cases = drawn([made], 40, 1)
    plain = [case for case, _ in cases]
    echoed = await echoes(plain, [made])
    engine = ScriptedEngine(scores_lines=True)
    engine.enqueue("", scored=[ScoredLine("x", -1.0, 1, False, True)])

    names = [KnownSymbols(("size",))] * len(plain)

    scored = await score(engine, plain, echoed, names)

    growing = [case for case, grows in cases if grows]
    assert 0 < len(growing) < len(cases)
    assert all(not case.after for case in growing)
    assert len(scored) == len(cases)
    assert [line.text for line in scored[0]] == ["x"]
    assert engine.scorings[0].candidates == tuple(
        echoed_line.candidate.text for echoed_line in echoed[0]
    )
    assert engine.scorings[0].forced_prefixes == ("size",)
    assert all(request.alternatives > 0 for request in engine.scorings)
