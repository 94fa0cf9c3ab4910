"""`verdict`: which adapters may serve."""

from __future__ import annotations

import json

import pytest

from ownstack.learning.gate.outcomes import Outcome
from ownstack.learning.gate.verdict import LEAST_CURSORS, verdict
from tests.support.judging import said

PLAIN = said("base", "1" * 10 + "0" * 50)
BETTER = said("candidate", "1" * 25 + "0" * 35)


def typescript(candidate: str, base: str) -> list[Outcome]:
    return said("candidate", candidate, language="typescript") + said(
        "base", base, language="typescript"
    )


CASES = {
    "nothing at all": ([], "only 0 lines"),
    "no rival": (BETTER, "only 60 lines"),
    "too few cursors": (
        said("base", "0" * (LEAST_CURSORS - 1)) + said("candidate", "1" * (LEAST_CURSORS - 1)),
        f"only {LEAST_CURSORS - 1} lines",
    ),
    "too few that both answered": (
        said("base", "0" * 60) + said("candidate", "1" * 39),
        "only 39 lines",
    ),
    "just as good": (PLAIN + said("candidate", "1" * 10 + "0" * 50), "no better than the plain"),
    "as many others right": (
        PLAIN + said("candidate", "0" * 50 + "1" * 10),
        "no better than the plain model: 10 against 10 of 60",
    ),
    "worse": (PLAIN + said("candidate", "0" * 60), "no better than the plain model"),
    "better by luck": (
        PLAIN + said("candidate", "1" * 12 + "0" * 48),
        "luck alone would bring in 25% of cases",
    ),
    "more often right, and sure of every wrong line": (
        PLAIN + said("candidate", "1" * 16 + "0" * 44, chance=0.97),
        "knows less well when",
    ),
    "better than the plain model, worse than its predecessor": (
        PLAIN + BETTER + said("predecessor", "1" * 30 + "0" * 30),
        "no better than its predecessor",
    ),
    "better than its predecessor, no better than the plain model": (
        PLAIN + said("candidate", "1" * 9 + "0" * 51) + said("predecessor", "0" * 60),
        "no better than the plain model",
    ),
    "one language worse": (
        PLAIN + BETTER + typescript("1" + "0" * 11, "11111" + "0" * 7),
        "worse than the plain model in typescript: of 12 lines it lost 4 and won 0",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_what_is_not_better_is_kept_aside_with_the_reason(name):
    outcomes, reason = CASES[name]
    judged = verdict(outcomes)
    assert judged.standing == "aside"
    assert reason in judged.reason


FIT = {
    "better than the plain model": PLAIN + BETTER,
    "better than both": PLAIN + BETTER + said("predecessor", "1" * 15 + "0" * 45),
    "one language lost a line by chance": PLAIN + BETTER + typescript("0" * 12, "1" + "0" * 11),
    "too few lines of a language that is worse": PLAIN + BETTER + typescript("0" * 7, "1" * 7),
    "the order in which sides answered": list(reversed(PLAIN + BETTER)),
}


@pytest.mark.parametrize("name", FIT)
def test_what_is_better_may_serve(name):
    judged = verdict(FIT[name])
    assert (judged.standing, judged.reason[:3]) == ("fit", "Of ")


def test_figures_are_values_of_json_and_say_who_did_how_well():
    judged = verdict(PLAIN + BETTER + said("predecessor", "1" * 15 + "0" * 45))
    figures = json.loads(json.dumps(judged.figures))
    assert figures["cursors"] == 60
    assert figures["sides"]["candidate"]["right"] == 25
    assert figures["sides"]["base"]["right"] == 10
    assert figures["against"]["predecessor"]["won"] == 10
    assert figures["languages"] == {
        "python": {"cursors": 60, "base": 10, "predecessor": 15, "candidate": 25}
    }
    assert figures["hold_outs"]["file"]["cursors"] == 60
    assert set(figures["calibration"]) == {"slope", "shift", "lowest"}
    assert "predecessor" in judged.reason


def test_the_reason_names_what_is_worst_first():
    """Of several, what an owner reads is the one that would have to change first."""
    judged = verdict(PLAIN + said("candidate", "0" * 60) + typescript("0" * 12, "1" * 12))
    assert "no better than the plain model" in judged.reason
