"""How likely a tree of evaluated tokens makes a line: arithmetic on small vocabularies."""

import math

import numpy as np
import pytest

from ownstack.engine.llama.decoding.healing import PieceIndex
from ownstack.engine.llama.infill.candidates import log_given, log_mass
from ownstack.engine.llama.infill.line_ends import LineEnds
from ownstack.engine.llama.infill.trie import Trie

PIECES = (b"", b"a", b"ab", b"b", b"\n")
STOPS = frozenset({0})


def tree(*rows: float) -> Trie:
    """Return one whose root and whose `a` have been evaluated; `rows` are probabilities."""
    logits = np.log(np.array(rows, np.float32).reshape(2, -1))
    trie = Trie(PIECES, logits[0])
    trie.settle([trie.add([1])], logits[1:])
    return trie


def test_all_ways_to_write_it_count() -> None:
    """And both ways to end it."""
    trie = tree(0.1, 0.5, 0.2, 0.1, 0.1, 0.2, 0.1, 0.1, 0.3, 0.3)
    ends = LineEnds(PIECES, STOPS)

    assert log_mass(trie, b"", ends) == pytest.approx(math.log(0.2))
    assert log_mass(trie, b"a", ends) == pytest.approx(math.log(0.5 * 0.5))
    assert log_mass(trie, b"b", ends) == -math.inf
    assert log_given(trie, b"a", PieceIndex(PIECES, STOPS)) == pytest.approx(math.log(0.7))


def test_a_broken_network_makes_no_line_likely() -> None:
    """What it says is no number, which no comparison may take for a probability."""
    trie = tree(*[math.nan] * 10)
    ends = LineEnds(PIECES, STOPS)

    assert log_mass(trie, b"a", ends) == -math.inf
    assert log_given(trie, b"a", PieceIndex(PIECES, STOPS)) == 0.0
