"""Fitting how a larger model's lines are weighed, on rows whose truth is known."""

import argparse
import json
import random
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks.infilling.cursors import Case
from ownstack.completion.echo.candidate import FEATURES as ECHO_FEATURES
from ownstack.completion.echo.candidate import Candidate
from ownstack.completion.echo.scoring import ScoredCandidate
from ownstack.completion.sources.ranking import FEATURES
from ownstack.completion.sources.weighing import ALONE, SIGNALS, Judgement
from ownstack.completion.sources.weights import SMALL
from ownstack.document import Document
from ownstack.engine.results import ScoredLine, WrittenToken
from ownstack.engine.scripted import ScriptedEngine
from training.weighing_calibration import (
    BETAS,
    CANDIDATES,
    Answer,
    _key,
    answers,
    asked,
    best_of,
    by,
    chance_of,
    fit_alone,
    fit_beta,
    fit_certainty,
    fit_choice,
    held_out,
    report,
    report_parts,
    rows_of,
)

pytestmark = pytest.mark.native

TEXT = "first = compute(a)\nsecond = compute(b)\nthird = "
ECHO, OWN = "compute(a)", "compute(c)"


def echoed() -> list[ScoredCandidate]:
    none = (0.0,) * len(ECHO_FEATURES)
    return [ScoredCandidate(Candidate(ECHO, [], 1.0, none), 1.0, 0.0, 4)]


def drawn(number: int, draw: random.Random) -> tuple[Case, Answer]:
    """The model writes its own line; that echo's is right, it sees once it is shown that."""
    truth = draw.choice([ECHO, OWN])
    document = Document("test:a.py", "a.py", "python", 1, TEXT)
    case = Case(f"project {number % 3}", "python", document, len(TEXT), truth)
    own, other = (-1.0, -6.0) if truth == OWN else (-6.0, -1.0)
    own, other = draw.gauss(own, 2.5), draw.gauss(other, 2.5)
    scored = (
        ScoredLine(OWN, min(0.0, own), 3, proposed=False, found=True),
        ScoredLine(ECHO, min(0.0, other), 3, proposed=True, found=False),
    )
    tokens = (
        WrittenToken(8, min(0.0, own / 4)),
        WrittenToken(len(OWN), min(0.0, own * 3 / 4)),
        WrittenToken(len(OWN) + 1, -0.001),
    )
    return case, Answer(f"{OWN}\n", tokens, scored, 10.0)


@pytest.fixture(scope="module")
def pairs() -> list[tuple[Case, Answer]]:
    draw = random.Random(1)
    return [drawn(number, draw) for number in range(240)]


def rows(pairs: list[tuple[Case, Answer]], *, is_scored: bool = True) -> list:
    cases, said = [case for case, _ in pairs], [answer for _, answer in pairs]
    return rows_of(cases, [echoed()] * len(cases), said, is_scored=is_scored)


def test_scores_tell_which_line_is_right(pairs: list[tuple[Case, Answer]]) -> None:
    """Weights as many as there are values; without scores less is known."""
    right = {}
    for is_scored in (True, False):
        found = rows(pairs, is_scored=is_scored)
        choice = fit_choice(found)
        best = [best_of(row, choice) for row in found]
        exact = [option.text == row.truth for option, row in zip(best, found, strict=True)]
        right[is_scored] = np.mean(exact)
        assert len(choice) == len(FEATURES)
        assert len(fit_certainty(found, best)) == 1 + len(SIGNALS)

    alone = np.mean([row.line == row.truth for row in rows(pairs)])
    assert right[True] > 0.85
    assert alone < 0.6
    assert right[True] > right[False] > alone


def test_the_chance_is_honest(
    pairs: list[tuple[Case, Answer]], capsys: pytest.CaptureFixture[str]
) -> None:
    """Each project is judged by weights of the others, and sure where it is right."""
    found = rows(pairs)

    best, chance = held_out(found)

    right = np.array([option.text == row.truth for option, row in zip(best, found, strict=True)])
    assert chance[right].mean() > chance[~right].mean() + 0.1
    beta = fit_beta(found, best, chance)
    assert beta in BETAS
    report(found, best, chance)
    report_parts(found, best, chance, beta)
    said = capsys.readouterr().out
    assert "python" in said
    assert "parts, shy" in said


def test_alone(pairs: list[tuple[Case, Answer]]) -> None:
    """The likelier its own line is to the model, the likelier it is right."""
    weights = fit_alone(rows(pairs))

    assert len(weights) == 1 + len(ALONE)
    assert weights[2] + weights[3] > 0


def test_by_the_weights_of_the_product(pairs: list[tuple[Case, Answer]]) -> None:
    """As it chooses and judges."""
    found = rows(pairs)

    best, chance = by(found, SMALL.scored, SMALL.alone)

    assert [option.text for option in best] == [
        best_of(row, SMALL.scored.choice).text for row in found
    ]
    assert chance[0] == chance_of(found[0], best[0], SMALL.scored.certainty, ())
    unsure = Judgement(SMALL.scored.choice, (-9.0, *[0.0] * len(SIGNALS)))
    assert max(by(found, unsure, SMALL.alone)[1]) < 0.01


async def test_a_model_is_asked_as_the_product_asks(pairs: list[tuple[Case, Answer]]) -> None:
    """For its line, with echo's beside it."""
    engine = ScriptedEngine()
    case, answer = pairs[0]
    engine.enqueue(OWN, scored=answer.scored, tokens=answer.tokens)

    said = await asked(engine, case, echoed() * (CANDIDATES + 1), prompt_tokens=100)

    (request,) = engine.infills
    assert request.candidates == (ECHO,) * CANDIDATES
    assert request.max_lines == 1
    assert (said.text, said.tokens, said.scored) == (OWN, answer.tokens, answer.scored)


async def test_what_was_said_is_kept(tmp_path: Path, pairs: list[tuple[Case, Answer]]) -> None:
    """Read again for the same cursor and lines; what was not asked is left out."""
    options = argparse.Namespace(answers=tmp_path, split="dev", prompt_tokens=100, minutes=0.0)
    (case, said), (other, _) = pairs[0], next(pair for pair in pairs if pair[0] != pairs[0][0])
    kept = json.dumps({"key": _key(case, echoed()), **asdict(said)})
    (tmp_path / "model-dev-100.jsonl").write_text(f"{kept}\n", "utf-8")
    elsewhere = replace(other, document=replace(other.document, text=f"# Other\n{TEXT}"))

    found = await answers(options, Path("model.gguf"), [case, elsewhere], [echoed()] * 2)

    assert found == [said, None]
    assert len(rows_of([case, elsewhere], [echoed()] * 2, found, is_scored=True)) == 1
