"""Which files of a project are nearly another one of them, and which were generated.

In such files a longest match finds the very line that is missing; a figure that mixes them in
says little about writing new code. They are found by runs of lexemes, with the words that tell
an asynchronous twin from a synchronous one set aside.
"""

from __future__ import annotations

import re
import zlib
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ownstack.files.handwriting import says_generated

RUN_LEXEMES = 8
MIN_RUNS = 20
"""A file with fewer runs is too short to be told from another."""
TWIN_SHARE = 0.5
"""Share of a file's runs that one other file holds."""
MAX_HOLDERS = 12
"""A run in more files than this is a licence header or an import: it says nothing."""

_LEXEME = re.compile(r"\w+|[^\w\s]")
_SET_ASIDE = frozenset({"async", "await", "asyncio"})
_ASYNC_NAME = re.compile(r"_?a?sync_?|^a(?=iter|next|enter|exit|close)", re.IGNORECASE)
_PRIME = np.uint64(1_099_511_628_211)


@dataclass(frozen=True, slots=True)
class Twins:
    """Path → its nearest twin and the share of it that is there; path → why it is generated."""

    near: dict[str, tuple[str, float]]
    generated: frozenset[str]

    def __contains__(self, path: str) -> bool:
        return path in self.near or path in self.generated


def twins(texts: Mapping[str, str]) -> Twins:
    """Compare every file with every other one. Cost: linear in the text, nearly."""
    runs = {path: lexeme_runs(text) for path, text in texts.items()}
    holders: defaultdict[int, list[str]] = defaultdict(list)
    for path, hashes in runs.items():
        for run in hashes.tolist():
            holders[run].append(path)
    near: dict[str, tuple[str, float]] = {}
    for path, hashes in runs.items():
        shared: defaultdict[str, int] = defaultdict(int)
        counted = 0
        for run in hashes.tolist():
            held = holders[run]
            if len(held) > MAX_HOLDERS:
                continue
            counted += 1
            for other in held:
                if other != path:
                    shared[other] += 1
        if counted < MIN_RUNS or not shared:
            continue
        other = max(shared, key=lambda name: (shared[name], name))
        if shared[other] / counted >= TWIN_SHARE:
            near[path] = (other, shared[other] / counted)
    generated = frozenset(path for path, text in texts.items() if says_generated(text))
    return Twins(near, generated)


def lexeme_runs(text: str) -> NDArray[np.uint64]:
    """Return the different hashes of every run of lexemes in `text`: uint64[runs]."""
    lexemes = [word for word in _LEXEME.findall(text) if word.lower() not in _SET_ASIDE]
    if len(lexemes) < RUN_LEXEMES:
        return np.empty(0, np.uint64)
    known: dict[str, int] = {}
    for word in set(lexemes):
        known[word] = zlib.crc32(_ASYNC_NAME.sub("", word).encode())
    ids = np.array([known[word] for word in lexemes], np.uint64)
    count = len(ids) - RUN_LEXEMES + 1
    hashes = np.zeros(count, np.uint64)
    for offset in range(RUN_LEXEMES):
        hashes = hashes * _PRIME + ids[offset : offset + count]
    return np.unique(hashes)
