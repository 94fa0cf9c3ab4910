"""How a vocabulary ends a line: end tokens, line breaks, and tokens such as `):` with one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import islice

import numpy as np
from numpy.typing import NDArray

LINE_BREAK = re.compile(rb"[\r\n]")


class LineEnds:
    """Every token after which the line is over, by what it writes of the line before that."""

    def __init__(self, pieces: Sequence[bytes], stops: frozenset[int]) -> None:
        """`stops` end an answer; they and other control tokens are no text."""
        groups: dict[bytes, list[int]] = {b"": sorted(t for t in stops if t < len(pieces))}
        for token, piece in enumerate(pieces):
            found = LINE_BREAK.search(piece)
            if found is not None and token not in stops:
                groups.setdefault(piece[: found.start()], []).append(token)
        self.heads = list(groups)
        """What is written of the line; the first is nothing."""
        self._members = {head: np.array(ids, np.intp) for head, ids in groups.items()}
        self._tokens = np.concatenate(list(self._members.values()))
        self._groups = np.repeat(np.arange(len(groups)), [len(ids) for ids in groups.values()])
        silent = np.array([t for t, piece in enumerate(pieces) if not piece], np.intp)
        self.no_text = np.union1d(self._tokens, silent)
        """Tokens that do not go on with the line."""

    def probability(self, logprobs: NDArray[np.float32], rest: bytes) -> float:
        """Return how probable it is that `rest` is written, and the line ended, by one token."""
        tokens = self._members.get(rest)
        return 0.0 if tokens is None else float(np.exp(logprobs[tokens]).sum(dtype=np.float64))

    def likeliest(
        self, logprobs: NDArray[np.float32], typed: bytes, n: int
    ) -> list[tuple[bytes, float]]:
        """Return the `n` likeliest ends by one token, with their log probability.

        Each writes at least `typed`, which must come first.
        """
        sums = np.bincount(self._groups, np.exp(logprobs[self._tokens]), minlength=len(self.heads))
        order = np.argsort(-sums, kind="stable")
        fits = (at for at in order.tolist() if self.heads[at].startswith(typed) and sums[at] > 0)
        return [(self.heads[at], float(np.log(sums[at]))) for at in islice(fits, n)]
