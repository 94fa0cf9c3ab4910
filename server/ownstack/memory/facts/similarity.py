"""How much two short statements speak of the same, and whether one says no where one says yes."""

from __future__ import annotations

import functools
import re

from ownstack.extract.terms import STOP_WORDS, terms

_NO = re.compile(
    r"\b(?:never|not|no longer|don't|doesn't|won't|cannot|can't|avoid|stop|without|drop|remove|"
    r"refuse|forbid|forbidden|disable|disallow)\b",
    re.IGNORECASE,
)
_EMPTY_WORDS = (
    "use us using not never alway must need want let go keep new now no yes we decid decision "
    "prefer instead rather because avoid stop don won cannot"
)
"""Words of a decision that say nothing of what it is about, as `terms` leaves them."""
_EMPTY = STOP_WORDS.union(_EMPTY_WORDS.split(" "))
_DECIDED_TO = re.compile(r"\b(?:decided|agreed|chose|going|want|need) to\b", re.IGNORECASE)
_PART = re.compile(r"\b(?:instead of|rather than|not|over|because|since|so that)\b", re.IGNORECASE)
_MEMO = 8_192
"""Statements of which terms are kept: each is compared with all others."""


@functools.lru_cache(_MEMO)
def content(text: str) -> frozenset[str]:
    """Return the terms that say what a statement is about."""
    return frozenset(term for term in terms(text) if term not in _EMPTY)


def overlap(first: frozenset[str], second: frozenset[str]) -> float:
    """Return the share of the smaller set that both have (the overlap coefficient), 0 to 1."""
    smaller = min(len(first), len(second))
    return len(first & second) / smaller if smaller else 0.0


def jaccard(first: frozenset[str], second: frozenset[str]) -> float:
    """Return the share of all terms that both have, 0 to 1."""
    together = len(first | second)
    return len(first & second) / together if together else 0.0


@functools.lru_cache(_MEMO)
def says_no(text: str) -> bool:
    """Say whether a statement forbids or denies what it is about."""
    return len(_NO.findall(_PART.split(text, maxsplit=1)[0] or text)) % 2 == 1


@functools.lru_cache(_MEMO)
def object_of(text: str) -> frozenset[str]:
    """Return what "use X for Y" puts in the place of X: the terms before "for", "in", "as"."""
    found = re.search(
        r"\b(?:use|using|with|to|choose|chose|keep|adopt)\s+(.{1,80}?)(?:\s+(?:for|in|as|to|when|"
        r"instead|rather|because|since)\b|[.,;]|$)",
        text,
        re.IGNORECASE,
    )
    return content(found[1]) if found else frozenset()


@functools.lru_cache(_MEMO)
def purpose_of(text: str) -> frozenset[str]:
    """Return what "use X for Y" says of Y: the terms after "for", "in", "as" or "when"."""
    text = _DECIDED_TO.sub("", text, count=1)
    found = re.search(
        r"\b(?:for|in|as|when|to)\s+(.{1,200}?)(?:\s+(?:instead|rather|because|since)\b|[.;]|$)",
        text,
        re.IGNORECASE,
    )
    return content(found[1]) if found else frozenset()
