"""What is judged by, never learned from: a fifth of the files, and what is newest in others."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping

from ownstack.learning.data.filters import MAX_LINE
from ownstack.learning.data.passages import HeldOut, HoldOut
from ownstack.learning.data.sources import Source

SHARE = 0.2
MIN_FILES = 5
"""Of fewer ones all are learned from."""
_MAX_SHARE = 0.34
LEAST_CHARACTERS = 3
"""Letters and digits of a line that is asked for."""
_KEY = b"ownstack: held out of learning"
_SCALE = 2.0**64


def by_file(languages: Mapping[str, str]) -> frozenset[str]:
    """Return the files that are held out; `languages`: path → language.

    It is asked of a hash of each path, so that files stay on their side when others come and go.
    Of each language of which there are enough files, there is at least one, and at most a third.
    """
    groups: dict[str, list[str]] = defaultdict(list)
    for path, language in languages.items():
        groups[language].append(path)
    chosen = frozenset(path for paths in groups.values() for path in _chosen(paths))
    return chosen or frozenset(_chosen(languages))


def _chosen(paths: Iterable[str]) -> list[str]:
    ordered = sorted(paths, key=place_of)
    if len(ordered) < MIN_FILES:
        return []
    below = sum(place_of(path) < SHARE for path in ordered)
    return ordered[: max(1, min(below, int(len(ordered) * _MAX_SHARE)))]


def place_of(path: str) -> float:
    """Return a number from 0 to 1 that a path always has, and that says nothing else of it."""
    data = path.encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.blake2b(data, key=_KEY, digest_size=8).digest(), "big") / _SCALE


def whole(source: Source, by: HoldOut) -> HeldOut:
    """Hold a file out with all of its lines that say something."""
    lines = source.text.split("\n")
    said = tuple(at for at, line in enumerate(lines) if _says_something(line))
    return HeldOut(source.path, source.language, source.text, said, by)


def newer(source: Source, before: str | None) -> HeldOut:
    """Hold the lines of a file out that were not in it before; all, if it was not there.

    A line that was moved is not new. Cost: linear.
    """
    if before is None:
        return whole(source, "time")
    old, said = Counter(map(str.strip, before.split("\n"))), []
    for at, line in enumerate(source.text.split("\n")):
        key = line.strip()
        if old[key] > 0:
            old[key] -= 1
        elif _says_something(key):
            said.append(at)
    return HeldOut(source.path, source.language, source.text, tuple(said), "time")


def lines_of(held: HeldOut) -> list[str]:
    """Return the lines that are judged by."""
    lines = held.text.split("\n")
    return [lines[at] for at in held.lines]


def said_in(held: Iterable[HeldOut]) -> dict[str, frozenset[str]]:
    """Return the lines that are judged by, without the blanks around them, by their paths."""
    return {one.path: frozenset(map(str.strip, lines_of(one))) for one in held}


def bounded(held: Iterable[HeldOut], max_characters: int) -> list[HeldOut]:
    """Return as many as fit, in the order of their places (`place_of`): any of them alike."""
    found = []
    for one in sorted(held, key=lambda one: place_of(one.path)):
        max_characters -= len(one.text)
        if max_characters < 0:
            break
        found.append(one)
    return found


def _says_something(line: str) -> bool:
    return sum(map(str.isalnum, line)) >= LEAST_CHARACTERS and len(line) <= MAX_LINE
