"""An entry of project memory: a statement, how sure it is, who said it, when it was checked."""

from __future__ import annotations

import datetime
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, get_args

from ownstack.errors import EventError
from ownstack.memory.facts.decisions import Decision
from ownstack.terminal import visible
from ownstack.text import truncate

Place = Literal["decisions", "conventions", "glossary", "preferences"]
"""Where an entry stands. Preferences are the user's own, for all projects."""
PLACES: tuple[Place, ...] = get_args(Place)
MAX_TEXT_CHARS = 600
MAX_SOURCE_CHARS = 120
BY_HAND = "by hand"
_LEADING = re.compile(r"[-*+#>\s]{1,40}")
_NAME = re.compile(r"[MU](\d{1,9})")


@dataclass(frozen=True, slots=True)
class Entry:
    """What a file of project memory says in one item of its list."""

    name: str
    """M001 and so on, U001 of the user's own; H and six hex digits where the file gives none."""
    text: str
    """One line."""
    place: Place
    tier: float = 1.0
    """How sure it is: 0 a guess, 1 established."""
    validated: datetime.date | None = None
    """When it was last seen to hold; None if the file does not say."""
    source: str = BY_HAND
    line: int = 0
    """Where it begins in its file, from 1 on."""

    def as_decision(self, now: float) -> Decision:
        """Return it as what decays and is compared; without a date it was seen to hold `now`."""
        seen = now if self.validated is None else seconds(self.validated)
        return Decision(self.name, self.text, self.tier, "", seen)


def cleaned(text: str) -> str:
    """Return a text as an entry can hold it: one line, nothing that a file or terminal obeys.

    Raises:
        EventError: nothing is left, or it is too long to be a short statement.
    """
    words = visible(" ".join(text.split())).replace("<!--", "<! --").replace("-->", "-- >")
    words = _LEADING.sub("", words, count=1) if _LEADING.match(words) else words
    words = words.strip()
    if not any(character.isalnum() for character in words):
        raise EventError("An entry of project memory says something.", "Write one sentence.")
    if len(words) > MAX_TEXT_CHARS:
        raise EventError(
            f"An entry of project memory has at most {MAX_TEXT_CHARS} characters, this one has "
            f"{len(words):,}.",
            "Make it one or two sentences.",
        )
    return words


def cleaned_source(text: str) -> str:
    """Return who said something as a file can hold it."""
    words = visible(" ".join(text.split())).replace(";", ",").replace("--", "-").strip(" -<>!")
    return truncate(words, MAX_SOURCE_CHARS) or BY_HAND


def unnamed(text: str) -> str:
    """Return what an entry without a name is called: the same as long as its text is."""
    return "H" + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:6]


def as_written(name: str) -> str:
    """Return a name as a file and the log have it, however a user wrote it."""
    name = name.strip()
    # H and hexadecimal digits are written small.
    return f"H{name[1:].lower()}" if name[:1] in ("H", "h") else name.upper()


def next_name(letter: str, known: Iterable[str]) -> str:
    """Return the name after the highest; `letter` is M or U."""
    numbers = [int(found[1]) for name in known if (found := _NAME.fullmatch(name))]
    return f"{letter}{max(numbers, default=0) + 1:03}"


def seconds(day: datetime.date) -> float:
    """Return when a day begins, UTC, in seconds since 1970."""
    return datetime.datetime.combine(day, datetime.time(), datetime.timezone.utc).timestamp()


def day_of(at: float) -> datetime.date:
    """Return the day of a time in seconds since 1970, UTC."""
    return datetime.datetime.fromtimestamp(at, datetime.timezone.utc).date()
