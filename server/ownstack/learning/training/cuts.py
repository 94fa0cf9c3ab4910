"""Where text is cut for a sample: a window of a passage, a cursor in it, what is to be filled in.

As `training/cuts.py` does it for the built-in network, with other shares: mostly the rest of the
line is missing, since that is what completion asks for most.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from ownstack.engine.llama.decoding import healing
from ownstack.learning.data.passages import Passage

REST_OF_LINE, BLOCK, SEVERAL_LINES = 0.72, 0.12, 0.08
AT_INDENT = 0.12
HEALED = 0.85
"""So often the partial word before the cursor is the model's to write, as in the product."""
FILE_START = 0.15
MAX_BLOCK_LINES = 8
MAX_MIDDLE_CHARS = 480
LEAST_CHARS = 3
"""A line with fewer has no cursor."""


@dataclass(frozen=True, slots=True)
class Cut:
    """A cursor in a text: what the prompt keeps before it, what is missing, where that ends."""

    kept: int
    """Offset: the prompt's prefix ends here."""
    end: int
    """Offset: what is missing is `text[kept:end]`, and the suffix begins here."""


def window(rng: random.Random, passage: Passage, max_chars: int) -> tuple[int, int]:
    """Return the first line and the one after the last of a run of whole lines that fits.

    One that ends at a line which may be asked for, so that hardly a window is for nothing.
    """
    lines = passage.text.split("\n")
    sizes = [len(line) + 1 for line in lines]
    if sum(sizes) <= max_chars:
        return 0, len(lines)
    start = 0
    if rng.random() >= FILE_START:
        [aim] = rng.choices(range(len(lines)), _chances(lines, passage.weights))
        # What is asked for stands in the later part: there is something before it.
        before = max_chars * rng.uniform(0.3, 0.8)
        start = aim
        while start > 0 and before > sizes[start - 1]:
            start -= 1
            before -= sizes[start]
    end, room = start, max_chars
    while end < len(lines) and (room := room - sizes[end]) >= 0:
        end += 1
    return start, max(end, start + 1)


def lines_to_ask(
    rng: random.Random, lines: Sequence[str], weights: Sequence[float], count: int
) -> list[int]:
    """Return at most `count` lines, each once, the weightier ones more likely; ascending."""
    chances = _chances(lines, weights)
    # By Efraimidis and Spirakis (2006): the greatest of u^(1/w) are a weighted sample.
    keyed = [
        (rng.random() ** (1 / chance), index) for index, chance in enumerate(chances) if chance > 0
    ]
    return sorted(index for _, index in sorted(keyed, reverse=True)[:count])


def cut(rng: random.Random, text: str, begin: int, limit: int | None = None) -> Cut:
    """Cut at a character of the line that begins at `begin`.

    What is missing ends at `limit` at the latest: after that stands what may not be learned.
    """
    finish = text.find("\n", begin)
    finish = len(text) if finish < 0 else finish
    line = text[begin:finish]
    first, last = len(line) - len(line.lstrip()), len(line.rstrip())
    at = begin + (first if rng.random() < AT_INDENT else rng.randrange(first, last))
    end = _end(rng, text, begin, at, begin + last)
    if limit is not None:
        end = max(begin + last, min(end, limit)) if end > begin + last else end
    kept = at
    if rng.random() < HEALED:
        kept = len(healing.cut(text[:at])[0])
    return Cut(kept, end)


def _chances(lines: Sequence[str], weights: Sequence[float]) -> list[float]:
    return [
        weight if len(line.strip()) >= LEAST_CHARS else 0.0
        for line, weight in zip(lines, weights, strict=True)
    ]


def _end(rng: random.Random, text: str, begin: int, at: int, finish: int) -> int:
    choice = rng.random()
    if choice < REST_OF_LINE:
        return finish
    if choice < REST_OF_LINE + BLOCK:
        return _block_end(text, begin, finish)
    if choice < REST_OF_LINE + BLOCK + SEVERAL_LINES:
        return _lines_end(text, finish, rng.randint(1, 5))
    return rng.randrange(at, finish) + 1


def _block_end(text: str, begin: int, finish: int) -> int:
    """Return the end of the lines below that are indented more than the line at `begin`."""
    indent = _indent(text, begin)
    end, at = finish, text.find("\n", finish)
    for _ in range(MAX_BLOCK_LINES):
        if at < 0 or at + 1 >= len(text):
            break
        following = text.find("\n", at + 1)
        line = text[at + 1 : following if following >= 0 else len(text)]
        if line.strip():
            if _indent(text, at + 1) <= indent:
                break
            end = at + 1 + len(line.rstrip())
        at = following
    return min(end, finish + MAX_MIDDLE_CHARS)


def _lines_end(text: str, finish: int, count: int) -> int:
    end = finish
    for _ in range(count):
        found = text.find("\n", end + 1)
        if found < 0:
            break
        end = found
    return finish + len(text[finish : min(end, finish + MAX_MIDDLE_CHARS)].rstrip())


def _indent(text: str, begin: int) -> int:
    end = begin
    while end < len(text) and text[end] in " \t":
        end += 1
    return end - begin
