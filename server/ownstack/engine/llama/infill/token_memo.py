"""Tokens of a text that is asked for again and again with a few characters more.

llama.cpp tokenises about 200 characters in a millisecond where a vocabulary's word pattern runs
through `std::regex`: a whole prompt would cost more per key than the network. So a text is cut
where every such pattern ends a word anyway, the pieces are tokenised one by one, and remembered.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterator, Sequence

PIECE_CHARS = 160
"""No piece is shorter, but for the last."""
_REMEMBERED = 1_024
_NEXT_WORD = re.compile(r"(?<=\S)(?= [A-Za-z])")
"""Between a word or mark and a single blank that goes with the letters after it."""
# In all byte-pair vocabularies that llama.cpp knows (GPT-2, StarCoder, DeepSeek, Llama 3, Qwen 2,
# GPT-4o, Tekken) a word takes at most one blank before it, and blanks before that are a word of
# their own: there is a word end before the last blank of an indentation, and between a single line
# break and a letter. Not so before digits and marks, which some patterns join with what precedes
# them, nor after several line breaks, the last of which some split off.
_WORD_END = re.compile(r"(?<=[ \t\n])(?=[ \t][A-Za-z])|(?<=\S\n)(?=[A-Za-z])")


class TokenMemo:
    """A tokeniser that remembers texts; its result is that of `tokenize`, token for token.

    `cuts_words` says whether the vocabulary splits text into words first (byte-pair encoding);
    one that does not is asked for the whole text. Any thread may call it.
    """

    def __init__(self, tokenize: Callable[[str], list[int]], *, cuts_words: bool) -> None:
        self._whole = functools.lru_cache(maxsize=16)(tokenize)
        self._piece = functools.lru_cache(maxsize=_REMEMBERED)(tokenize)
        self._cuts_words = cuts_words

    def __call__(self, text: str) -> list[int]:
        if not self._cuts_words:
            return list(self._whole(text))
        tokens: list[int] = []
        for piece in pieces(text):
            tokens += self._piece(piece)
        return tokens


class LineMemo:
    """A `TokenMemo` for short texts that share words, such as many rests of one line."""

    def __init__(self, tokenize: Callable[[str], Sequence[int]], *, cuts_words: bool) -> None:
        self._tokenize = functools.lru_cache(maxsize=4 * _REMEMBERED)(tokenize)
        self._cuts_words = cuts_words

    def __call__(self, text: str) -> list[int]:
        words = _NEXT_WORD.split(text) if self._cuts_words else [text]
        return [token for word in words for token in self._tokenize(word)]


def pieces(text: str) -> Iterator[str]:
    """Yield `text` in order, cut at word ends; where it is cut does not depend on its end."""
    start = 0
    while start < len(text):
        end = _WORD_END.search(text, start + PIECE_CHARS)
        # A blank at the very end may be joined by what is typed next: it stays in the last piece.
        stop = end.start() if end is not None else len(text)
        yield text[start:stop]
        start = stop
