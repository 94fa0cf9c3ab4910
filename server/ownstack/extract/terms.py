"""Text → the terms by which it is found: words of prose and of names, in their plain forms.

A name counts as a whole and by its words: `parseHTTPHeader` is `parsehttpheader`, `pars`, `http`
and `header`; `app.handle` is also `app.handle`. Words lose their endings, so that a question
about "retries" finds `retry`. Where letters are not ASCII, `letters.py` finds the words.
"""

from __future__ import annotations

import functools
import itertools
import re
from collections import Counter

from ownstack.extract import letters

MAX_TERM_CHARS = 64
"""Longer ones are data (a hash, a key, base64), and nobody asks for them."""
_MAX_TERMS = 24
_MAX_MEMO = 200_000
_NAME = re.compile(r"[\w$]+(?:\.[^\W\d][\w$]*)*", re.ASCII)
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_JOINTS = re.compile(r"[\W_]+")

_STOP_WORDS = (
    "a about all also an and any are as at be been but by can could do does doing done each for "
    "from had has have how i if in into is it its kind me my of on or our over should so some "
    "such than that the their them then there these they this those through to up was way we "
    "were what when where which while who whose why will with would you your"
)
STOP_WORDS = frozenset(_STOP_WORDS.split())
"""Words of a question that say nothing of what is asked for."""


def terms(text: str) -> list[str]:
    """Return the terms of a text, in its order; one name gives several of them."""
    return [term for name in names_in(text) for term in terms_of(name)]


def term_counts(text: str) -> dict[str, int]:
    """Return how often each term occurs."""
    counted: dict[str, int] = {}
    for name, count in Counter(names_in(text)).items():
        for term in terms_of(name):
            counted[term] = counted.get(term, 0) + count
    return counted


def words(name: str) -> list[str]:
    """Return the words a name is made of, lower case, as they are written."""
    if not name.isascii():
        return letters.words(name)
    return [word.lower() for word in _WORD.findall(name)]


def plain(name: str) -> str:
    """Return a name without case and joints: `max_size`, `maxSize` and `MAX_SIZE` are one."""
    if not name.isascii():
        return letters.plain(name)
    bare = name.replace("_", "")
    return (bare if bare.isalnum() else _JOINTS.sub("", bare)).lower()


def names_in(text: str) -> list[str]:
    """Return the names and words of a text, chains of names as one, as often as they occur."""
    return _NAME.findall(text) if text.isascii() else letters.names_in(text)


def terms_of(name: str) -> tuple[str, ...]:
    """Return the terms of one of `names_in`."""
    if "." not in name:
        return _terms_of_piece(name)
    lower = str.lower if name.isascii() else letters.folded
    pieces = name.split(".")
    terms = dict.fromkeys(itertools.chain.from_iterable(map(_terms_of_piece, pieces)))
    chained = dict.fromkeys(
        lower(f"{left}.{right}")
        for left, right in itertools.pairwise(pieces)
        if left not in ("self", "this") and len(left) + len(right) < MAX_TERM_CHARS
    )
    return (*terms, *chained)


@functools.lru_cache(_MAX_MEMO)
def _terms_of_piece(name: str) -> tuple[str, ...]:
    if not name.isascii():
        return _terms_of_letters(name)
    if len(name) > MAX_TERM_CHARS:
        return ()
    found = [stem(word.lower()) for word in _WORD.findall(name)]
    return tuple(found) if len(found) == 1 else (*found, plain(name))[: _MAX_TERMS * bool(found)]


def _terms_of_letters(name: str) -> tuple[str, ...]:
    """Return the terms of a name that is not ASCII; it may be a whole sentence in Chinese."""
    words = (term for word in letters.words(name) for term in letters.pairs(word))
    found = [stem(word) for word in words if len(word) <= MAX_TERM_CHARS]
    whole = plain(name)
    return tuple(found) if len(found) == 1 or len(whole) > MAX_TERM_CHARS else (*found, whole)


_ENDINGS = (
    *(("izations", "iz"), ("isations", "iz"), ("ization", "iz"), ("isation", "iz")),
    *(("izers", "iz"), ("izing", "iz"), ("ized", "iz"), ("izes", "iz"), ("izer", "iz")),
    *(("ize", "iz"), ("isers", "is"), ("ising", "is"), ("ised", "is"), ("iser", "is")),
    *(("ations", ""), ("ation", ""), ("ators", ""), ("ator", ""), ("ating", ""), ("ated", "")),
    *(("ates", ""), ("ate", ""), ("ative", ""), ("ically", "ic"), ("ical", "ic")),
    *(("ements", ""), ("ement", ""), ("ments", ""), ("ment", ""), ("ances", ""), ("ance", "")),
    *(("ences", ""), ("ence", ""), ("ables", ""), ("able", ""), ("ibles", ""), ("ible", "")),
    *(("iveness", "iv"), ("ives", "iv"), ("ive", "iv"), ("nesses", ""), ("ness", "")),
    *(("ctions", "ct"), ("ction", "ct"), ("ptions", "pt"), ("ption", "pt"), ("sions", "s")),
    *(("sion", "s"), ("tions", "t"), ("tion", "t"), ("ities", ""), ("ity", "")),
    *(("ies", "y"), ("ied", "y"), ("ering", ""), ("ered", ""), ("ings", ""), ("ing", "")),
    *(
        ("ers", ""),
        ("ors", ""),
        ("er", ""),
        ("or", ""),
        ("ed", ""),
        ("es", ""),
        ("ly", ""),
        ("s", ""),
        ("e", ""),
    ),
)
_BY_LAST = {
    last: tuple(pair for pair in _ENDINGS if pair[0][-1] == last)
    for last in {ending[-1] for ending, _ in _ENDINGS}
}
_AGENTS = frozenset(("er", "or", "ers", "ors", "ered", "ering"))
_MIN_STEM_CHARS = 3
_DOUBLED = re.compile(r"([bdfgmnprt])\1$")
_VOWEL = re.compile(r"[aeiouy]")


@functools.lru_cache(_MAX_MEMO)
def stem(word: str) -> str:
    """Return a lower-case word without its ending; words that are not English stay.

    One pass over common endings, the longest first: coarser than Porter's, and the same for
    `validate`, `validation`, `validator` and `validating`, which code mixes freely.
    """
    if len(word) <= _MIN_STEM_CHARS or not word.isascii() or word.endswith(("ss", "us", "is")):
        return word
    for ending, instead in _BY_LAST.get(word[-1], ()):
        if word.endswith(ending):
            kept = word[: -len(ending)]
            if len(kept) < _MIN_STEM_CHARS + (ending in _AGENTS) or not _VOWEL.search(kept):
                continue
            kept = _DOUBLED.sub(r"\1", kept + instead)
            if len(kept) > 4 and kept.endswith("s") and not kept.endswith("ss"):
                kept = kept[:-1]  # `aliases` like `alias`
            return kept[:-1] + "i" if kept.endswith("y") and len(kept) > 3 else kept
    return word[:-1] + "i" if word.endswith("y") else word
