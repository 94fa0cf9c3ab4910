"""Which of echo's lines and a larger model's own is best, and how likely that one is right.

The model writes one line and scores echo's beside it where there is time; where there is none, what
is known without scoring has to do. Both are weighed as `ranking.py` weighs what a small network
says, by weights of their own: a class of models has its own, since larger ones know better when
they are right. `python -m training.weighing_calibration` makes them, and says how well they do.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from ownstack.completion.echo.logistic import logistic
from ownstack.completion.echo.query import EchoQuery
from ownstack.completion.echo.scoring import ScoredCandidate
from ownstack.completion.line_chance import LineChance, line_tokens
from ownstack.completion.sources.ranking import SIGNALS as RANKING_SIGNALS
from ownstack.completion.sources.ranking import RankedOption, options, rank_options
from ownstack.engine.results import ScoredLine, WrittenToken

LEAST_LOGPROB = -8.0
"""What is less likely than that is no more unlikely for it."""

MAX_LOG_ODDS = 4.0
"""A share beyond that says no more: where there is nothing to choose from, it is whole."""

SIGNALS = (
    *("share", "second", "echo", "echoed", "first", "logprob", "probability", "behind", "found"),
    *("length", "unknown"),
)
"""What the chance of the best line is computed from: of the choice, its share and that
of the best other one (log odds); how sure echo is of the line (log odds), that it has it, and that
it is echo's first; the model's natural-log probability of it, the probability,
and how far it is behind the likeliest (nats); that the model wrote it; its length, and how many of
its names are new to the file."""
ALONE = ("tokens", "logprob", "probability")
"""The same of the model's line without echo's; the first is the logarithm of their number."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """How the best line is chosen, and how its chance is told."""

    choice: tuple[float, ...]
    """Weights of `ranking.FEATURES`."""
    certainty: tuple[float, ...]
    """A bias, and the weights of `SIGNALS`."""

    def surer(self, shift: float, slope: float) -> Judgement:
        """Return the same choice, with chances whose log odds are `shift` + `slope`·these."""
        bias, *weights = self.certainty
        return Judgement(
            self.choice, (shift + slope * bias, *(slope * weight for weight in weights))
        )


@dataclass(frozen=True, slots=True)
class Weights:
    """Of one class of models."""

    scored: Judgement
    """Where the model has scored echo's lines."""
    unscored: Judgement
    """Where there was no time for it."""
    alone: tuple[float, ...]
    """A bias, and the weights of `ALONE`; where there is nothing to choose, too."""
    beta: float
    """Of `LineChance`."""


@dataclass(frozen=True, slots=True)
class WeighedLine:
    """A rest of the line, and the chance that it is the right one."""

    text: str
    chance: LineChance
    by_echo: ScoredCandidate | None
    """What echo says, if it came upon it."""
    written: bool
    """Whether the model wrote it."""


def weigh(
    query: EchoQuery,
    echoed: Sequence[ScoredCandidate],
    line: str,
    tokens: Sequence[WrittenToken],
    scored: Sequence[ScoredLine],
    weights: Weights,
) -> list[WeighedLine]:
    """Return the model's line and echo's, the best first.

    Args:
        query: where they stand.
        echoed: echo's candidates, the best first.
        line: what the model wrote of the line; "" is that it ends here.
        tokens: those of the answer, at least one.
        scored: what the model thinks of echo's candidates, its own line among them; empty where
            there was no time.
        weights: of its class.
    """
    own = line_tokens(tokens, line)
    judgement = weights.scored if len(scored) > 1 else weights.unscored
    ranked = rank_options(options(query, echoed, with_own(scored, line, own)), judgement.choice)
    if is_alone(ranked):
        return [WeighedLine(line, chance_alone(line, tokens, weights), None, True)]
    found = []
    for option in ranked:
        is_own = option.text == line
        whole = logistic(judgement.certainty, signals(option))
        chance = LineChance(whole, own if is_own else (), weights.beta)
        found.append(WeighedLine(option.text, chance, option.option.by_echo, is_own))
    return found


def chance_alone(line: str, tokens: Sequence[WrittenToken], weights: Weights) -> LineChance:
    """Return the chance of a model's line by what the model thinks of it, and by nothing else."""
    own = line_tokens(tokens, line)
    return LineChance(logistic(weights.alone, alone(own)), own, weights.beta)


def alone(tokens: Sequence[WrittenToken]) -> tuple[float, ...]:
    """Return the values of `ALONE` for the tokens of a line, at least one."""
    logprob = max(LEAST_LOGPROB, sum(token.logprob for token in tokens))
    return (math.log(len(tokens)), logprob, math.exp(logprob))


def with_own(
    scored: Sequence[ScoredLine], line: str, tokens: Sequence[WrittenToken]
) -> Sequence[ScoredLine]:
    """Return what was scored, with the model's own line, which its tokens tell of."""
    if any(each.text == line for each in scored):
        return scored
    logprob = sum(token.logprob for token in tokens)
    return (ScoredLine(line, logprob, max(0, len(tokens) - 1), False, True), *scored)


def is_alone(ranked: Sequence[RankedOption]) -> bool:
    """Say whether echo has nothing to say of the model's line, nor of another."""
    return len(ranked) == 1 and ranked[0].option.by_echo is None


def signals(ranked: RankedOption) -> tuple[float, ...]:
    """Return the values of `SIGNALS` for the best line."""
    seen = dict(zip(RANKING_SIGNALS, ranked.signals, strict=True))
    logprob = min(0.0, seen["logprob"])
    seen |= {"logprob": max(LEAST_LOGPROB, logprob), "probability": math.exp(logprob)}
    seen["share"] = min(MAX_LOG_ODDS, max(-MAX_LOG_ODDS, seen["share"]))
    return tuple(seen[name] for name in SIGNALS)
