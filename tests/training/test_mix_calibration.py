"""Fitting the mixture, on rows whose truth is known."""

import random
from pathlib import Path

import numpy as np
import pytest

from benchmarks.infilling.cursors import Case
from benchmarks.infilling.sources import ProjectFiles, read_project
from ownstack.completion.echo.candidate import FEATURES as ECHO_FEATURES
from ownstack.completion.echo.candidate import Candidate
from ownstack.completion.echo.judgement import Judged
from ownstack.completion.echo.question import ask
from ownstack.completion.mix import CERTAINTY, CHOICE, options
from ownstack.completion.naming import NOTHING, Known
from ownstack.document import Document
from ownstack.engine.protocol import Weighed
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
    weigh,
)

TEXT = "first = compute(a)\nsecond = compute(b)\nthird = "


def row(number: int, draw: random.Random) -> Row:
    """Echo is right in half of the cases, the network knows which of its lines is right."""
    document = Document("test:a.py", "a.py", "python", 1, TEXT)
    truth = draw.choice(["compute(a)", "compute(b)"])
    none = (0.0,) * len(ECHO_FEATURES)
    echoed = [
        Judged(Candidate(text, [], 1.0, none), share, 1 - share, 4)
        for text, share in (("compute(a)", 0.55), ("compute(b)", 0.45))
    ]
    weighed = [
        Weighed(text, draw.gauss(-1.0 if text == truth else -6.0, 3.0), 4, True, False)
        for text in ("compute(a)", "compute(b)")
    ]
    case = Case(f"project {number % 3}", "python", document, len(TEXT), truth)
    found = options(ask(document, len(TEXT)), echoed, weighed)
    return Row(case, number % 4 == 0, echoed, tuple(weighed), NOTHING, found)


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    draw = random.Random(1)
    return [row(number, draw) for number in range(240)]


def test_the_fit_finds_out_that_the_network_knows(rows: list[Row]) -> None:
    """Weights as many as there are features; the order follows the network's."""
    choice = fit_choice(rows)

    best = [best_of(one, choice) for one in rows]

    assert len(choice) == len(CHOICE)
    exact = [one is not None and one.text == row.truth for one, row in zip(best, rows, strict=True)]
    assert np.mean(exact) > 0.75
    assert np.mean([one.echo == one.truth for one in rows]) < 0.6
    assert len(fit_certainty(best, rows)) == len(CERTAINTY)


def test_what_is_measured_was_not_fitted_on(
    rows: list[Row], capsys: pytest.CaptureFixture[str]
) -> None:
    """Each project is judged by weights of the others, and sure where it is right."""
    best, chance = held_out(rows)
    report(rows, best, chance)

    exact = np.array(
        [one is not None and one.text == r.truth for one, r in zip(best, rows, strict=True)]
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
    assert any(one.names for one in names)


async def test_cursors_are_the_benchmarks(tmp_path: Path) -> None:
    """Some documents end at the cursor; echo proposes lines, and the engine is asked for each."""
    made = project(tmp_path / "made")
    cases = drawn([made], 40, 1)
    plain = [case for case, _ in cases]
    echoed = await echoes(plain, [made])
    engine = ScriptedEngine(weighs=True)
    engine.enqueue("", weighed=[Weighed("x", -1.0, 1, False, True)])

    names = [Known(("size",))] * len(plain)

    weighed = await weigh(engine, plain, echoed, names)

    growing = [case for case, grows in cases if grows]
    assert 0 < len(growing) < len(cases)
    assert all(not case.after for case in growing)
    assert len(weighed) == len(cases)
    assert [one.text for one in weighed[0]] == ["x"]
    assert engine.infills[0].proposals == tuple(one.candidate.text for one in echoed[0])
    assert engine.infills[0].beginnings == ("size",)
    assert all(request.alternatives > 0 for request in engine.infills)
