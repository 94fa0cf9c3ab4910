"""Echo's lines and a larger model's, weighed together: values in, values out."""

import dataclasses
import math

import pytest

from ownstack.completion.echo.candidate import FEATURES as ECHO_FEATURES
from ownstack.completion.echo.candidate import Candidate
from ownstack.completion.echo.logistic import log_odds
from ownstack.completion.echo.query import EchoQuery, query_at
from ownstack.completion.echo.scoring import ScoredCandidate
from ownstack.completion.sources.ranking import FEATURES
from ownstack.completion.sources.weighing import (
    ALONE,
    SIGNALS,
    alone,
    chance_alone,
    weigh,
    with_own,
)
from ownstack.completion.sources.weights import LARGE, LARGE_PARAMETERS, SMALL, weights_for
from ownstack.document import Document
from ownstack.engine.results import ScoredLine, WrittenToken

TEXT = "first = compute(a)\nsecond = compute(b)\nthird = "
OWN = "compute(c)"


def query() -> EchoQuery:
    return query_at(Document("test:a.py", "a.py", "python", 1, TEXT), len(TEXT))


def candidate(text: str, share: float) -> ScoredCandidate:
    return ScoredCandidate(Candidate(text, [], 1.0, (0.0,) * len(ECHO_FEATURES)), share, 0.1, 3)


def written(line: str, logprob: float) -> tuple[WrittenToken, ...]:
    """As two tokens and the one that ends the line."""
    return (
        WrittenToken(3, logprob / 2),
        WrittenToken(len(line), logprob / 2),
        WrittenToken(len(line) + 1, 0.0),
    )


@pytest.mark.parametrize("weights", [SMALL, LARGE])
def test_weights_have_names(weights: object) -> None:
    """One weight a feature; a bias and one weight a signal."""
    assert isinstance(weights, type(SMALL))
    for judgement in (weights.scored, weights.unscored):
        assert len(judgement.choice) == len(FEATURES)
        assert len(judgement.certainty) == 1 + len(SIGNALS)
    assert len(weights.alone) == 1 + len(ALONE) == 1 + len(alone(written(OWN, -1.0)))
    assert weights.beta > 0


def test_a_class_by_size() -> None:
    """Of a size that nobody knows, the smaller class: it claims less."""
    assert weights_for(LARGE_PARAMETERS - 1) is weights_for(0) is SMALL
    assert weights_for(LARGE_PARAMETERS) is LARGE


def test_the_chance_of_a_surer_judgement() -> None:
    """Its log odds are shifted and stretched; what is chosen is the same."""
    judgement = SMALL.scored.surer(0.5, 2.0)
    weights = dataclasses.replace(SMALL, scored=judgement, unscored=judgement)
    tokens = written(OWN, -1.0)
    same = dataclasses.replace(SMALL, unscored=SMALL.scored)

    line, surer = (
        weigh(query(), [candidate(OWN, 0.9)], OWN, tokens, [], w)[0] for w in (same, weights)
    )

    odds = log_odds(line.chance.whole)
    assert log_odds(surer.chance.whole) == pytest.approx(0.5 + 2.0 * odds)


@pytest.mark.parametrize("weights", [SMALL, LARGE])
def test_what_a_model_finds_likely_is_likelier(weights: type[SMALL]) -> None:
    """Whether or not echo has something to say, and whether or not that was scored."""
    for echoed in ([], [candidate("compute(b)", 0.9)]):
        for scored in ([], [ScoredLine("compute(b)", -9.0, 4, True, False)] * bool(echoed)):
            chances = []
            for logprob in (-0.05, -1.0, -6.0):
                own = [*scored, ScoredLine(OWN, logprob, 2, False, True)] if scored else []
                lines = weigh(query(), echoed, OWN, written(OWN, logprob), own, weights)
                chances += [line.chance.whole for line in lines if line.written]
            assert chances == sorted(chances, reverse=True)
            assert 0 < chances[-1] < chances[0] < 1


@pytest.mark.parametrize("weights", [SMALL, LARGE])
def test_agreement_makes_sure(weights: type[SMALL]) -> None:
    """Echo came upon the line that the model writes: it is likelier than without."""
    tokens = written(OWN, -1.0)

    (without,) = weigh(query(), [], OWN, tokens, [], weights)
    agreed = weigh(query(), [candidate(OWN, 0.9)], OWN, tokens, [], weights)[0]

    assert (agreed.text, agreed.written, agreed.by_echo is not None) == (OWN, True, True)
    assert agreed.chance.whole > without.chance.whole


@pytest.mark.parametrize("weights", [SMALL, LARGE])
def test_a_line_that_the_model_prefers_once_it_is_shown(weights: type[SMALL]) -> None:
    """It wrote another one since its first word looked good; echo's is likelier as a whole."""
    echo = candidate("compute(b)", 0.95)
    scored = [
        ScoredLine("compute(b)", -0.1, 4, True, False),
        ScoredLine(OWN, -8.0, 2, False, True),
    ]

    best, *_ = weigh(query(), [echo], OWN, written(OWN, -8.0), scored, weights)

    assert (best.text, best.written, best.by_echo) == ("compute(b)", False, echo)
    assert best.chance.tokens == ()


def test_the_models_own_line_is_scored_by_its_tokens() -> None:
    """Where the engine had no time to score."""
    (own,) = with_own([], OWN, written(OWN, -1.0))

    assert (own.text, own.logprob, own.tokens, own.found) == (OWN, pytest.approx(-1.0), 2, True)
    scored = [ScoredLine(OWN, -2.0, 2, False, True)]
    assert with_own(scored, OWN, written(OWN, -1.0)) is scored


@pytest.mark.parametrize("weights", [SMALL, LARGE])
def test_alone(weights: type[SMALL]) -> None:
    """A line of a block: by the model alone."""
    chances = [
        chance_alone(OWN, written(OWN, logprob), weights).whole for logprob in (-0.1, -2.0, -20.0)
    ]

    assert chances == sorted(chances, reverse=True)
    assert all(math.isfinite(chance) and 0 < chance < 1 for chance in chances)
