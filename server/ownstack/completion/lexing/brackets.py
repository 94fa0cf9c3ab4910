"""Brackets and quotes of a stretch of text, read without a grammar.

A string with code inside is read as what it is: the code in it is code, and ends with its
bracket. What is open is a stack of `Frame`s, so that a text can be read on from where another
one has ended.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ownstack.completion.lexing.literals import Literal, Literals, inside
from ownstack.languages import Language

PAIRS = {"(": ")", "[": "]", "{": "}"}
CLOSERS = frozenset(PAIRS.values())
_MAX_CHARS = 20_000
_PUNCTUATION = ";,:{ \t"
_CHARACTER = re.compile(r"'(?:\\[^\n']{1,8}|\\'|[^\\'\n])'")


@dataclass(frozen=True, slots=True)
class Frame:
    """Something open: a bracket, or a string."""

    closer: str
    literal: Literal | None = None
    """Of a string; None for a bracket."""


@dataclass(frozen=True, slots=True)
class Brackets:
    """What a stretch of text opens and closes."""

    unmatched: tuple[tuple[int, str], ...]
    """Place and text of each closing mark whose opening one is not in the text."""
    frames: tuple[Frame, ...] = ()
    """What is open at the end, outermost first; what was open before is among it."""
    n_outside: int = 0
    """How many of the frames were open before the text."""
    breaks: tuple[int, ...] = ()
    """Line breaks in code at which nothing is open."""
    comments: tuple[tuple[int, int], ...] = ()
    """Where the comments are."""
    in_comment: bool = False
    """It ends inside of one."""

    @property
    def open(self) -> tuple[str, ...]:
        """Closing brackets that the text itself still needs, outermost first; no quotes."""
        return tuple(
            frame.closer for frame in self.frames[self.n_outside :] if frame.literal is None
        )

    @property
    def needed(self) -> str:
        """All closing marks that the text itself still needs, in the order to write them."""
        return "".join(frame.closer for frame in reversed(self.frames[self.n_outside :]))

    @property
    def mark(self) -> str:
        """The mark of the string that the end lies in, ""."""
        top = self.frames[-1] if self.frames else None
        return top.closer if top is not None and top.literal is not None else ""

    @property
    def in_string_code(self) -> bool:
        """The end lies in code that stands inside of a string."""
        return not self.mark and any(frame.literal is not None for frame in self.frames)


def brackets(
    text: str, language: Language | None, outside: Sequence[Frame] = (), limit: int = _MAX_CHARS
) -> Brackets:
    """Read `text`, which begins where `outside` is open.

    Strings of one character end with their line at the latest, so that an apostrophe in prose
    spoils one line only.
    """
    reading = _Reading(text[:limit], Literals.of(language), list(outside))
    reading.run()
    return Brackets(
        tuple(reading.unmatched),
        tuple(reading.frames),
        reading.n_outside,
        tuple(reading.breaks),
        tuple(reading.comments),
        reading.in_comment,
    )


class _Reading:
    """One pass over a text."""

    def __init__(self, text: str, literals: Literals, frames: list[Frame]) -> None:
        self._text = text
        self._literals = literals
        self.frames = frames
        self.n_outside = len(frames)
        self.unmatched: list[tuple[int, str]] = []
        self.breaks: list[int] = []
        self.comments: list[tuple[int, int]] = []
        self.in_comment = False

    def run(self) -> None:
        at = 0
        while at < len(self._text):
            top = self.frames[-1] if self.frames else None
            literal = top.literal if top is not None else None
            at = self._in_code(at) if literal is None else self._in_string(at, literal)

    def _in_code(self, at: int) -> int:
        text = self._text
        found = self._literals.pattern.search(text, at)
        if found is None:
            return len(text)
        at, char = found.start(), found[0]
        after = self._comment(at)
        if after:
            return after
        literal = self._literals.at(text, at)
        if literal is not None:
            self.frames.append(Frame(literal.mark, literal))
            return at + len(literal.mark)
        if char == "\n":
            self._line_ends(at)
        elif char in PAIRS:
            self.frames.append(Frame(PAIRS[char]))
        elif char in CLOSERS:
            top = self.frames[-1] if self.frames else None
            if top is not None and top.literal is None and top.closer == char:
                self._close(at)
            else:
                self.unmatched.append((at, char))
        elif char == "'" and self._literals.characters:
            character = _CHARACTER.match(text, at)
            return character.end() if character else at + 1
        return at + 1

    def _comment(self, at: int) -> int:
        """Return where a comment that begins at `at` ends, 0 if none does."""
        language, text = self._literals.language, self._text
        if language is None:
            return 0
        for opener, closer in language.block:
            if text.startswith(opener, at):
                return self._commented(at, text.find(closer, at + len(opener)), len(closer))
        if any(text.startswith(mark, at) for mark in language.line):
            if language.id == "bash" and at and not text[at - 1].isspace():
                return 0  # `$#` and `${#x}`
            return self._commented(at, text.find("\n", at), 0)
        return 0

    def _commented(self, start: int, end: int, closer: int) -> int:
        self.in_comment = end < 0
        end = len(self._text) if end < 0 else end + closer
        self.comments.append((start, end))
        return end

    def _in_string(self, at: int, literal: Literal) -> int:
        text = self._text
        found = inside(literal).search(text, at)
        if found is None:
            return len(text)
        at = found.start()
        if text.startswith(literal.mark, at):
            self._close(at)
            return at + len(literal.mark)
        for code in literal.code:
            if text.startswith(code.opener, at):
                if code.doubled and text.startswith(code.opener * 2, at):
                    return at + 2 * len(code.opener)
                self.frames.append(Frame(code.closer))
                return at + len(code.opener)
        if text[at] == "\\" and literal.escapes:
            return min(at + 2, len(text))
        if text[at] == "\n" and not literal.multiline:
            self._pop()
        return at + 1

    def _line_ends(self, at: int) -> None:
        """A string that holds no line break ends here, and the code in it."""
        while any(
            frame.literal is not None and not frame.literal.multiline for frame in self.frames
        ):
            self._pop()
        if not self.frames and not self._text[max(0, at - 2) : at].rstrip("\r").endswith("\\"):
            self.breaks.append(at)

    def _close(self, at: int) -> None:
        if len(self.frames) <= self.n_outside:
            self.unmatched.append((at, self.frames[-1].closer))
        self._pop()

    def _pop(self) -> None:
        self.frames.pop()
        self.n_outside = min(self.n_outside, len(self.frames))


def covered(text: str, rest: str, language: Language | None, outside: Sequence[Frame] = ()) -> int:
    """Return how many characters of `rest`, right of the cursor, `text` writes again.

    They are closing marks that the editor put there when their opening ones were typed, in the
    order in which `text` closes what it did not open, then the punctuation that ends both.
    """
    at, after = 0, 0
    for position, closer in brackets(text, language, outside).unmatched:
        following = at + len(rest[at:]) - len(rest[at:].lstrip(" \t"))
        if not rest.startswith(closer, following):
            break
        at, after = following + len(closer), position + len(closer)
    left, tail = rest[at:].rstrip(), text[after:].rstrip()
    if left.strip() and not left.strip(_PUNCTUATION) and tail.endswith(left.strip()):
        return at + len(left)
    return at


@dataclass(frozen=True, slots=True)
class Fit:
    """A rest of a line from elsewhere, for a cursor that has closing marks right of it."""

    text: str
    """What belongs before them."""
    ending: str = ""
    """What takes their place after that, if the line does not end with them: `);` for `)`."""


def fit(text: str, rest: str, language: Language | None, outside: Sequence[Frame]) -> Fit | None:
    """Return the part of `text` that fits before `rest`, which is closing marks and punctuation.

    `text` was written where nothing stood right of the cursor, so it closes itself what the
    editor has closed here, and what is not open here. None if it does not fit.
    """
    unmatched = brackets(text, language, outside).unmatched
    waiting = [frame.closer for frame in reversed(outside)]
    at, written = 0, 0
    for position, closer in unmatched:
        following = len(rest) - len(rest[at:].lstrip(" \t"))
        if rest.startswith(closer, following):
            at, written = following + len(closer), written + 1
        elif written < len(waiting) and waiting[written] == closer and not rest[at:].strip():
            written += 1  # Open, and not closed by the editor.
        else:
            text = text[:position].rstrip()
            break
        waiting = waiting or [closer]
    if not written or not at:
        return None
    inner = min(position for position, _ in unmatched)
    last, closer = unmatched[written - 1]
    after, left = text[last + len(closer) :].strip(), rest[at:].strip()
    if left.strip(_PUNCTUATION):  # More is closed here than there.
        return Fit(text) if after.strip(_PUNCTUATION) else Fit(text[:last].rstrip())
    between = text[inner : last + len(closer)]
    plain = not re.sub(r"[)\]}\"'`\s;,]", "", between)
    if after.strip(_PUNCTUATION) or not plain:
        return Fit(text)
    if after == left or not after:
        return Fit(text[:inner])
    return Fit(text[:inner]) if left else Fit(text[:inner], text[inner:])
