"""Patterns for names, as git has them, matched without ever going back.

A pattern comes from a file that anybody may have written. With at most one star it becomes a
regular expression, in which there is nothing to try twice over. Any other is followed as an
automaton: one number holds, as bits, all places of the text that the pattern's beginning may
have led to, so that a pattern costs one step for each of its characters, whatever it matches.

Texts and patterns are bytes, written as characters below U+0100 (see `as_bytes`): git's `?` is
one byte.
"""

from __future__ import annotations

import os
import re
import string
import sys
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

MAX_PATTERN_CHARS = 4_096
"""No path is longer; a longer pattern matches nothing."""

Match = Callable[[str], object]
"""Says whether a text is matched, by what counts as true or false."""

_CLASSES = {
    "alnum": string.ascii_letters + string.digits,
    "alpha": string.ascii_letters,
    "blank": " \t",
    "cntrl": "".join(map(chr, [*range(32), 127])),
    "digit": string.digits,
    "graph": "".join(map(chr, range(33, 127))),
    "lower": string.ascii_lowercase,
    "print": "".join(map(chr, range(32, 127))),
    "punct": string.punctuation,
    "space": " \t\n\r",
    "upper": string.ascii_uppercase,
    "xdigit": string.hexdigits,
}
_ALL = frozenset(map(chr, range(256)))
_BUT_SLASH = _ALL - {"/"}
_ONE = {char: frozenset(char) for char in _ALL}

_Many = Literal["some", "any", "folders"]
"""What stars stand for: anything without a slash, anything, nothing or whole folders."""
_Token = frozenset[str] | _Many
"""One of some characters, or many of them."""


class _NeverMatchesError(Exception):
    """The pattern is not one."""


@dataclass(frozen=True, slots=True)
class Glob:
    """A pattern that was read."""

    match: Match
    text: str | None
    """The only text that is matched, if there is just one."""
    min_chars: int
    """No shorter text is matched."""
    run: str
    """What stands in every text that is matched."""
    cost: int
    """How many steps a match may take; 0 if it is a regular expression."""


def as_bytes(path: str, *, ignores_case: bool = False) -> str:
    """Return the bytes of a path as characters below U+0100, in lower case if that is ignored."""
    if path.isascii():
        return path.lower() if ignores_case else path
    if sys.platform == "darwin":
        # The system takes letters apart; in files that people write they are whole.
        path = unicodedata.normalize("NFC", path)
    try:
        data = os.fsencode(path)
    except UnicodeEncodeError:
        # Half a letter, which no file is named with, but an editor may be asked about.
        data = path.encode("utf-8", "surrogatepass")
    return (data.lower() if ignores_case else data).decode("latin-1")


def lowered(text: str) -> str:
    """Return bytes in lower case; of letters beyond ASCII git knows no case."""
    return text.encode("latin-1").lower().decode("latin-1")


def has_wildcard(pattern: str) -> bool:
    """Say whether a pattern is more than its own characters."""
    return plain_chars(pattern) < len(pattern)


def plain_chars(pattern: str) -> int:
    """Return how many characters at the beginning of a pattern stand for themselves."""
    special = re.search(r"[*?\[\\]", pattern)
    return special.start() if special else len(pattern)


def glob(pattern: str, *, is_path: bool, ignores_case: bool) -> Glob | None:
    """Read a pattern; None if it matches nothing. Texts are in lower case if that is ignored.

    `is_path`: only `**` between slashes matches a slash.
    """
    if len(pattern) > MAX_PATTERN_CHARS:
        return None
    try:
        tokens = list(_Reader(pattern, is_path=is_path, ignores_case=ignores_case).tokens())
    except _NeverMatchesError:
        return None
    n_many = sum(isinstance(token, str) for token in tokens)
    is_simple = n_many == 0 or (n_many == 1 and "folders" not in tokens)
    run = _longest_run(tokens)
    return Glob(
        re.compile(_expression(tokens), re.S).fullmatch if is_simple else _Automaton(tokens),
        run if len(run) == len(tokens) else None,
        len(tokens) - n_many,
        run,
        0 if is_simple else len(tokens),
    )


class _Reader:
    """Reads a pattern from its beginning to its end."""

    def __init__(self, pattern: str, *, is_path: bool, ignores_case: bool) -> None:
        self._pattern = pattern
        self._is_path = is_path
        self._ignores_case = ignores_case
        self._at = 0

    def tokens(self) -> Iterator[_Token]:
        """Raises: _NeverMatchesError."""
        while char := self._next():
            if char == "*":
                yield from self._stars()
            elif char == "?":
                yield _BUT_SLASH if self._is_path else _ALL
            elif char == "[":
                chars = self._class()
                yield chars - {"/"} if self._is_path else chars
            elif char == "\\":
                # A capital letter that is escaped matches nothing where case is ignored: so in git.
                yield _ONE[self._escaped()]
            else:
                yield _ONE[char.lower() if self._ignores_case and char.isascii() else char]

    def _next(self) -> str:
        """Return the next character, "" at the end."""
        char = self._pattern[self._at : self._at + 1]
        self._at += 1
        return char

    def _escaped(self) -> str:
        if char := self._next():
            return char
        raise _NeverMatchesError

    def _stars(self) -> Iterator[_Token]:
        """Read stars; the first was read."""
        first = self._at - 1
        while self._pattern.startswith("*", self._at):
            self._at += 1
        if not self._is_path:
            yield "any"
            return
        is_double = self._at - first > 1
        rest = self._pattern[self._at : self._at + 2]
        begins = first == 0 or self._pattern[first - 1] == "/"
        if not (is_double and begins and (rest[:1] in ("", "/") or rest == "\\/")):
            yield "some"
        elif rest[:1] == "/":
            self._at += 1
            yield "folders"
        else:
            yield "any"

    def _class(self) -> frozenset[str]:
        """Read a set of characters after its bracket."""
        char = self._next()
        is_negated = char in ("!", "^")
        if is_negated:
            char = self._next()
        found: set[str] = set()
        previous = ""
        while True:
            if not char:
                raise _NeverMatchesError
            if char == "\\":
                previous = self._escaped()
                found.add(previous)
            elif (
                char == "-" and previous and self._pattern[self._at : self._at + 1] not in ("", "]")
            ):
                last = self._next()
                found |= self._range(previous, self._escaped() if last == "\\" else last)
                previous = ""
            elif char == "[" and (named := self._named_class()) is not None:
                found |= named
                previous = ""
            else:
                found.add(char)
                previous = char
            char = self._next()
            if char == "]":
                break
        return _ALL - found if is_negated else frozenset(found)

    def _range(self, first: str, last: str) -> frozenset[str]:
        chars = frozenset(char for char in _ALL if first <= char <= last)
        if self._ignores_case:
            # The text is in lower case; the pattern may mean the upper one.
            chars |= {char.lower() for char in chars if "A" <= char <= "Z"}
        return chars

    def _named_class(self) -> frozenset[str] | None:
        """Read `:name:]` after a bracket within a set; None, and nothing, if it is none."""
        if not self._pattern.startswith(":", self._at):
            return None
        end = self._pattern.find("]", self._at + 1)
        if end < 0:
            raise _NeverMatchesError
        inner = self._pattern[self._at + 1 : end]
        if not inner.endswith(":"):
            return None
        if inner[:-1] not in _CLASSES:
            raise _NeverMatchesError
        self._at = end + 1
        if self._ignores_case and inner == "upper:":
            return frozenset(string.ascii_letters)
        return frozenset(_CLASSES[inner[:-1]])


def _longest_run(tokens: list[_Token]) -> str:
    longest = run = ""
    for token in tokens:
        run = run + next(iter(token)) if isinstance(token, frozenset) and len(token) == 1 else ""
        longest = max(longest, run, key=len)
    return longest


def _expression(tokens: list[_Token]) -> str:
    parts = []
    for token in tokens:
        if isinstance(token, str):
            parts.append("[^/]*" if token == "some" else ".*")
        elif not token:
            parts.append("(?!)")
        else:
            chars = "".join(f"\\x{ord(char):02x}" for char in sorted(token))
            parts.append(f"[{chars}]")
    return "".join(parts)


class _Automaton:
    """Called with a text, it says whether the whole of it is matched."""

    def __init__(self, tokens: list[_Token]) -> None:
        self._tokens: list[tuple[_Many | None, str]] = [
            (token, "") if isinstance(token, str) else (None, _marks(token)) for token in tokens
        ]

    def __call__(self, text: str) -> bool:
        # Bit i of a number stands for the place before character i; that of the text's end, too.
        end = 1 << len(text)
        backwards = text[::-1]
        marked: dict[str, int] = {}

        def where(marks: str) -> int:
            """Return the places before the characters that are marked."""
            if marks not in marked:
                bits = backwards.translate(marks)
                marked[marks] = int(bits, 2) if bits else 0
            return marked[marks]

        places = 1
        for many, marks in self._tokens:
            if many is None:
                places = (places & where(marks)) << 1
            else:
                places = _spread(places, many, where(_SLASH_MARKS), end)
            if not places:
                return False
        return bool(places & end)


def _spread(places: int, many: _Many, slashes: int, end: int) -> int:
    """Return the places that many characters lead to from these ones."""
    after = -(places & -places)
    if many == "any":
        return after & (2 * end - 1)
    if many == "folders":
        return places | (after & slashes) << 1
    # An addition carries each place to the end of its run of other characters.
    others = (end - 1) & ~slashes
    return ((((places & others) + others) ^ others) | places) & (2 * end - 1)


def _marks(chars: frozenset[str]) -> str:
    """Return, for each character, whether it is one of some: a table to translate by."""
    return "".join("1" if chr(code) in chars else "0" for code in range(256))


_SLASH_MARKS = _marks(frozenset("/"))
