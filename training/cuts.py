"""Where a sample is cut, and the exact tokens on either side of a cut.

A window is a run of natural tokens. Cutting it at byte `c` changes tokens only near `c`: up to
the last token that ends a line before it, and from the first one that starts a line after it, the
natural tokens stand, since llama.cpp's pieces do not cross from a newline to the next line's text.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Encode = Callable[[bytes], list[int]]

REST_OF_LINE, BLOCK, SEVERAL_LINES, INSIDE = 0.68, 0.12, 0.08, 0.12
AT_INDENT = 0.12
MAX_LINES = 8


@dataclass(frozen=True, slots=True)
class Cut:
    """The window's text, its tokens' end bytes int64[n], and the missing part [start, end)."""

    text: bytes
    ends: NDArray[np.int64]
    start: int
    end: int

    def token_at(self, byte: int) -> int:
        """The index of the token that holds this byte."""
        return int(np.searchsorted(self.ends, byte, side="right"))

    def offset(self, token: int) -> int:
        """The byte where a token starts."""
        return int(self.ends[token - 1]) if token else 0


def newline_tokens(pieces: list[bytes]) -> NDArray[np.bool_]:
    return np.array([piece.endswith(b"\n") for piece in pieces])


def tokens_before(
    window: NDArray[np.uint16], cut: Cut, byte: int, newline: NDArray[np.bool_], encode: Encode
) -> list[int]:
    """The tokens of the window's text up to `byte`."""
    token = cut.token_at(byte)
    breaks = np.flatnonzero(newline[window[:token]])
    kept = int(breaks[-1]) + 1 if len(breaks) else 0
    return [*window[:kept].tolist(), *encode(cut.text[cut.offset(kept) : byte])]


def tokens_after(
    window: NDArray[np.uint16], cut: Cut, byte: int, newline: NDArray[np.bool_], encode: Encode
) -> list[int]:
    """The tokens of the window's text from `byte` on."""
    token = cut.token_at(byte)
    breaks = np.flatnonzero(newline[window[token:]])
    if not len(breaks):
        return encode(cut.text[byte:])
    kept = token + int(breaks[0]) + 1
    return [*encode(cut.text[byte : cut.offset(kept)]), *window[kept:].tolist()]


def choose_cut(
    rng: random.Random, window: NDArray[np.uint16], pieces: list[bytes], sizes: NDArray[np.int64]
) -> Cut | None:
    """A cursor at a random character of a random line, and where the missing text ends.

    Mostly the rest of the line is missing; else the block that follows, several lines, or a part
    of the line. None if the window has no line to speak of.
    """
    text = b"".join([pieces[i] for i in window.tolist()])
    ends = np.cumsum(sizes[window])
    line = choose_line(rng, text)
    if line is None:
        return None
    begin, finish = line
    content = text[begin:finish]
    indent = len(content) - len(content.lstrip())
    last = len(content.rstrip())
    start = begin + (indent if rng.random() < AT_INDENT else rng.randrange(indent, last))
    while start > begin and text[start] & 0xC0 == 0x80:
        start -= 1
    return Cut(text, ends, start, choose_end(rng, text, begin, start, begin + last))


def choose_line(rng: random.Random, text: bytes) -> tuple[int, int] | None:
    """Begin and end byte of a line with at least three characters.

    From the later three quarters of the text, where there is something before it to learn from.
    """
    for _ in range(12):
        at = rng.randrange(len(text) // 4, len(text)) if len(text) > 4 else 0
        begin = text.rfind(b"\n", 0, at) + 1
        finish = text.find(b"\n", begin)
        finish = len(text) if finish < 0 else finish
        if len(text[begin:finish].strip()) >= 3:
            return begin, finish
    return None


def choose_end(rng: random.Random, text: bytes, begin: int, start: int, finish: int) -> int:
    """`finish` is the end of the cursor's line without trailing space."""
    choice = rng.random()
    if choice < REST_OF_LINE:
        return finish
    if choice < REST_OF_LINE + BLOCK:
        return block_end(text, begin, finish)
    if choice < REST_OF_LINE + BLOCK + SEVERAL_LINES:
        return lines_end(text, finish, rng.randint(1, 5))
    end = rng.randrange(start, finish) + 1
    while end < finish and text[end] & 0xC0 == 0x80:
        end += 1
    return end


def block_end(text: bytes, begin: int, finish: int) -> int:
    """The end of the lines below that are indented more than the line at `begin`."""
    indent = indentation(text, begin)
    end = finish
    for _ in range(MAX_LINES):
        newline = text.find(b"\n", end)
        if newline < 0 or newline + 1 >= len(text):
            break
        following = text.find(b"\n", newline + 1)
        following = len(text) if following < 0 else following
        line = text[newline + 1 : following]
        if line.strip() and indentation(text, newline + 1) <= indent:
            break
        end = newline + 1 + len(line.rstrip()) if line.strip() else following
    return finish + len(text[finish:end].rstrip())


def lines_end(text: bytes, finish: int, count: int) -> int:
    end = finish
    for _ in range(count):
        newline = text.find(b"\n", end + 1)
        if newline < 0:
            break
        end = newline
    return max(finish, finish + len(text[finish:end].rstrip()))


def indentation(text: bytes, begin: int) -> int:
    end = begin
    while end < len(text) and text[end] in b" \t":
        end += 1
    return end - begin
