"""Rests of a line as tokens, and how likely a tree of evaluated tokens makes them.

How probable a rest is, is the probability that the model writes exactly this and then ends the
line: by an end token, a line break, or a token such as `):` that has one at its end. Summed over
all the ways to write it that were evaluated, given what has been typed of a word (healing).
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from ownstack.engine.llama.decoding.healing import PieceIndex
from ownstack.engine.llama.infill.line_ends import LINE_BREAK, LineEnds
from ownstack.engine.llama.infill.trie import Trie

MAX_CANDIDATES = 12
MAX_LINE_TOKENS = 64
"""Longer candidates are not scored."""
HOPELESS = 4.6
"""Nats: a way of going on that is a hundred times less likely than a known line is given up."""
_TOKEN_BYTES = 24
_LINE = re.compile(r"[^\r\n]*")


@dataclass(frozen=True, slots=True)
class ScoringVocabulary:
    """What scoring needs to know of a model's tokens."""

    pieces: Sequence[bytes]
    index: PieceIndex
    ends: LineEnds
    tokenize: Callable[[str], Sequence[int]]
    """Text that continues another; no marker in it is read as one."""


@dataclass(frozen=True, slots=True)
class Candidate:
    text: str
    ways: tuple[Sequence[int], ...]
    """Its tokens, and those before the line break if that changes how it is written."""


def log_mass(trie: Trie, line: bytes, ends: LineEnds) -> float:
    """Return the log probability of a line and its end, by all ways that were evaluated."""
    mass = -math.inf
    for node in trie.evaluated:
        if node.logprobs is not None and line.startswith(node.path):
            share = ends.probability(node.logprobs, line[len(node.path) :])
            if share > 0.0:
                mass = float(np.logaddexp(mass, node.logprob + math.log(share)))
    return mass


def log_given(trie: Trie, typed: bytes, index: PieceIndex) -> float:
    """Return the log probability of what has been typed of a word, as far as evaluated."""
    if not typed:
        return 0.0
    mass = 0.0
    for node in trie.evaluated:
        rest = typed[len(node.path) :]
        if rest and node.logprobs is not None and typed.startswith(node.path):
            tokens = index.starting_with(rest)
            mass += math.exp(node.logprob) * float(np.exp(node.logprobs[tokens]).sum())
    return math.log(mass) if mass > 0.0 else 0.0


def candidates_of(
    healed: str, candidates: Sequence[str], vocabulary: ScoringVocabulary
) -> dict[bytes, Candidate]:
    """Return what can be scored, each once, by the bytes that the model has to write."""
    found: dict[bytes, Candidate] = {}
    for given in candidates:
        text = _LINE.match(given)[0]  # type: ignore[index]  # it matches everything
        line = f"{healed}{text}".encode("utf-8", "replace")
        if line in found or len(line) > MAX_LINE_TOKENS * _TOKEN_BYTES:
            continue
        ways = ways_of(f"{healed}{text}", line, vocabulary)
        if ways:
            found[line] = Candidate(text, ways)
        if len(found) == MAX_CANDIDATES:
            break
    return found


def ways_of(text: str, line: bytes, vocabulary: ScoringVocabulary) -> tuple[Sequence[int], ...]:
    """Return the tokens of a line, alone and as they are before a line break; none if too long."""
    pieces = vocabulary.pieces
    alone = tuple(vocabulary.tokenize(text)) if text else ()
    if len(alone) > MAX_LINE_TOKENS or b"".join(pieces[token] for token in alone) != line:
        return ()
    broken = vocabulary.tokenize(f"{text}\n")
    before = tuple(itertools.takewhile(lambda token: not LINE_BREAK.search(pieces[token]), broken))
    return (alone,) if alone[: len(before)] == before else (alone, before)


def is_text(line: bytes) -> bool:
    """Whether it does not end inside a character."""
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True
