"""Merged token sequences."""

import numpy as np
import pytest

from ownstack.engine.llama.infill.trie import Trie, branch_lines

PIECES = [b"a", b"b", b"c"]
UNIFORM = np.zeros(3, np.float32)


def test_shared_beginnings_are_one() -> None:
    """Breadth first, with a line for every end."""
    trie = Trie(PIECES, UNIFORM)
    for tokens in ([0, 1, 2], [0, 1], [0, 2], [0, 1, 2]):
        trie.add(tokens)

    pending = trie.pending()

    assert [node.path for node in pending] == [b"a", b"ab", b"ac", b"abc"]
    assert trie.size == 4
    assert [[node.path for node in line] for line in branch_lines(pending)] == [
        [b"a", b"ac"],
        [b"a", b"ab", b"abc"],
    ]


def test_probabilities_add_up_along_a_path() -> None:
    """A node's own comes from its parent's row."""
    trie = Trie(PIECES, np.log(np.array([0.5, 0.25, 0.25], np.float32)))
    end = trie.add([0, 1])
    pending = trie.pending()

    trie.settle(pending, np.tile(UNIFORM, (2, 1)))

    assert np.exp(end.logprob) == pytest.approx(0.5 / 3)
    assert trie.pending() == []
    assert [node.path for node in trie.evaluated] == [b"", b"a", b"ab"]
