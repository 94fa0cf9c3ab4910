"""Which rest of the line is best, and how likely it is exactly right: echo and a network together.

Both are language models of the same line. The mixture of their sequences, λ·echo + (1 - λ)·network,
is the per-token mixture whose λ is updated by Bayes' rule after every token, so whole lines can
be compared as well as tokens. Better still on the projects it was measured on is to multiply the
two (a product of experts): a conditional logit over the logarithms of both and over what can be
seen of a line (+1.0 point of exact lines over echo alone, where the mixture adds 0.1, with a
network of 4 million tokens). A second model says how likely the chosen line is right.

Both are made by `python -m training.mix_calibration`, which says on what and how well.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from ownstack.completion.echo.candidate import FEATURES as ECHO_FEATURES
from ownstack.completion.echo.candidate import beginning, plain_features
from ownstack.completion.echo.judgement import Judged, certainty
from ownstack.completion.echo.logit import in_order, log_odds, logistic, relative_odds
from ownstack.completion.echo.question import Question
from ownstack.engine.protocol import Weighed

# Fitted on 1,600 cursors in twelve projects of four languages, of which one in four documents
# ends at the cursor, with the network that ships (12.5 million tokens seen).
CHOICE = (
    *(-0.885, 0.523, 0.062, 0.682, -0.196, 0.422, -0.008, 1.019, -0.304, 0.176, -1.741),
    *(-0.007, 0.044, 0.463, -0.347, -1.667, 0.366, 0.532, 0.539, 0.65, 0.31),
)
"""Weights of `FEATURES`."""
CERTAINTY = (-2.654, 0.457, 0.241, 0.676, 1.364, 0.091, 0.04, 0.025, 0.417, 0.548, 0.074)
"""A bias, and the weights of `SIGNALS`."""

FEATURES = (
    *("echoed", "share", "logprob", "found", "both", "sure", "tokens", "length", "unknown"),
    *("open", "closed", "ends", "begun", "new_logprob", "new_length", "new_unknown"),
    *("first", "top", "match", "next", "own"),
)
"""The names of `Option.features`, in order."""
SIGNALS = (
    *("share", "second", "echo", "echoed", "first", "logprob", "behind", "found", "length"),
    "unknown",
)
"""The names of `Mixed.signals`, in order; the weights have a bias first."""
MIN_SHARE = 1e-4
MIN_LOGPROB = -40.0
MAX_BEHIND = 10.0


@dataclass(frozen=True, slots=True)
class Option:
    """One rest of the line, and who thinks what of it."""

    text: str
    judged: Judged | None
    """What echo says, if it came upon it."""
    weighed: Weighed | None
    """What the network says, if it was asked."""
    features: tuple[float, ...]

    @property
    def logprob(self) -> float:
        return max(MIN_LOGPROB, self.weighed.logprob if self.weighed else MIN_LOGPROB)


@dataclass(frozen=True, slots=True)
class Mixed:
    """An option and its place among the others."""

    option: Option
    share: float
    """Of the choice, in [0, 1]; not yet a chance to be right."""
    second: float
    """The share of the best of the others."""
    signals: tuple[float, ...]
    """What the chance is computed from."""

    @property
    def text(self) -> str:
        return self.option.text

    def chance(self, weights: Sequence[float] = CERTAINTY) -> float:
        """Return the chance, in [0, 1], that this is exactly the rest of the line.

        Of a line that only the network knows, never more than the network says: without rivals
        its share is high whatever it is.
        """
        chance = logistic(weights, self.signals)
        if self.option.judged is None:
            return min(chance, math.exp(min(0.0, self.option.logprob)))
        return chance


def options(
    question: Question, echoed: Sequence[Judged], weighed: Sequence[Weighed]
) -> list[Option]:
    """Return every line that echo or the network came upon, echo's first, each once.

    `echoed`: echo's candidates, the best first.
    """
    by_echo = {one.candidate.text: one for one in echoed}
    by_network = {one.text: one for one in weighed}
    sure = log_odds(certainty(echoed[0])) if echoed else 0.0
    total = sum(one.share for one in echoed) or 1.0
    begun: dict[str, float] = {}
    for text, judged in by_echo.items():
        begun[beginning(text)] = begun.get(beginning(text), 0.0) + judged.share / total
    best = max((one.logprob for one in weighed), default=None)
    found = []
    for text in dict.fromkeys((*by_echo, *by_network)):
        mine, theirs = by_echo.get(text), by_network.get(text)
        seen = plain_features(question, text)
        known = float(mine is not None)
        logprob = max(MIN_LOGPROB, theirs.logprob) if theirs else MIN_LOGPROB
        own = float(theirs is not None and theirs.found)
        evidence = dict(zip(ECHO_FEATURES, mine.candidate.features, strict=True)) if mine else {}
        features = (
            known,
            math.log(max(mine.share, MIN_SHARE)) if mine else 0.0,
            logprob,
            own,
            own * known,
            sure * known,
            float(theirs.tokens) if theirs else 0.0,
            seen["length"],
            seen["unknown"],
            seen["open"],
            seen["closed"],
            seen["ends"],
            math.log(max(begun.get(beginning(text), 0.0), 1e-3)),
            logprob * (1 - known),
            seen["length"] * (1 - known),
            seen["unknown"] * (1 - known),
            float(bool(echoed) and mine is echoed[0]),
            float(theirs is not None and theirs.logprob == best),
            *(evidence.get(name, 0.0) for name in ("match", "next", "own")),
        )
        found.append(Option(text, mine, theirs, features))
    return found


def ranked(found: Sequence[Option], choice: Sequence[float] = CHOICE) -> list[Mixed]:
    """Return the options, the best first (conditional logit over their features)."""
    odds = relative_odds(choice, (one.features for one in found))
    total = sum(odds)
    return _mixed(found, [one / total for one in odds])


def sequence_mixture(found: Sequence[Option], weight: float) -> list[Mixed]:
    """Return the options, the best first, by `weight`·echo + (1 - `weight`)·network.

    What `ranked` is compared with; `weight` is echo's confidence.
    """
    shares = [
        weight * (one.judged.share if one.judged else 0.0) + (1 - weight) * math.exp(one.logprob)
        for one in found
    ]
    return _mixed(found, shares)


def _mixed(found: Sequence[Option], shares: Sequence[float]) -> list[Mixed]:
    best = max((one.logprob for one in found), default=0.0)
    return [
        Mixed(found[i], share, second, _signals(found[i], share, second, best, i))
        for i, share, second in in_order(shares)
    ]


def _signals(
    option: Option, share: float, second: float, best: float, place: int
) -> tuple[float, ...]:
    features = dict(zip(FEATURES, option.features, strict=True))
    return (
        log_odds(share),
        log_odds(second),
        log_odds(certainty(option.judged)) if option.judged else 0.0,
        features["echoed"],
        float(place == 0 and option.judged is not None),
        option.logprob,
        min(MAX_BEHIND, best - option.logprob),
        features["found"],
        features["length"],
        features["unknown"],
    )
