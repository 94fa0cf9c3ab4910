"""What a project says again and again: it is learned a few times, however often it stands there.

Whoever can put files into a project can repeat a line ten thousand times; a model would learn it by
heart. Numbers count as equal, so that counting does not help.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

MAX_LINE_IN_FILE = 12
MAX_LINE = 60
"""A line is learned so many times, of all files."""
MAX_RUN = 3
"""So often, five lines in a row; the notice above every file is such a run."""
RUN = 5
LEAST_CHARACTERS = 8
"""Letters and digits of a line; what is shorter says nothing."""
_NUMBERS = re.compile(r"\d+")
_SIGNS = re.compile(r"[^\w\n]+")


class Repetition:
    """Counts lines over all files of a project, in the order in which they are asked."""

    def __init__(self) -> None:
        self._lines = Counter[int]()
        self._runs = Counter[int]()

    def beyond(self, text: str) -> list[bool]:
        """Say of each line whether it stood there often enough before; then count them."""
        keys = _keys(text)
        here, found = Counter[int](), []
        for key in keys:
            here[key] += 1
            self._lines[key] += 1
            is_over = here[key] > MAX_LINE_IN_FILE or self._lines[key] > MAX_LINE
            found.append(key != 0 and is_over)
        seen = set[int]()
        for start, run in _runs(keys):
            if run not in seen:
                seen.add(run)
                self._runs[run] += 1
                is_over = self._runs[run] > MAX_RUN
            else:
                is_over = True
            if is_over:
                found[start : start + RUN] = [True] * RUN
        return found


class Known:
    """What stands in some files, to tell others that are much the same."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._runs = {run for text in texts for _, run in _runs(_keys(text))}

    def share(self, text: str) -> float:
        """Return how much of a text stands in those files, from 0 to 1."""
        runs = [run for _, run in _runs(_keys(text))]
        return sum(run in self._runs for run in runs) / len(runs) if runs else 0.0


def _keys(text: str) -> list[int]:
    """Return a number for each line, 0 for those that say too little."""
    # Of the text as a whole: a call for each line would take ten times as long.
    said = _SIGNS.sub(" ", _NUMBERS.sub("0", text.lower()))
    lines = (line.strip() for line in said.split("\n"))
    return [hash(line) if len(line) >= LEAST_CHARACTERS else 0 for line in lines]


def _runs(keys: Sequence[int]) -> Iterable[tuple[int, int]]:
    """Yield where five lines begin, of which most say something, and a number for them."""
    for start in range(len(keys) - RUN + 1):
        run = tuple(keys[start : start + RUN])
        if run.count(0) < RUN // 2:
            yield start, hash(run)
