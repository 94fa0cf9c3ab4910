"""One answer in a conversation on its way: tokens chosen, text taken apart into events."""

from __future__ import annotations

import codecs
from collections.abc import Callable, Sequence

from ownstack.engine.chat import ChatDelta
from ownstack.engine.chat_formats.parser import AnswerParser
from ownstack.engine.llama.chat.constraint import Constraint
from ownstack.engine.llama.chat.marks import Marks
from ownstack.engine.llama.decoding.loop import Choice, Logits
from ownstack.engine.llama.native.sampler import Sampler


class ConstrainedChooser:
    """Draws tokens that keep to whatever rules the answer at that place."""

    def __init__(
        self,
        pieces: Sequence[bytes],
        stops: frozenset[int],
        sampler: Sampler,
        constraint: Constraint,
        marks: Marks,
    ) -> None:
        self._pieces = pieces
        self._stops = stops
        self._sampler = sampler
        self._constraint = constraint
        self._marks = marks
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def choose(self, logits: Logits) -> Choice:
        """Draw the next token; its probability is not told."""
        token = self._sampler.sample(logits, self._constraint.grammar)
        if token in self._stops:
            return Choice(token, 0.0, b"", ends=True)
        mark = self._marks.of(token)
        if mark is not None:
            self._constraint.wrote(mark, mark=True)
            return Choice(token, 0.0, self._marks.sign(token))
        piece = self._pieces[token]
        text = self._decoder.decode(piece)
        if text:
            self._constraint.wrote(text, mark=False)
        if self._constraint.beyond:
            return Choice(token, 0.0, b"", ends=True)
        # A control token that means nothing here is none of the answer's text either.
        return Choice(token, 0.0, piece, ends=not piece)


class Teller:
    """Hands on an answer's text as the events that it is."""

    def __init__(
        self, parser: AnswerParser, marks: Marks, emit: Callable[[ChatDelta], None]
    ) -> None:
        self._parser = parser
        self._marks = marks
        self._emit = emit
        self._told = 0

    def begin(self, text: str) -> None:
        """Take what the answer begins with, which the model did not write."""
        self._take(text)

    def tell(self, text: str) -> None:
        """Take a piece of the answer."""
        self._told += len(text)
        self._take(text)

    def close(self, text: str) -> None:
        """Take the answer as a whole: what was not told of it yet, and its end."""
        self.tell(text[self._told :])
        for delta in self._parser.close():
            self._emit(delta)

    def _take(self, text: str) -> None:
        for piece, mark in self._marks.split(text):
            taken = self._parser.mark(piece) if mark else self._parser.feed(piece)
            for delta in taken:
                self._emit(delta)
