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
from ownstack.completion.sources.ranking import MIN_LOGPROB, RankedOption, options, rank_options
from ownstack.engine.results import ScoredLine, WrittenToken

WORST_LOGPROB = -12.0
MAX_MARGIN = 8.0

SIGNALS = ("least", "margin", "mean")
"""What is seen of the model's own line beside `ranking.SIGNALS`: the natural-log probability of its
unlikeliest token, how much likelier its first was than the next best, and the mean."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """How the best line is chosen, and how its chance is told."""

    choice: tuple[float, ...]
    """Weights of `ranking.FEATURES`."""
    certainty: tuple[float, ...]
    """A bias, and the weights of `ranking.SIGNALS` and `SIGNALS`."""


@dataclass(frozen=True, slots=True)
class Weights:
    """Of one class of models."""

    scored: Judgement
    """Where the model has scored echo's lines."""
    unscored: Judgement
    """Where there was no time for it."""
    alone: tuple[float, ...]
    """Of the model's line without echo's: a bias, and the weights of `alone`."""
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
    found = []
    for option in ranked:
        is_own = option.text == line
        whole = logistic(judgement.certainty, signals(option, own if is_own else ()))
        chance = LineChance(whole, own if is_own else (), weights.beta)
        found.append(WeighedLine(option.text, chance, option.option.by_echo, is_own))
    return found


def chance_alone(line: str, tokens: Sequence[WrittenToken], weights: Weights) -> LineChance:
    """Return the chance of a model's line by what the model thinks of it, and by nothing else."""
    own = line_tokens(tokens, line)
    return LineChance(logistic(weights.alone, alone(own)), own, weights.beta)


def alone(tokens: Sequence[WrittenToken]) -> tuple[float, ...]:
    """Return what is seen of a line by its tokens, at least one: their number, and `SIGNALS`."""
    logprobs = [token.logprob for token in tokens]
    return (math.log(len(logprobs)), max(MIN_LOGPROB, sum(logprobs)), *_signals(tokens))


def with_own(
    scored: Sequence[ScoredLine], line: str, tokens: Sequence[WrittenToken]
) -> Sequence[ScoredLine]:
    """Return what was scored, with the model's own line, which its tokens tell of."""
    if any(each.text == line for each in scored):
        return scored
    logprob = sum(token.logprob for token in tokens)
    return (ScoredLine(line, logprob, max(0, len(tokens) - 1), False, True), *scored)


def signals(option: RankedOption, tokens: Sequence[WrittenToken]) -> tuple[float, ...]:
    """Return what a chance is computed from; `tokens` of the model's own line, else none."""
    return (*option.signals, *(_signals(tokens) if tokens else (0.0, 0.0, 0.0)))


def _signals(tokens: Sequence[WrittenToken]) -> tuple[float, float, float]:
    logprobs = [token.logprob for token in tokens]
    return (
        max(WORST_LOGPROB, min(logprobs)),
        min(MAX_MARGIN, tokens[0].margin),
        max(WORST_LOGPROB, sum(logprobs) / len(logprobs)),
    )
