"""Marks of a chat format in a model's vocabulary, and how they travel through a text.

A mark that is a token of its own means something only as that token: the same letters, written
otherwise, are text. So the token is told apart on its way, by a character that no text may have.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ownstack.engine.chat_formats.formats import ChatFormat
from ownstack.engine.llama.native.bindings import LlamaModel

_SIGN = "\ufdd0"
_FIRST = 0xE000
_TRAVELLING = re.compile(f"{_SIGN}([\ue000-\ue0ff])")


class Marks:
    """The marks of one model that are single tokens."""

    def __init__(self, model: LlamaModel, chat_format: ChatFormat) -> None:
        self._texts: list[str] = []
        self._of_token: dict[int, int] = {}
        for mark in chat_format.marks:
            tokens = model.tokenize(mark, special=True)
            if len(tokens) == 1:
                self._of_token[tokens[0]] = len(self._texts)
                self._texts.append(mark)
        self.texts = frozenset(self._texts)

    def of(self, token: int) -> str | None:
        """Return the mark that a token is."""
        index = self._of_token.get(token)
        return None if index is None else self._texts[index]

    def sign(self, token: int) -> bytes:
        """Return what stands for the mark of a token in an answer's text."""
        return f"{_SIGN}{chr(_FIRST + self._of_token[token])}".encode()

    def split(self, text: str) -> Iterator[tuple[str, bool]]:
        """Yield an answer's text in pieces, each with whether it is a mark."""
        at = 0
        for match in _TRAVELLING.finditer(text):
            index = ord(match.group(1)) - _FIRST
            if index >= len(self._texts):
                continue
            if match.start() > at:
                yield text[at : match.start()], False
            yield self._texts[index], True
            at = match.end()
        if at < len(text):
            yield text[at:], False

    def spelt(self, text: str) -> str:
        """Return an answer's text as it reads."""
        return "".join(piece for piece, _mark in self.split(text))
