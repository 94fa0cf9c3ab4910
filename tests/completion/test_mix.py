"""The mathematics of the mixture: values in, values out."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ownstack.completion.echo.candidate import FEATURES as ECHO_FEATURES
from ownstack.completion.echo.candidate import Candidate
from ownstack.completion.echo.judgement import Judged
from ownstack.completion.echo.question import Question, ask
from ownstack.completion.mix import (
    CERTAINTY,
    CHOICE,
    FEATURES,
    INSIDE,
    MIN_LOGPROB,
    SIGNALS,
    conditioned,
    options,
    ranked,
    sequence_mixture,
)
from ownstack.completion.naming import Known
from ownstack.document import Document
from ownstack.engine.protocol import Weighed

TEXT = "first = compute(a)\nsecond = compute(b)\nthird = "


def question() -> Question:
    return ask(Document("test:a.py", "a.py", "python", 1, TEXT), len(TEXT))


def judged(text: str, share: float, second: float = 0.1) -> Judged:
    return Judged(Candidate(text, [], 1.0, (0.0,) * len(ECHO_FEATURES)), share, second, 3)


def thought(text: str, logprob: float, *, found: bool = False) -> Weighed:
    return Weighed(text, logprob, 4, proposed=not found, found=found)


def test_weights_have_names() -> None:
    """One weight a feature; a bias and one weight a signal."""
    (option,) = options(question(), [judged("compute(c)", 1.0)], [])
    (mixed,) = ranked([option])

    assert len(CHOICE) == len(FEATURES) == len(option.features)
    assert len(CERTAINTY) == 1 + len(SIGNALS) == 1 + len(mixed.signals)


def test_a_known_name_is_told_to_the_choice() -> None:
    """Whether a line begins with one, and what the network thought of it."""
    named = Weighed("compute(d)", -3.0, 4, False, False, "compute", -2.5)

    told, other = options(question(), [], [named, thought("None", -2.0)])

    features = [dict(zip(FEATURES, one.features, strict=True)) for one in (told, other)]
    assert [(one["named"], one["name_logprob"]) for one in features] == [(1.0, -2.5), (0.0, 0.0)]
    assert [(one["inside"], one["outside"]) for one in features] == [(0.0, 0.0)] * 2


def test_of_all_names_that_are_possible_one_is_expected() -> None:
    """Together they have `INSIDE`; how they would be spelt hardly counts; all else gives way."""
    known = Known(("compute", "complete", "seen"), complete=True)
    weighed = [
        Weighed("compute(d)", math.log(1e-6 * 0.5), 4, False, False, "compute", math.log(1e-6)),
        Weighed("complete(d)", math.log(1e-8 * 0.5), 4, False, False, "complete", math.log(1e-8)),
        thought("computer()", math.log(0.9), found=True),
        thought("seen()", math.log(0.01)),
    ]

    given = {one.text: math.exp(one.logprob) for one in conditioned(weighed, known)}

    assert given["compute(d)"] + given["complete(d)"] == pytest.approx(0.5 * INSIDE)
    assert given["compute(d)"] == pytest.approx(10 * given["complete(d)"])
    assert given["computer()"] == pytest.approx(0.9 * (1 - INSIDE))
    assert given["seen()"] == pytest.approx(0.01)
    assert conditioned(weighed, Known(known.names)) == weighed
    found = options(question(), [judged("compute(c)", 0.7), judged("None", 0.3)], weighed, known)
    told = {one.text: dict(zip(FEATURES, one.features, strict=True)) for one in found}
    assert [told[text]["inside"] for text in ("compute(c)", "compute(d)", "seen()")] == [1.0] * 3
    assert [told[text]["outside"] for text in ("None", "computer()")] == [1.0] * 2


@given(
    st.lists(st.floats(-700.0, 0.0), min_size=1, max_size=4),
    st.lists(st.floats(-60.0, 0.0), max_size=3),
)
def test_conditioning_is_sound(named: list[float], others: list[float]) -> None:
    """Probabilities stay probabilities, however unlikely names are."""
    names = tuple(f"name{number}" for number in range(len(named)))
    weighed = [
        Weighed(f"{name}()", max(logprob - 1.0, -740.0), 3, False, False, name, logprob)
        for name, logprob in zip(names, named, strict=True)
    ] + [thought(f"other{number}()", logprob) for number, logprob in enumerate(others)]

    told = conditioned(weighed, Known(names, complete=True))

    assert all(one.logprob <= 0.0 and math.isfinite(one.logprob) for one in told)
    assert sum(math.exp(one.logprob) for one in told[: len(named)]) <= INSIDE + 1e-9


def test_every_line_is_there_once() -> None:
    """What both came upon is one option, that knows of both."""
    echoed = [judged("compute(c)", 0.6), judged("compute(a)", 0.4)]
    weighed = [thought("compute(c)", -1.0), thought("None", -2.0, found=True)]

    found = options(question(), echoed, weighed)

    assert [one.text for one in found] == ["compute(c)", "compute(a)", "None"]
    assert [(one.judged is None, one.weighed is None) for one in found] == [
        (False, False),
        (False, True),
        (True, False),
    ]
    assert found[1].logprob == MIN_LOGPROB


def test_what_the_network_likes_better_gains() -> None:
    """The share of a line grows with its probability under the network, all else being equal."""
    echoed = [judged("compute(c)", 0.5), judged("compute(a)", 0.5)]

    def share(logprob: float) -> float:
        weighed = [thought("compute(c)", -3.0), thought("compute(a)", logprob)]
        mixed = ranked(options(question(), echoed, weighed))
        return next(one.share for one in mixed if one.text == "compute(a)")

    assert share(-9.0) < share(-3.0) < share(-0.5)


def test_what_echo_likes_better_gains() -> None:
    """The same of echo's share."""
    weighed = [thought("compute(c)", -3.0), thought("compute(a)", -3.0)]
    echoed = [judged("compute(c)", 0.9), judged("compute(a)", 0.1)]

    assert ranked(options(question(), echoed, weighed))[0].text == "compute(c)"


def test_the_sequence_mixture_by_hand() -> None:
    """λ·echo + (1 - λ)·network, which is what mixing each token comes to."""
    echoed = [judged("compute(c)", 0.6), judged("compute(a)", 0.4)]
    weighed = [thought("compute(a)", math.log(0.5)), thought("None", math.log(0.3), found=True)]

    mixed = sequence_mixture(options(question(), echoed, weighed), 0.5)

    assert {one.text: one.share for one in mixed} == {
        "compute(c)": pytest.approx(0.3, abs=1e-6),
        "compute(a)": pytest.approx(0.45),
        "None": pytest.approx(0.15),
    }
    assert [one.text for one in mixed] == ["compute(a)", "compute(c)", "None"]
    assert (mixed[0].second, mixed[1].second) == (mixed[1].share, mixed[0].share)


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
    assert ranked(options(question(), [], [])) == []
    assert sequence_mixture([], 0.5) == []


texts = st.sampled_from(["compute(c)", "None", "x", "(", ")" * 9, "é😀", "a" * 200])
shares = st.floats(0.0, 1.0)
logprobs = st.floats(-200.0, 0.0)


@given(
    st.lists(st.tuples(texts, shares, shares), unique_by=lambda one: one[0]),
    st.lists(st.tuples(texts, logprobs, st.booleans()), unique_by=lambda one: one[0]),
)
def test_shares_and_chances_are_what_they_should_be(
    echoed: list[tuple[str, float, float]], weighed: list[tuple[str, float, bool]]
) -> None:
    """Shares add up to one and fall; a chance is in [0, 1]."""
    mixed = ranked(
        options(
            question(),
            [judged(*one) for one in echoed],
            [thought(text, logprob, found=found) for text, logprob, found in weighed],
        )
    )

    if mixed:
        assert sum(one.share for one in mixed) == pytest.approx(1.0)
    assert [one.share for one in mixed] == sorted((one.share for one in mixed), reverse=True)
    assert all(0.0 <= one.chance() <= 1.0 for one in mixed)
