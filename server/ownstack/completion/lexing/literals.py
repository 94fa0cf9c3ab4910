"""How string literals are written: which marks, and where code stands inside of them.

The marks come from the table of languages. Here is what a table of marks cannot say: that a
literal goes over several lines, and how code is put into one (`f"{len(x)}"`, `` `${x}` ``).
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass

from ownstack.languages import Code, Language

MULTILINE = frozenset(('"""', "'''", "`"))
"""Marks of literals that may hold line breaks."""


@dataclass(frozen=True, slots=True)
class Literal:
    """One kind of literal."""

    mark: str
    code: tuple[Code, ...] = ()
    escapes: bool = True
    """A backslash takes the next character with it."""

    @property
    def multiline(self) -> bool:
        return self.mark in MULTILINE


@dataclass(frozen=True)
class Literals:
    """What of a language matters to reading brackets and quotes."""

    language: Language | None
    marks: tuple[str, ...]
    """Order: longest first."""
    code: tuple[Code, ...]
    pattern: re.Pattern[str]
    """Finds the next character in code that may mean something."""
    characters: bool

    @classmethod
    @functools.lru_cache(64)
    def of(cls, language: Language | None) -> Literals:
        marks = list(language.strings) if language else ['"']
        if language is not None and language.triple:
            marks.append('"""')
        comments = [*language.line, *(pair[0] for pair in language.block)] if language else []
        firsts = {word[0] for word in (*marks, *comments) if word} | set("()[]{}\n")
        characters = language is not None and language.characters
        if characters:
            firsts.add("'")
        pattern = re.compile("[" + "".join(map(re.escape, sorted(firsts))) + "]")
        ordered = tuple(sorted(marks, key=len, reverse=True))
        return cls(language, ordered, language.code if language else (), pattern, characters)

    def at(self, text: str, at: int) -> Literal | None:
        """Return the literal that begins at `at`, if one does."""
        mark = next((mark for mark in self.marks if text.startswith(mark, at)), "")
        if not mark:
            return None
        before = _PREFIX.search(text, max(0, at - 3), at)
        letters = before[0] if before else ""
        code = tuple(
            variant
            for variant in self.code
            if (not variant.marks or mark in variant.marks)
            and (not variant.prefix or any(char in variant.prefix for char in letters))
        )
        raw = "@" in letters or (bool(code) and code[0].prefix == "fFtT" and _raw(letters))
        return Literal(mark, code, escapes=not raw)


_PREFIX = re.compile(r"(?<![\w$@])[A-Za-z$@]{1,3}$")


def _raw(letters: str) -> bool:
    return "r" in letters or "R" in letters


@functools.lru_cache(256)
def inside(literal: Literal) -> re.Pattern[str]:
    """Return what finds the next character in a literal that may mean something."""
    firsts = {literal.mark[0], "\\", "\n", *(code.opener[0] for code in literal.code)}
    return re.compile("[" + "".join(map(re.escape, sorted(firsts))) + "]")
