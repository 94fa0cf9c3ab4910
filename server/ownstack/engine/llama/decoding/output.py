"""An answer as it grows: bytes of tokens in, text that may be shown out, and when to stop.

Text is handed out as soon as no later token can take it back: half a UTF-8 character, a line whose
indentation is not yet known, and the beginning of a stop text are held until it is.
"""

from __future__ import annotations

import codecs
from collections.abc import Sequence

from ownstack.engine.results import Finish, WrittenToken

TAB_COLUMNS = 4
"""Columns that a tab counts for in `min_indent`, at most."""


class OutputBuffer:
    """The text of one answer, cut where it ends. `finish` is set once its own text has ended it."""

    def __init__(
        self,
        *,
        max_lines: int | None = None,
        min_indent: int | None = None,
        stop: Sequence[str] = (),
    ) -> None:
        self._max_lines = max_lines
        self._min_indent = min_indent
        self._stop = tuple(text for text in stop if text)
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._raw = ""
        self._out = 0
        self._line_reason = Finish.LINES
        self._decoded_chars = 0
        self.tokens: list[WrittenToken] = []
        """Those that were fed, and the one that ended the answer, if one did."""
        self.finish: Finish | None = None

    @property
    def text(self) -> str:
        """What has been handed out; never ends inside a character."""
        return self._raw[: self._out]

    @property
    def mean_logprob(self) -> float:
        tokens = self.tokens
        return sum(token.logprob for token in tokens) / len(tokens) if tokens else 0.0

    def feed(self, piece: bytes, logprob: float = 0.0) -> str:
        """Take a token's bytes; return the text that can now be shown."""
        if self.finish is not None:
            return ""
        text = self._decoder.decode(piece)
        self._raw += text
        self._decoded_chars += len(text)
        self.tokens.append(WrittenToken(self._decoded_chars, logprob))
        self._cut_stop()
        self._cut_lines()
        end = len(self._raw) if self.finish is not None else len(self._raw) - self._held()
        return self._hand_out(end)

    def end_with_line(self) -> None:
        """Stop at the next line end, or now if one has just been: time for whole lines is over."""
        self._max_lines = 1 + self._raw.rstrip().count("\n")
        self._line_reason = Finish.DEADLINE
        self._cut_lines()
        if self.finish is not None:
            self._hand_out(len(self._raw))

    def close(self, finish: Finish, logprob: float | None = None) -> str:
        """End for a reason outside the text; return what was held and may be shown after all.

        `logprob` is that of the token by which the model said so.
        """
        if self.finish is not None:
            return ""
        if logprob is not None:
            self.tokens.append(WrittenToken(self._decoded_chars, logprob))
        self.finish = finish
        if finish is Finish.END:
            return self._hand_out(len(self._raw))
        # Cut off in the middle: half a line's indentation or half a stop text is no answer.
        return self._hand_out(max(self._out, len(self._raw) - self._held()))

    def _hand_out(self, end: int) -> str:
        fresh = self._raw[self._out : end]
        self._out = max(self._out, end)
        return fresh

    def _cut(self, at: int, finish: Finish) -> None:
        """End at a character; what has been handed out is not taken back."""
        self._raw = self._raw[: max(at, self._out)]
        self.finish = finish

    def _cut_stop(self) -> None:
        found = [at for at in (self._raw.find(stop) for stop in self._stop) if at >= 0]
        if found:
            self._cut(min(found), Finish.STOP)

    def _cut_lines(self) -> None:
        if self._max_lines is None and self._min_indent is None:
            return
        at, number = self._raw.find("\n"), 1
        while at >= 0:
            end = at - 1 if at and self._raw[at - 1] == "\r" else at
            if self._max_lines is not None and number >= self._max_lines:
                self._cut(end, self.finish or self._line_reason)
                return
            following = self._raw[at + 1 :].split("\n", 1)[0]
            if self._outdented(following):
                self._cut(self._last_text_end(end), Finish.INDENT)
                return
            at, number = self._raw.find("\n", at + 1), number + 1

    def _outdented(self, line: str) -> bool:
        stripped = line.lstrip(" \t")
        if self._min_indent is None or not stripped.strip():
            return False
        indent = line[: len(line) - len(stripped)].expandtabs(TAB_COLUMNS)
        return len(indent) < self._min_indent

    def _last_text_end(self, end: int) -> int:
        """Return where the text before `end` ends: blank lines belong to what follows them."""
        return len(self._raw[:end].rstrip())

    def _held(self) -> int:
        """Return how many of the last characters a later token may still take back."""
        raw = self._raw
        held = 1 if raw.endswith("\r") else 0
        for stop in self._stop:
            sizes = range(min(len(stop) - 1, len(raw)), held, -1)
            held = max(held, next((n for n in sizes if raw.endswith(stop[:n])), held))
        if self._min_indent is not None:
            blank = len(raw) - len(raw.rstrip())
            if "\n" in raw[len(raw) - blank :]:
                held = max(held, blank)
        return held
