"""Names in any script, taken apart into words: what `terms.py` asks where a text is not ASCII.

A word ends where the kind of letter changes, by the rule that holds for ASCII: `größeBerechnen`
is `größe` and `berechnen`, `получитьДанные` likewise, `获取UserInfo` is `获取`, `user` and `info`.
Names are compared in their composed forms (NFKC): full-width letters are letters, and an ü of
two characters, as file names of macOS have it, is one. Everything takes time in proportion to
its text.
"""

from __future__ import annotations

import functools
import re
import unicodedata

MAX_NAME_CHARS = 1_000
"""A longer run without a space is cut: it is no name, but may be a text in Chinese."""
_MAX_MARKS = 30
"""On one letter, as Unicode's stream-safe texts have it; to order n of them takes n² steps."""
_LAST_MARK = 0x1F000
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff"
    "\U00020000-\U0003ffff]"
)
"""Chinese, Japanese, Korean; Thai, Lao, Burmese, Khmer: words stand side by side there."""
# One sign stands for each letter: A upper case, a lower case, 0 a digit, u of a script without
# spaces, o of one without case, m a mark on the letter before it.
_WORD = re.compile(r"A+(?!a)|A?a+|0+|u+|o+")
_MARKED = re.compile(r"([^m])(m+)")


def names_in(text: str) -> list[str]:
    """Return the names and words of a text, chains of names as one, as often as they occur."""
    return _patterns().name.findall(text)


def scoped_names_in(text: str) -> list[str]:
    """Return names with what they are said to stand in, as a question writes them: `a::b`."""
    return _patterns().scoped.findall(text)


def composed(text: str) -> str:
    """Return a text in its composed form (NFKC): equal letters are equal characters."""
    if text.isascii():
        return text
    return unicodedata.normalize("NFKC", _patterns().marks.sub(r"\1", text))


def folded(text: str) -> str:
    """Return a text composed and without case; a sigma that ends a word is any sigma."""
    lower = composed(text).lower()
    return lower if lower.isascii() else lower.replace("\u03c2", "\u03c3").replace("i\u0307", "i")


def words(name: str) -> list[str]:
    """Return the words of a name, folded."""
    name = composed(name)
    kinds = _MARKED.sub(lambda run: run[1] * len(run[0]), "".join(map(_kind, name)))
    return [folded(name[found.start() : found.end()]) for found in _WORD.finditer(kinds)]


def pairs(word: str) -> list[str]:
    """Return a word of a script without spaces as overlapping pairs of signs; others as one."""
    if not _UNSPACED.match(word):
        return [word]
    starts = [at for at, char in enumerate(word) if _kind(char) != "m" or at == 0]
    ends = [*starts[2:], len(word)]
    return [word[start:end] for start, end in zip(starts, ends, strict=False)]


def plain(name: str) -> str:
    """Return a name without case and joints."""
    return "".join(char for char in folded(name) if char.isalnum() or _kind(char) == "m")


@functools.lru_cache(65_536)
def _kind(char: str) -> str:
    category = unicodedata.category(char)
    if category[0] == "M" or (category == "Lm" and not _UNSPACED.match(char)):
        return "m"
    if not char.isalnum():
        return "_"
    if _UNSPACED.match(char):
        return "u"
    if char.isdecimal():
        return "0"
    if category in ("Lu", "Lt"):
        return "A"
    return "a" if category == "Ll" else "o"


class _Patterns:
    """Patterns with all marks in them; made when a text that is not ASCII is met, in 20 ms."""

    def __init__(self) -> None:
        codes = (code for code in range(0x300, _LAST_MARK))
        marks = "".join(chr(code) for code in codes if unicodedata.category(chr(code))[0] == "M")
        letter = rf"[\w${marks}]"
        name = rf"{letter}{{1,{MAX_NAME_CHARS}}}"
        self.name = re.compile(rf"{name}(?:\.[^\W\d]{letter}{{0,{MAX_NAME_CHARS - 1}}})*")
        self.scoped = re.compile(rf"{name}(?:[.:#]+{name})*(?=\(\))?")
        self.marks = re.compile(rf"([{marks}]{{{_MAX_MARKS}}})[{marks}]+")


@functools.cache
def _patterns() -> _Patterns:
    return _Patterns()
