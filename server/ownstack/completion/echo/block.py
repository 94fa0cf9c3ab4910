"""The lines after an echoed line, as long as the places agree on them."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ownstack.completion.echo.logit import logistic
from ownstack.completion.echo.occurrence import MAX_REST_CHARS, Occurrence
from ownstack.completion.echo.question import Question
from ownstack.completion.echo.renaming import names_of, rename

MAX_LINES = 12
BLOCK_SURE = 0.7
"""Lines are added while the chance that all of them are right stays above this."""
MAX_PLACES = 12
_READ_BYTES = 4_000

STEP = (-5.028, 0.559, 3.531, 0.84, 0.124)
"""A bias, and the weights of a step's signals: match, share, places, lines before.

Made by `python -m training.echo_calibration`."""

_INDENT = re.compile(r"[ \t]*")


@dataclass(frozen=True, slots=True)
class Step:
    """One more line, and what speaks for it."""

    line: str
    signals: tuple[float, ...]

    def chance(self, weights: Sequence[float] = STEP) -> float:
        """Return how likely the line is right if all before it were (a logistic model)."""
        return logistic(weights, self.signals)


def sure_lines(question: Question, places: Sequence[Occurrence], confidence: float) -> list[str]:
    """Return the lines that follow, while all of them together are likely enough."""
    lines: list[str] = []
    if confidence < BLOCK_SURE:
        return lines
    for step in steps(question, places):
        confidence *= step.chance()
        if confidence < BLOCK_SURE:
            break
        lines.append(step.line)
    while lines and not lines[-1].strip():
        lines.pop()
    return lines


def steps(question: Question, places: Sequence[Occurrence]) -> Iterator[Step]:
    """Yield the line that most places go on with, then what those say next, and so on.

    `places`: where the echoed line was found. It ends where a place leaves its indentation, or
    where the text goes on that stands below the cursor.
    """
    alive = [(one, _lines(question, one)) for one in places[:MAX_PLACES]]
    for number in range(MAX_LINES):
        said = Counter(lines[number] for _, lines in alive if number < len(lines))
        if not said:
            return
        line, votes = said.most_common(1)[0]
        if line.strip() and line.strip().encode("utf-8", "replace") == question.below:
            return
        share = votes / len(alive)
        alive = [(one, rest) for one, rest in alive if rest[number : number + 1] == [line]]
        match = max(one.match for one, _ in alive)
        signals = (math.log(match), share, math.log(len(alive)), math.log1p(number))
        yield Step(line, signals)


def _lines(question: Question, one: Occurrence) -> list[str]:
    """Return the lines after a place with the indentation and the names of the cursor's."""
    before = one.source.read(one.end - MAX_REST_CHARS, one.end)
    start = before.rpartition(b"\n")[2].rpartition(b"\0")[2].decode("utf-8", "replace")
    after = one.source.read(one.end, one.end + _READ_BYTES).partition(b"\0")[0]
    there, here = _indent(start), _indent(question.head)
    names = names_of(question, one) if one.renamed else {}
    lines: list[str] = []
    # The last one may have been cut off.
    for line in after.decode("utf-8", "replace").split("\n")[1:-1][:MAX_LINES]:
        bare = line.rstrip()
        if bare and not bare.startswith(there):
            break
        if len(bare) > MAX_REST_CHARS or "\ufffd" in bare:
            break
        fitted = here + bare[len(there) :] if bare else ""
        lines.append(rename(fitted, names) if names else fitted)
    return lines


def _indent(line: str) -> str:
    return _INDENT.match(line)[0]  # type: ignore[index]
