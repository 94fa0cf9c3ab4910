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
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ownstack.completion.context.known_symbols import NOTHING, KnownSymbols
from ownstack.completion.echo.candidate import FEATURES as ECHO_FEATURES
from ownstack.completion.echo.candidate import beginning, plain_features
from ownstack.completion.echo.logistic import in_order, log_odds, logistic, relative_odds
from ownstack.completion.echo.preferences import NOTHING_LEARNED, Preference
from ownstack.completion.echo.query import EchoQuery
from ownstack.completion.echo.scoring import ScoredCandidate, certainty
from ownstack.engine.results import ScoredLine

# Fitted on 1,600 cursors in twelve projects of four languages, and 136 more where the index knows
# all names that are possible; one in four documents ends at the cursor. With the network that
# ships (12.5 million tokens seen).
CHOICE = (
    *(-0.863, 0.496, 0.073, -0.303, 0.514, 0.462, -0.025, 1.157, -0.524, 0.1, -1.674),
    *(0.022, 0.055, 0.244, -0.317, -1.098, 0.349, 0.778, 0.496, 0.915, 0.328, 0.532),
    *(-0.001, 0.283, -0.444),
)
"""Weights of `FEATURES`."""
CERTAINTY = (
    *(-2.37, 0.524, 0.158, 0.585, 1.582, -0.265, 0.025, 0.032, 0.23, 0.275, 0.097),
    *(0.46, 0.238, 0.561),
)
"""A bias, and the weights of `SIGNALS`."""

FEATURES = (
    *("echoed", "share", "logprob", "found", "both", "sure", "tokens", "length", "unknown"),
    *("open", "closed", "ends", "begun", "new_logprob", "new_length", "new_unknown"),
    *("first", "top", "match", "next", "own", "named", "name_logprob", "inside", "outside"),
)
"""The names of `Option.features`, in order."""
SIGNALS = (
    *("share", "second", "echo", "echoed", "first", "logprob", "behind", "found", "length"),
    *("unknown", "named", "inside", "outside"),
)
"""The names of `RankedOption.signals`, in order; the weights have a bias first."""
MIN_SHARE = 1e-4
MIN_LOGPROB = -40.0
MAX_BEHIND = 10.0
INSIDE = 0.92
"""How often the name is one of those that are known to be possible (`KnownSymbols.complete`): at
168 of 183 cursors of the development projects, as `training.mix_calibration` counts."""
CALLED = 0.89
"""How often the name of a function is followed by the bracket of a call: at 48 of 54 of them."""
_TEMPER = 0.5


@dataclass(frozen=True, slots=True)
class Option:
    """One rest of the line, and who thinks what of it."""

    text: str
    by_echo: ScoredCandidate | None
    """What echo says, if it came upon it."""
    by_network: ScoredLine | None
    """What the network says, if it was asked."""
    features: tuple[float, ...]

    @property
    def logprob(self) -> float:
        return max(MIN_LOGPROB, self.by_network.logprob if self.by_network else MIN_LOGPROB)


@dataclass(frozen=True, slots=True)
class RankedOption:
    """An option and its rank among the others."""

    option: Option
    share: float
    """Of the choice, in [0, 1]; not yet a chance to be right."""
    second: float
    """The share of the best of the others."""
    signals: tuple[float, ...]
    """What the chance is computed from."""
    preference: Preference = NOTHING_LEARNED
    """What this user kept and turned down of it; neither `share` nor the signals know of it."""

    @property
    def text(self) -> str:
        return self.option.text

    def chance(self, weights: Sequence[float] = CERTAINTY) -> float:
        """Return the chance, in [0, 1], that this is exactly the rest of the line.

        Of a line that only the network knows, never more than the network says: without rivals
        its share is high whatever it is.
        """
        chance = logistic(weights, self.signals)
        if self.option.by_echo is None:
            chance = min(chance, math.exp(min(0.0, self.option.logprob)))
        return self.preference.moved(chance)


def options(
    query: EchoQuery,
    echoed: Sequence[ScoredCandidate],
    scored: Sequence[ScoredLine],
    known: KnownSymbols = NOTHING,
) -> list[Option]:
    """Return every line that echo or the network came upon, echo's first, each once.

    `echoed`: echo's candidates, the best first. `known`: the names the project knows here.
    """
    scored = conditioned(scored, known)
    by_echo = {candidate.text: candidate for candidate in echoed}
    by_network = {line.text: line for line in scored}
    sure = log_odds(certainty(echoed[0])) if echoed else 0.0
    total = sum(candidate.share for candidate in echoed) or 1.0
    begun: dict[str, float] = {}
    for text, candidate in by_echo.items():
        begun[beginning(text)] = begun.get(beginning(text), 0.0) + candidate.share / total
    best = max((line.logprob for line in scored), default=None)
    found = []
    for text in dict.fromkeys((*by_echo, *by_network)):
        mine, theirs = by_echo.get(text), by_network.get(text)
        seen = plain_features(query, text)
        echoes = float(mine is not None)
        logprob = max(MIN_LOGPROB, theirs.logprob) if theirs else MIN_LOGPROB
        own = float(theirs is not None and theirs.found)
        evidence = dict(zip(ECHO_FEATURES, mine.candidate.features, strict=True)) if mine else {}
        features = (
            echoes,
            math.log(max(mine.share, MIN_SHARE)) if mine else 0.0,
            logprob,
            own,
            own * echoes,
            sure * echoes,
            float(theirs.tokens) if theirs else 0.0,
            seen["length"],
            seen["unknown"],
            seen["open"],
            seen["closed"],
            seen["ends"],
            math.log(max(begun.get(beginning(text), 0.0), 1e-3)),
            logprob * (1 - echoes),
            seen["length"] * (1 - echoes),
            seen["unknown"] * (1 - echoes),
            float(bool(echoed) and mine is echoed[0]),
            float(theirs is not None and theirs.logprob == best),
            *(evidence.get(name, 0.0) for name in ("match", "next", "own")),
            *_named(text, theirs, known),
        )
        found.append(Option(text, mine, theirs, features))
    return found


def conditioned(scored: Sequence[ScoredLine], known: KnownSymbols) -> list[ScoredLine]:
    """Return what the network thinks, given that the name here is most likely one of the known.

    Jeffrey's rule: together the known names get `INSIDE`, all else what is left. Among them, they
    keep the order that the network gives them, though not all the distance: how it would spell a
    name that it never saw says little.
    """
    if not known.complete:
        return list(scored)
    odds: dict[str, float] = {}
    for line in scored:
        name = line.forced_prefix.removesuffix("(")
        odds[name] = max(odds.get(name, 0.0), math.exp(_TEMPER * line.forced_prefix_logprob))
    total = sum(odd for name, odd in odds.items() if name) or 1.0
    revised = []
    for line in scored:
        logprob = line.logprob
        if line.forced_prefix and known.holds(line.text):
            name = line.forced_prefix.removesuffix("(")
            share = max(odds[name] / total, sys.float_info.min)
            share *= CALLED if name != line.forced_prefix else 1.0
            logprob += math.log(INSIDE * share) - line.forced_prefix_logprob
        elif not known.holds(line.text):
            logprob += math.log(1.0 - INSIDE)
        revised.append(replace(line, logprob=min(0.0, logprob)))
    return revised


def _named(text: str, scored: ScoredLine | None, known: KnownSymbols) -> tuple[float, ...]:
    """Return what is known of the name that a line begins with.

    That other files have it, and how likely it was to the network; that it is one of those
    that may stand here, or none of them.
    """
    if known.complete:
        inside = known.holds(text)
        return 0.0, 0.0, float(inside), float(not inside)
    if scored is None or not scored.forced_prefix:
        return 0.0, 0.0, 0.0, 0.0
    return 1.0, max(MIN_LOGPROB, scored.forced_prefix_logprob), 0.0, 0.0


def rank_options(found: Sequence[Option], choice: Sequence[float] = CHOICE) -> list[RankedOption]:
    """Return the options, the best first (conditional logit over their features)."""
    odds = relative_odds(choice, (option.features for option in found))
    total = sum(odds)
    return _ranked(found, [odd / total for odd in odds])


def sequence_mixture(found: Sequence[Option], weight: float) -> list[RankedOption]:
    """Return the options, the best first, by `weight`·echo + (1 - `weight`)·network.

    What `rank_options` is compared with; `weight` is echo's confidence.
    """
    shares = [
        weight * (option.by_echo.share if option.by_echo else 0.0)
        + (1 - weight) * math.exp(option.logprob)
        for option in found
    ]
    return _ranked(found, shares)


def _ranked(found: Sequence[Option], shares: Sequence[float]) -> list[RankedOption]:
    best = max((option.logprob for option in found), default=0.0)
    return [
        RankedOption(found[i], share, second, _signals(found[i], share, second, best, i))
        for i, share, second in in_order(shares)
    ]


def _signals(
    option: Option, share: float, second: float, best: float, rank: int
) -> tuple[float, ...]:
    features = dict(zip(FEATURES, option.features, strict=True))
    return (
        log_odds(share),
        log_odds(second),
        log_odds(certainty(option.by_echo)) if option.by_echo else 0.0,
        features["echoed"],
        float(rank == 0 and option.by_echo is not None),
        option.logprob,
        min(MAX_BEHIND, best - option.logprob),
        features["found"],
        features["length"],
        features["unknown"],
        features["named"],
        features["inside"],
        features["outside"],
    )
