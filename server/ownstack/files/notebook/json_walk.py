"""Going through JSON that somebody else wrote, without making what is not wanted of it.

A parser would make all values first: of 16 MB of empty lists 400 MB, in seconds in which no other
thread runs. Here each step is short, however long the text, nothing is nested too deep, and only
strings that are asked for are made.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from json.decoder import scanstring  # type: ignore[attr-defined]

MAX_STEPS = 2_000_000
"""Values, brackets and quotes; a second's work. Pictures and tables have fewer."""
MAX_STRING_CHARS = 4_000_000
"""Of a string that is wanted."""
_STRIDE = 100_000
"""Characters looked at in one step, some tenths of a millisecond."""
_SPACE = re.compile(r"[ \t\r\n]*")
_SCALAR = re.compile(r"[-+.\w]+")
_STRUCTURE = re.compile(r'["\[\]{}]')


class TooMuchError(ValueError):
    """There is more of it than can be gone through."""


class JsonWalk:
    """Goes through a text once; whoever is given a member or an item reads or skips its value.

    All methods raise a ValueError if it is not JSON, or `TooMuchError`. What is skipped is only
    looked at so far that its end is found.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._left = MAX_STEPS
        self.at = 0
        """The character that is looked at."""

    def peek(self) -> str:
        """Return the first character of what comes next, "" at the end."""
        self._pass(_SPACE)
        return self._text[self.at : self.at + 1]

    def string(self) -> str | None:
        """Return a string; skip any other value."""
        if self.peek() != '"':
            self.skip()
            return None
        self._step()
        end = self._after_string(self.at + 1)
        if end - self.at > MAX_STRING_CHARS:
            raise TooMuchError("a long string")
        value, self.at = scanstring(self._text, self.at + 1, False)
        return str(value)

    def skip(self) -> None:
        """Go over a value."""
        self._step()
        first = self.peek()
        if first == '"':
            self.at = self._after_string(self.at + 1)
        elif first and first in "[{":
            self._skip_nested()
        else:
            start = self.at
            self._pass(_SCALAR)
            if self.at == start:
                raise ValueError("no value")

    def members(self) -> Iterator[str]:
        """Yield the keys of an object."""
        for _ in self._between("{", "}"):
            key = self.string() if self.peek() == '"' else None
            if key is None or self.peek() != ":":
                raise ValueError("no key")
            self.at += 1
            yield key

    def items(self) -> Iterator[None]:
        """Yield once for each item of a list."""
        return self._between("[", "]")

    def end(self) -> None:
        """See that nothing follows."""
        if self.peek():
            raise ValueError("more than one value")

    def _between(self, opening: str, closing: str) -> Iterator[None]:
        mark = self.peek()
        if mark != opening:
            raise ValueError(f"no {opening}")
        self.at += 1
        if self.peek() == closing:
            self.at += 1
            return
        while mark != closing:
            self._step()
            yield
            mark = self.peek()
            if mark not in (",", closing):
                raise ValueError(f"no {closing}")
            self.at += 1

    def _skip_nested(self) -> None:
        depth = 0
        while True:
            found = _STRUCTURE.search(self._text, self.at, self.at + _STRIDE)
            self._step()
            if found is None:
                self.at += _STRIDE
                if self.at >= len(self._text):
                    raise ValueError("no end")
                continue
            self.at, mark = found.end(), found[0]
            if mark == '"':
                self.at = self._after_string(self.at)
                continue
            depth += 1 if mark in "[{" else -1
            if depth == 0:
                return

    def _after_string(self, start: int) -> int:
        """Return where the string ends whose first character is at `start`."""
        at = self._text.find('"', start)
        while at >= 0:
            self._step()
            n_backslashes = 0
            while at - n_backslashes > start and self._text[at - n_backslashes - 1] == "\\":
                n_backslashes += 1
                self._step()
            if n_backslashes % 2 == 0:
                return at + 1
            at = self._text.find('"', at + 1)
        raise ValueError("no end")

    def _pass(self, pattern: re.Pattern[str]) -> None:
        """Go on as long as a pattern matches, which may match nothing or any part of itself."""
        while found := pattern.match(self._text, self.at, self.at + _STRIDE):
            self.at = found.end()
            if found.end() - found.start() < _STRIDE:
                return

    def _step(self) -> None:
        self._left -= 1
        if self._left < 0:
            raise TooMuchError("many values")
