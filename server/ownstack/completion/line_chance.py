"""How likely a model's line is right: all of it, the part that is typed, and what is left then.

The chance of a whole line is fitted (`weighing.py`). That of a part follows from it: a line that is
wrong may still begin rightly, the more so, the likelier the model found that beginning.
So with p the chance of the line and L the natural-log probability of a beginning, the beginning is
right with p + (1 - p)·exp(β·L); and once it is typed, the rest is right with p divided by that
(Bayes' rule). β is fitted, too (`training/weighing_calibration.py`).
"""

from __future__ import annotations

import math
import re
import unicodedata
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ownstack.engine.results import WrittenToken

MIN_PART_CHARS = 4
"""Less is typed as quickly as it is read."""

_WORD = re.compile(r"[\w$]")
_JOINER = "\u200d"
_SKIN_TONES = re.compile("[\U0001f3fb-\U0001f3ff]")


@dataclass(frozen=True, slots=True)
class LineChance:
    """The chance of one line, and of its parts."""

    whole: float
    """In [0, 1], that the line is exactly right."""
    tokens: tuple[WrittenToken, ...] = ()
    """Of the line, where the model wrote it; without them a part is as likely as the whole."""
    beta: float = 1.0
    """1: a wrong line begins rightly as often as the model would say."""

    def part(self, n_chars: int) -> float:
        """Return the chance, in [0, 1], that the first `n_chars` characters are right."""
        if n_chars <= 0:
            return 1.0
        if not self.tokens:
            return self.whole
        return self.whole + (1.0 - self.whole) * math.exp(self.beta * self._logprob(n_chars))

    def rest(self, n_typed: int) -> float:
        """Return the chance that the line is right, now that `n_typed` characters of it are."""
        return min(1.0, self.whole / max(self.part(n_typed), 1e-9)) if n_typed else self.whole

    def sure_part(self, text: str, least: float) -> str:
        """Return the longest beginning of `text` whose chance is `least`, "" if there is none.

        It ends where a token of the model ends, and never inside a name or number.
        """
        for token in reversed(self.tokens):
            part = text[: token.end].rstrip()
            if token.end >= len(text) or len(part) < MIN_PART_CHARS:
                continue
            if _inseparable(part[-1], text[len(part)]):
                continue
            if self.part(token.end) >= least:
                return part
        return ""

    def after(self, n_typed: int) -> LineChance:
        """Return the same, of what is left when `n_typed` characters are typed."""
        if n_typed <= 0:
            return self
        left = tuple(
            WrittenToken(token.end - n_typed, token.logprob)
            for token in self.tokens[self._n_within(n_typed) :]
        )
        return LineChance(self.rest(n_typed), left, self.beta)

    def moved(self, n_chars: int) -> LineChance:
        """Return the same, of the line with `n_chars` more blanks at its beginning, or fewer."""
        if not n_chars:
            return self
        moved = (WrittenToken(token.end + n_chars, token.logprob) for token in self.tokens)
        return replace(self, tokens=tuple(token for token in moved if token.end > 0))

    def _n_within(self, n_chars: int) -> int:
        return bisect_right(self.tokens, n_chars, key=_end)

    def _logprob(self, n_chars: int) -> float:
        """Return the natural-log probability of a beginning; a token counts once it is begun."""
        within = self._n_within(n_chars)
        begun = within + (not within or self.tokens[within - 1].end < n_chars)
        return sum(token.logprob for token in self.tokens[:begun])


def line_tokens(tokens: Sequence[WrittenToken], line: str) -> tuple[WrittenToken, ...]:
    """Return the tokens of an answer that write its first line, and the one that ends it."""
    found = []
    for token in tokens:
        found.append(token)
        if token.end > len(line):
            break
    return tuple(found)


def _inseparable(one: str, following: str) -> bool:
    """Whether two characters are of one name, number or sign."""
    if _JOINER in (one, following) or _SKIN_TONES.match(following) or _is_mark(following):
        return True
    return bool(_WORD.match(following)) and (bool(_WORD.match(one)) or _is_mark(one))


def _is_mark(char: str) -> bool:
    return unicodedata.category(char).startswith("M")


def _end(token: WrittenToken) -> int:
    return token.end
