"""The mathematics of the mixture: values in, values out."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ownstack.completion.context.known_symbols import KnownSymbols
from ownstack.completion.echo.candidate import FEATURES as ECHO_FEATURES
from ownstack.completion.echo.candidate import Candidate
from ownstack.completion.echo.query import EchoQuery, query_at
from ownstack.completion.echo.scoring import ScoredCandidate
from ownstack.completion.sources.ranking import (
    CERTAINTY,
    CHOICE,
    FEATURES,
    INSIDE,
    MIN_LOGPROB,
    SIGNALS,
    conditioned,
    options,
    rank_options,
    sequence_mixture,
)
from ownstack.document import Document
from ownstack.engine.results import ScoredLine

TEXT = "first = compute(a)\nsecond = compute(b)\nthird = "


def query() -> EchoQuery:
    return query_at(Document("test:a.py", "a.py", "python", 1, TEXT), len(TEXT))


def candidate(text: str, share: float, second: float = 0.1) -> ScoredCandidate:
    return ScoredCandidate(Candidate(text, [], 1.0, (0.0,) * len(ECHO_FEATURES)), share, second, 3)


def thought(text: str, logprob: float, *, found: bool = False) -> ScoredLine:
    return ScoredLine(text, logprob, 4, proposed=not found, found=found)


def test_weights_have_names() -> None:
    """One weight a feature; a bias and one weight a signal."""
    (option,) = options(query(), [candidate("compute(c)", 1.0)], [])
    (ranking,) = rank_options([option])

    assert len(CHOICE) == len(FEATURES) == len(option.features)
    assert len(CERTAINTY) == 1 + len(SIGNALS) == 1 + len(ranking.signals)


def test_a_known_name_is_told_to_the_choice() -> None:
    """Whether a line begins with one, and what the network thought of it."""
    named = ScoredLine("compute(d)", -3.0, 4, False, False, "compute", -2.5)

    revised, other = options(query(), [], [named, thought("None", -2.0)])

    features = [dict(zip(FEATURES, option.features, strict=True)) for option in (revised, other)]
    assert [(seen["named"], seen["name_logprob"]) for seen in features] == [(1.0, -2.5), (0.0, 0.0)]
    assert [(seen["inside"], seen["outside"]) for seen in features] == [(0.0, 0.0)] * 2


def test_of_all_names_that_are_possible_one_is_expected() -> None:
    """Together they have `INSIDE`; how they would be spelt hardly counts; all else gives way."""
    known = KnownSymbols(("compute", "complete", "seen"), complete=True)
    scored = [
        ScoredLine("compute(d)", math.log(1e-6 * 0.5), 4, False, False, "compute", math.log(1e-6)),
        ScoredLine(
            "complete(d)", math.log(1e-8 * 0.5), 4, False, False, "complete", math.log(1e-8)
        ),
        thought("computer()", math.log(0.9), found=True),
        thought("seen()", math.log(0.01)),
    ]

    given = {line.text: math.exp(line.logprob) for line in conditioned(scored, known)}

    assert given["compute(d)"] + given["complete(d)"] == pytest.approx(0.5 * INSIDE)
    assert given["compute(d)"] == pytest.approx(10 * given["complete(d)"])
    assert given["computer()"] == pytest.approx(0.9 * (1 - INSIDE))
    assert given["seen()"] == pytest.approx(0.01)
    assert conditioned(scored, KnownSymbols(known.names)) == scored
    found = options(query(), [candidate("compute(c)", 0.7), candidate("None", 0.3)], scored, known)
    revised = {option.text: dict(zip(FEATURES, option.features, strict=True)) for option in found}
    assert [revised[text]["inside"] for text in ("compute(c)", "compute(d)", "seen()")] == [1.0] * 3
    assert [revised[text]["outside"] for text in ("None", "computer()")] == [1.0] * 2


@given(
    st.lists(st.floats(-700.0, 0.0), min_size=1, max_size=4),
    st.lists(st.floats(-60.0, 0.0), max_size=3),
)
def test_conditioning_is_sound(named: list[float], others: list[float]) -> None:
    """Probabilities stay probabilities, however unlikely names are."""
    names = tuple(f"name{number}" for number in range(len(named)))
    scored = [
        ScoredLine(f"{name}()", max(logprob - 1.0, -740.0), 3, False, False, name, logprob)
        for name, logprob in zip(names, named, strict=True)
    ] + [thought(f"other{number}()", logprob) for number, logprob in enumerate(others)]

    revised = conditioned(scored, KnownSymbols(names, complete=True))

    assert all(line.logprob <= 0.0 and math.isfinite(line.logprob) for line in revised)
    assert sum(math.exp(line.logprob) for line in revised[: len(named)]) <= INSIDE + 1e-9


def test_every_line_is_there_once() -> None:
    """What both came upon is one option, that knows of both."""
    echoed = [candidate("compute(c)", 0.6), candidate("compute(a)", 0.4)]
    scored = [thought("compute(c)", -1.0), thought("None", -2.0, found=True)]

    found = options(query(), echoed, scored)

    assert [option.text for option in found] == ["compute(c)", "compute(a)", "None"]
    assert [(option.by_echo is None, option.by_network is None) for option in found] == [
        (False, False),
        (False, True),
        (True, False),
    ]
    assert found[1].logprob == MIN_LOGPROB


def test_what_the_network_likes_better_gains() -> None:
    """The share of a line grows with its probability under the network, all else being equal."""
    echoed = [candidate("compute(c)", 0.5), candidate("compute(a)", 0.5)]

    def share(logprob: float) -> float:
        scored = [thought("compute(c)", -3.0), thought("compute(a)", logprob)]
        ranking = rank_options(options(query(), echoed, scored))
        return next(option.share for option in ranking if option.text == "compute(a)")

    assert share(-9.0) < share(-3.0) < share(-0.5)


def test_what_echo_likes_better_gains() -> None:
    """The same of echo's share."""
    scored = [thought("compute(c)", -3.0), thought("compute(a)", -3.0)]
    echoed = [candidate("compute(c)", 0.9), candidate("compute(a)", 0.1)]

    assert rank_options(options(query(), echoed, scored))[0].text == "compute(c)"


def test_the_sequence_mixture_by_hand() -> None:
    """λ·echo + (1 - λ)·network, which is what mixing each token comes to."""
    echoed = [candidate("compute(c)", 0.6), candidate("compute(a)", 0.4)]
    scored = [thought("compute(a)", math.log(0.5)), thought("None", math.log(0.3), found=True)]

    ranking = sequence_mixture(options(query(), echoed, scored), 0.5)

    assert {option.text: option.share for option in ranking} == {
        "compute(c)": pytest.approx(0.3, abs=1e-6),
        "compute(a)": pytest.approx(0.45),
        "None": pytest.approx(0.15),
    }
    assert [option.text for option in ranking] == ["compute(a)", "compute(c)", "None"]
    assert (ranking[0].second, ranking[1].second) == (ranking[1].share, ranking[0].share)


def test_mixing_tokens_with_an_updated_weight_is_mixing_sequences() -> None:
    """The claim of the module, for two tokens and their weights by Bayes' rule."""
    weight, echo, network = 0.7, (0.9, 0.2), (0.3, 0.6)

    product, now = 1.0, weight
    for by_echo, by_network in zip(echo, network, strict=True):
        token = now * by_echo + (1 - now) * by_network
        now = now * by_echo / token
        product *= token

    assert product == pytest.approx(weight * math.prod(echo) + (1 - weight) * math.prod(network))


def test_nothing_at_all_is_no_error() -> None:
    """Neither has an idea."""
    assert rank_options(options(query(), [], [])) == []
    assert sequence_mixture([], 0.5) == []


texts = st.sampled_from(["compute(c)", "None", "x", "(", ")" * 9, "é😀", "a" * 200])
shares = st.floats(0.0, 1.0)
logprobs = st.floats(-200.0, 0.0)


@given(
    st.lists(st.tuples(texts, shares, shares), unique_by=lambda option: option[0]),
    st.lists(st.tuples(texts, logprobs, st.booleans()), unique_by=lambda option: option[0]),
)
def test_shares_and_chances_are_what_they_should_be(
    echoed: list[tuple[str, float, float]], scored: list[tuple[str, float, bool]]
) -> None:
    """Shares add up to one and fall; a chance is in [0, 1]."""
    ranking = rank_options(
        options(
            query(),
            [candidate(*option) for option in echoed],
            [thought(text, logprob, found=found) for text, logprob, found in scored],
        )
    )

    if ranking:
        assert sum(option.share for option in ranking) == pytest.approx(1.0)
    assert [option.share for option in ranking] == sorted(
        (option.share for option in ranking), reverse=True
    )
    assert all(0.0 <= option.chance() <= 1.0 for option in ranking)
