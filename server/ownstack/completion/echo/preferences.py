"""What this user kept and turned down before, as a shift of the odds of a line.

An outcome tells what was not expected of it: a line that was shown at a chance of 0.9 and kept says
little, one that was shown at 0.9 and turned down says much. Summed over the outcomes of one trait
(the line in this document, the text, how it begins, the file and the folder that it was found in),
that is one Newton step of a logistic regression on the trait, held to nothing by a normal prior:

    shift = Σ w·(right - chance) / (Σ w·chance·(1 - chance) + precision of the prior)

The shifts of the traits are added, and their sum is bounded: one outcome moves little, several move
clearly, and what is written in the files still decides. Old outcomes fade. Only keyed hashes are
held, no text and no path.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, ClassVar, Protocol, TypeVar

from ownstack.completion.echo.logistic import log_odds, logistic

HASH_BYTES = 8
PRECISIONS = (1.0, 4.0, 10.0, 8.0, 16.0)
"""Of the prior of each trait, the most particular first. An outcome at chance p weighs p·(1-p)."""
TRAITS_BYTES = HASH_BYTES * len(PRECISIONS)
MAX_SHIFT = 1.5
"""Of log-odds: what is 0.9 sure stays above two thirds, what is 0.1 sure below one."""
WEIGHED = 6
"""So many candidates are looked up at most."""
HALF_LIFE_S = 30 * 86_400.0
KEPT_LONG = 0.5
"""A line that is still there after ten minutes counts so much more."""
MAX_HELD = 20_000
"""Traits; the one that was heard of longest ago goes first. Some 3 MB."""
MAX_HEAD_CHARS = 400
MAX_TEXT_CHARS = 400
_BEGINNING_LEXEMES = 3
_CHANCES = (0.05, 0.95)
"""What is nearly certain says nearly nothing when it comes true; but never quite nothing."""

_LEXEME = re.compile(r"\w+|[^\w\s]")
_WORD_END = re.compile(r"\w+$")
_CLOSING = " \t\r)]}\"'`;,"
"""At the end of a line, the editor may have put these there already: they make no other line."""
_NONE = bytes(HASH_BYTES)


@dataclass(frozen=True, slots=True)
class Subject:
    """A rest of a line, and where it is to stand."""

    text: str
    head: str
    """What stands left of it in its line."""
    document: str
    """URI."""
    origin: str = ""
    """URI of the other file that it was found in, "" if in none."""


UNKNOWN = Subject("", "", "")


@dataclass(frozen=True, slots=True)
class Preference:
    """What was learned of one line."""

    shift: float = 0.0
    """Of the log-odds that it is right."""
    here: bool = False
    """Most of it was learned of this line in this document."""

    def moved(self, chance: float) -> float:
        """Return a chance by what was learned; the same one if that is nothing."""
        return logistic((log_odds(chance) + self.shift,), ()) if self.shift else chance

    def without(self, chance: float) -> float:
        """Return the chance that `moved` has made another one of."""
        return logistic((log_odds(chance) - self.shift,), ()) if self.shift else chance


NOTHING_LEARNED = Preference()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one suggestion."""

    traits: bytes
    chance: float
    """That was promised, without preferences."""
    right: bool
    at: float
    """Seconds since 1970."""
    weight: float = 1.0
    """Negative to take back what was learned."""


class Preferences:
    """What was learned of the traits of lines. Cost: a microsecond or two a line asked about."""

    def __init__(self) -> None:
        self._held: dict[bytes, tuple[float, float, float]] = {}
        """Hash → what was not expected, the weight of what was expected, and as of when."""

    def __bool__(self) -> bool:
        return bool(self._held)

    def learn(self, outcome: Outcome) -> None:
        """Take an outcome in."""
        chance = min(_CHANCES[1], max(_CHANCES[0], outcome.chance))
        more = outcome.weight * (outcome.right - chance)
        heavier = outcome.weight * chance * (1 - chance)
        for trait in _split(outcome.traits):
            if trait != _NONE:
                self._add(trait, more, heavier, outcome.at)

    def of(self, traits: bytes, now: float) -> Preference:
        """Return what is known of a line with these traits."""
        total, first = 0.0, 0.0
        for number, trait in enumerate(_split(traits)):
            held = self._held.get(trait)
            if held is None:
                continue
            surprise, weight, at = held
            left = _left(now - at)
            shift = left * surprise / (max(0.0, left * weight) + PRECISIONS[number])
            total += shift
            first = first or (shift if number == 0 else 0.0)
        if not total:
            return NOTHING_LEARNED
        shift = min(MAX_SHIFT, max(-MAX_SHIFT, total))
        return Preference(shift, first * total > 0 and abs(first) * 2 >= abs(total))

    def _add(self, trait: bytes, more: float, heavier: float, at: float) -> None:
        surprise, weight, before = self._held.pop(trait, (0.0, 0.0, at))
        newest = max(before, at)
        old, new = _left(newest - before), _left(newest - at)
        self._held[trait] = (old * surprise + new * more, old * weight + new * heavier, newest)
        if len(self._held) > MAX_HELD:
            del self._held[next(iter(self._held))]


class _Weighable(Protocol):
    """A candidate among others."""

    __dataclass_fields__: ClassVar[dict[str, Any]]

    @property
    def text(self) -> str: ...
    @property
    def share(self) -> float: ...
    @property
    def preference(self) -> Preference: ...


T = TypeVar("T", bound=_Weighable)


def preferred(found: Sequence[T], of: Callable[[T], Preference]) -> Sequence[T]:
    """Return candidates with what was learned of them, in the order that this gives them.

    Their shares, of which the first has the largest, stay those of the evidence. Where nothing was
    learned of any, they are returned as they are.
    """
    near = found[:WEIGHED]
    least = near[0].share * math.exp(-2 * MAX_SHIFT) if near else 0.0
    near = [each for each in near if each.share >= least]  # No other one can come first.
    learned = [of(each) for each in near]
    if not any(each.shift for each in learned):
        return found
    weighed = [
        replace(each, preference=preference) if preference.shift else each
        for each, preference in zip(near, learned, strict=True)
    ]
    return [*sorted(weighed, key=_weight, reverse=True), *found[len(near) :]]


def why_first(weighed: Sequence[_Weighable]) -> str:
    """Say why the first of the weighed is not the one with the most evidence; "" if it is."""
    first = weighed[0]
    rival = max(weighed, key=lambda each: each.share)
    if rival.share <= first.share:
        return ""
    kept = first.preference.shift >= -rival.preference.shift
    where = " here" if (first if kept else rival).preference.here else ""
    if kept:
        return f"It goes first as it was kept before{where}."
    return f"It goes first as a likelier line was turned down before{where}."


def why_shown(preference: Preference) -> str:
    """Say why something is shown that is not likely enough without what was learned."""
    return f"It is shown as it was kept before{' here' if preference.here else ''}."


def _weight(each: _Weighable) -> float:
    return each.share * math.exp(each.preference.shift)


def traits(subject: Subject, key: bytes) -> bytes:
    """Return the keyed hashes of what a line is; b"" if there is nothing to know it by again.

    `TRAITS_BYTES` long, zeros for what it does not have. Cost: some microseconds.
    """
    text = subject.text[:MAX_TEXT_CHARS].partition("\n")[0].rstrip(_CLOSING)
    if not text.strip():
        return b""
    head = subject.head[-MAX_HEAD_CHARS:]
    word = _WORD_END.search(head[-40:])
    whole = ((word[0] if word else "") + text).strip()
    begins = " ".join(found[0] for found in islice(_LEXEME.finditer(whole), _BEGINNING_LEXEMES))
    origin = subject.origin
    return b"".join(
        (
            _hash(f"line\0{subject.document}\0{(head + text).strip()}", key),
            _hash(f"text\0{whole}", key),
            _hash(f"begins\0{begins}", key),
            _hash(f"file\0{origin}", key) if origin else _NONE,
            _hash(f"folder\0{origin.rpartition('/')[0]}", key) if origin else _NONE,
        )
    )


def _hash(text: str, key: bytes) -> bytes:
    data = text.encode("utf-8", "surrogatepass")
    return hashlib.blake2b(data, digest_size=HASH_BYTES, key=key).digest()


def _split(traits: bytes) -> Iterator[bytes]:
    return (traits[at : at + HASH_BYTES] for at in range(0, len(traits), HASH_BYTES))


def _left(age_s: float) -> float:
    """Return how much of an outcome is left after so long; a clock may have been put back."""
    return math.exp(-math.log(2) * max(0.0, age_s) / HALF_LIFE_S)
