"""Rows: what is computed at once. Several cursors of one text share what stands before them.

An infill prompt in prefix-first order is `before prefix | suffix middle`, and the prompts of all
cursors in one window begin alike: with the window's text up to each of them. So a row is a tree of
tokens: a trunk (the text), and for each cursor a branch that leaves it there, sees the trunk up to
that place and itself, and is counted on from it. That computes exactly what the prompts one by one
would, for 0.37 of the tokens (coder-0.5b, rows of 1,536). In suffix-first order prompts share only
their head; their branches are whole prompts, and the trunk is plain code.

Row `i` is a function of (seed, i) alone: a run goes on from one number.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from ownstack.learning.data.passages import Exchange, Passage
from ownstack.learning.training.cuts import cut, lines_to_ask, window
from ownstack.learning.training.vocabulary import TrainingVocabulary

TRUNK_SHARES = (0.2, 0.3, 0.4, 0.4)
"""Of a row; what is left is for branches."""
TRUNK_WEIGHT = 0.25
"""Of a token of the text itself, beside one that is to be filled in: it teaches names."""
SUFFIX_TOKENS = (0, 24, 64, 64, 128, 192)
WITH_PATH = 0.85
MAX_BRANCHES = 24
_CHARS_PER_TOKEN = 3.0
_MARKERS = 24
_EXCHANGE_SHARE = 0.5
"""So many rows are exchanges where both are there and the role is to chat or edit."""


@dataclass(slots=True)
class Row:
    """One row of n tokens, and the m predictions in it that are learned from."""

    ids: list[int] = field(default_factory=list)
    positions: list[int] = field(default_factory=list)
    shared: list[int] = field(default_factory=list)
    """How many tokens of the trunk a token sees; the trunk's own see what is before them."""
    begins: list[int] = field(default_factory=list)
    """Where the branch of each token begins in the row."""
    states: list[int] = field(default_factory=list)
    """m places in the row: after this token …"""
    targets: list[int] = field(default_factory=list)
    """… this one comes, …"""
    weights: list[float] = field(default_factory=list)
    """… and that counts so much."""
    samples: int = 0
    n_trunk: int = 0

    def mask(self) -> NDArray[np.bool_]:
        """Return bool[n, n]: whether a token (row) sees another (column)."""
        place = np.arange(len(self.ids))
        begins, shared = np.array(self.begins), np.array(self.shared)
        before = place[None, :] <= place[:, None]
        own = place[None, :] >= begins[:, None]
        trunk = place[None, :] < shared[:, None]
        return before & (own | trunk)

    def trunk(self, ids: Sequence[int], weights: Sequence[float]) -> None:
        """Begin with the trunk; `weights[k]` is that of predicting token k."""
        self.ids, self.positions = list(ids), list(range(len(ids)))
        self.shared, self.begins = [0] * len(ids), [0] * len(ids)
        self.n_trunk = len(ids)
        for place in range(1, len(ids)):
            if weights[place] > 0:
                self._learn(place - 1, ids[place], weights[place])

    def branch(self, ids: Sequence[int], n_middle: int, weight: float) -> None:
        """Add one whole sequence, of which the last `n_middle` tokens are learned."""
        same = len(ids) - self.cost(ids, n_middle)
        begin = len(self.ids)
        rest = ids[same:]
        self.ids += rest
        self.positions += range(same, len(ids))
        self.shared += [same] * len(rest)
        self.begins += [begin] * len(rest)
        for place in range(len(ids) - n_middle, len(ids)):
            state = place - 1 if place - 1 < same else begin + place - 1 - same
            self._learn(state, ids[place], weight)
        self.samples += 1

    def cost(self, ids: Sequence[int], n_middle: int) -> int:
        """Return how many tokens a branch would add."""
        same, limit = 0, min(self.n_trunk, len(ids) - n_middle)
        while same < limit and self.ids[same] == ids[same]:
            same += 1
        return len(ids) - same

    def _learn(self, state: int, target: int, weight: float) -> None:
        self.states.append(state)
        self.targets.append(target)
        self.weights.append(weight)


class Rows:
    """The rows of a dataset for one model."""

    def __init__(
        self,
        vocabulary: TrainingVocabulary,
        passages: Sequence[Passage],
        exchanges: Sequence[Exchange] = (),
        *,
        row_tokens: int,
        seed: int,
        trunk_weight: float = TRUNK_WEIGHT,
    ) -> None:
        """`trunk_weight` 0 learns middles alone, as for judging."""
        self._vocabulary = vocabulary
        self._passages = [passage for passage in passages if any(passage.weights)]
        self._exchanges = list(exchanges)
        self._row_tokens = row_tokens
        self._seed = seed
        self._trunk_weight = trunk_weight
        self._chances = [_size(passage) for passage in self._passages]

    def __bool__(self) -> bool:
        return bool(self._passages or self._exchanges)

    def __getitem__(self, index: int) -> Row:
        rng = random.Random(self._seed * 1_000_003 + index)
        both = self._passages and self._exchanges
        if self._exchanges and (not both or rng.random() < _EXCHANGE_SHARE):
            return self._exchange_row(rng)
        for _ in range(20):
            [passage] = rng.choices(self._passages, self._chances)
            row = self._infill_row(rng, passage)
            if row.states:
                return row
        return row

    def _infill_row(self, rng: random.Random, passage: Passage) -> Row:
        vocabulary = self._vocabulary
        budget = self._row_tokens
        trunk_chars = int(budget * rng.choice(TRUNK_SHARES) * _CHARS_PER_TOKEN)
        start, end = window(rng, passage, trunk_chars)
        lines = passage.text.split("\n")[start:end]
        weights = passage.weights[start:end]
        text = "\n".join(lines)
        path = passage.path if rng.random() < WITH_PATH else ""
        row = Row()
        before, typed, _ = vocabulary.infill(text, "", path, budget)
        kept = [*before, *typed][: budget // 2]
        learned = self._trunk_weights(kept, len(before), lines, weights)
        row.trunk(kept, learned)
        offsets = list(accumulate((len(line) + 1 for line in lines), initial=0))
        for index in lines_to_ask(rng, lines, weights, MAX_BRANCHES):
            at = cut(rng, text, offsets[index], _limit(offsets, weights, index))
            suffix = _head(text[at.end :], rng.choice(SUFFIX_TOKENS))
            first, prefix, after = vocabulary.infill(text[: at.kept], suffix, path, budget)
            middle = [*vocabulary.tokens(text[at.kept : at.end]), vocabulary.end]
            whole = [*first, *prefix, *after, *middle]
            if len(row.ids) + row.cost(whole, len(middle)) > budget:
                continue
            row.branch(whole, len(middle), weights[index])
        return row

    def _trunk_weights(
        self, ids: Sequence[int], n_head: int, lines: Sequence[str], weights: Sequence[float]
    ) -> list[float]:
        """Return the weight of each token of the trunk: that of its line, and none of the head."""
        widths = self._vocabulary.widths
        sizes = [len(line.encode("utf-8", "replace")) + 1 for line in lines]
        ends = np.cumsum(sizes)
        at = np.cumsum([widths[token] for token in ids[n_head:]])
        if not len(at):
            return [0.0] * len(ids)
        line = np.minimum(np.searchsorted(ends, at - 1, side="right"), len(lines) - 1)
        own = [self._trunk_weight * min(1.0, weights[index]) for index in line]
        return [0.0] * n_head + own

    def _exchange_row(self, rng: random.Random) -> Row:
        [exchange] = rng.choices(self._exchanges, [each.weight for each in self._exchanges])
        asked, answer = self._vocabulary.chat(exchange.request, exchange.answer)
        budget = self._row_tokens
        answer = answer[: budget // 2]
        asked = asked[-(budget - len(answer)) :]
        row = Row()
        row.trunk(asked, [0.0] * len(asked))
        row.branch([*asked, *answer], len(answer), 1.0)
        return row


def _limit(offsets: Sequence[int], weights: Sequence[float], index: int) -> int:
    """Return where the lines end, from one on, that may all be learned."""
    end = index
    while end < len(weights) and weights[end] > 0:
        end += 1
    return offsets[end] - 1


def _head(text: str, n_tokens: int) -> str:
    """Return the first whole lines of about so many tokens."""
    limit = int(n_tokens * _CHARS_PER_TOKEN)
    if len(text) <= limit:
        return text
    cut_at = text.rfind("\n", 0, limit)
    return text[: max(0, cut_at)]


def _size(passage: Passage) -> float:
    lines = passage.text.split("\n")
    return sum(
        min(len(line), 120) * weight for line, weight in zip(lines, passage.weights, strict=True)
    )
