"""Which files are judged by, and never learned from: about a fifth, always the same ones."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping

SHARE = 0.2
MIN_FILES = 5
"""Of fewer ones all are learned from."""
_MAX_SHARE = 0.34
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
