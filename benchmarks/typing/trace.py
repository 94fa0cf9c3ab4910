"""Typing, as people do it: bursts, pauses, mistakes taken back, jumps to another place.

A trace is made from a real file: passages are taken out and typed again. Delays follow the
136-million-keystroke study (Dhakal et al., CHI 2018): median about 110 ms between keys for
an everyday typist, log-normal, longer before a new word and a new line; about 1 key in 40 is
a mistake that is noticed one to three keys later.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

MEDIAN_KEY_S = 0.11
SIGMA = 0.45
MISTAKES = 1 / 40


@dataclass(frozen=True, slots=True)
class Key:
    """One edit of the buffer, `delay_s` after the one before it."""

    delay_s: float
    kind: Literal["type", "backspace", "jump"]
    offset: int
    """Cursor before the edit, in characters."""
    text: str = ""
    """What is inserted ("type"), or what follows the cursor from here on ("jump")."""


@dataclass(frozen=True, slots=True)
class Passage:
    """Lines taken out of a file, to be typed again at `offset`."""

    before: str
    after: str
    text: str

    @property
    def offset(self) -> int:
        return len(self.before)


def passages(text: str, count: int, seed: int, lines: int = 6) -> list[Passage]:
    """Choose `count` passages of a few lines with code in them, spread over the file."""
    draw = random.Random(seed)
    starts = [0]
    for line in text.split("\n"):
        starts.append(starts[-1] + len(line) + 1)
    chosen = []
    for _ in range(count * 20):
        first = draw.randrange(max(1, len(starts) - lines - 1))
        # The break after the last line stays: the cursor is at the end of a line, as it mostly is.
        start, end = starts[first], starts[min(first + lines, len(starts) - 1)] - 1
        body = text[start:end].rstrip("\n")
        if len(body.strip()) >= 40 and max(map(len, body.split("\n"))) < 200:
            indent = len(body) - len(body.lstrip())
            after = text[start + len(body) :]
            chosen.append(Passage(text[: start + indent], after, body[indent:]))
        if len(chosen) == count:
            break
    return chosen


def keys(passage: Passage, seed: int) -> Iterator[Key]:
    """Yield the keys that type `passage.text`, with mistakes and corrections.

    Enter and the indentation after it are one key, as in an editor that indents by itself.
    """
    draw = random.Random(seed)
    offset, at = passage.offset, 0
    while at < len(passage.text):
        piece = _piece(passage.text, at)
        if piece.isalpha() and draw.random() < MISTAKES:
            wrong = "".join(draw.choice("etaoinsrhl") for _ in range(draw.randint(1, 3)))
            for char in wrong:
                yield Key(_delay(draw, char), "type", offset, char)
                offset += 1
            for _ in wrong:
                yield Key(_delay(draw, "x"), "backspace", offset)
                offset -= 1
        yield Key(_delay(draw, piece), "type", offset, piece)
        offset += len(piece)
        at += len(piece)


def steady(passage: Passage, delay_s: float) -> Iterator[Key]:
    """Yield the keys that type `passage.text`, each after the same time, without mistakes."""
    at = 0
    while at < len(passage.text):
        piece = _piece(passage.text, at)
        yield Key(delay_s, "type", passage.offset + at, piece)
        at += len(piece)


def _piece(text: str, at: int) -> str:
    if text[at] != "\n":
        return text[at]
    end = at + 1
    while end < len(text) and text[end] in " \t":
        end += 1
    return text[at:end]


def _delay(draw: random.Random, piece: str) -> float:
    slower = 2.5 if piece.startswith("\n") else 1.6 if piece in " (.[{" else 1.0
    return min(1.5, MEDIAN_KEY_S * slower * draw.lognormvariate(0.0, SIGMA))
