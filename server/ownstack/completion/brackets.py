"""Brackets and quotes of a stretch of text, read without a grammar."""

from __future__ import annotations

from dataclasses import dataclass

from ownstack.languages import Language

PAIRS = {"(": ")", "[": "]", "{": "}"}
_CLOSERS = frozenset(PAIRS.values())
_MAX_CHARS = 20_000


@dataclass(frozen=True, slots=True)
class Brackets:
    """What a stretch of text opens and closes."""

    unmatched: tuple[tuple[int, str], ...]
    """Place and text of each closing mark whose opening one is not in the text."""
    open: tuple[str, ...]
    """Closing marks that the text still needs, outermost first."""
    mark: str
    """The string mark that is open at the end, ""."""


def brackets(text: str, language: Language | None, mark: str = "") -> Brackets:
    """Read `text`, which begins inside a string if `mark` is given.

    Strings of one character end with their line at the latest, so that an apostrophe in prose
    spoils one line only.
    """
    strings = language.strings if language else ('"',)
    comments = language.line if language else ()
    marks = {char for word in (*strings, *comments) for char in word[:1]}
    unmatched: list[tuple[int, str]] = []
    stack: list[str] = []
    at, end, from_outside = 0, min(len(text), _MAX_CHARS), mark
    while at < end:
        char = text[at]
        if mark:
            if char == "\\":
                at += 2
            elif text.startswith(mark, at):
                if from_outside:
                    unmatched.append((at, mark))
                at, mark, from_outside = at + len(mark), "", ""
            else:
                if char == "\n" and len(mark) == 1 and mark != "`":
                    mark = from_outside = ""
                at += 1
            continue
        if char in marks:
            if any(text.startswith(comment, at) for comment in comments):
                newline = text.find("\n", at)
                at = end if newline < 0 else newline
                continue
            mark = next((string for string in strings if text.startswith(string, at)), "")
            at += max(1, len(mark))
            continue
        if char in PAIRS:
            stack.append(PAIRS[char])
        elif char in _CLOSERS:
            if stack and stack[-1] == char:
                stack.pop()
            else:
                unmatched.append((at, char))
        at += 1
    return Brackets(tuple(unmatched), tuple(stack), mark)


def covered(text: str, rest: str, language: Language | None, mark: str = "") -> int:
    """Return how many characters of `rest`, right of the cursor, `text` writes again.

    They are closing marks that the editor put there when their opening ones were typed, in the
    order in which `text` closes what it did not open, then the punctuation that ends both.
    """
    at, after = 0, 0
    for place, closer in brackets(text, language, mark).unmatched:
        following = at + len(rest[at:]) - len(rest[at:].lstrip(" \t"))
        if not rest.startswith(closer, following):
            break
        at, after = following + len(closer), place + len(closer)
    left, tail = rest[at:].rstrip(), text[after:].rstrip()
    if left.strip() and not left.strip(";,:{ ") and tail.endswith(left.strip()):
        return at + len(left)
    return at
