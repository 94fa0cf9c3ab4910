"""Tokens that end a line."""

import numpy as np
import pytest

from ownstack.engine.llama.infill.line_ends import LineEnds

PIECES = [b"", b"x", b"\n", b"\r\n", b"):\n", b")\n", b")", b"\n\n    "]
ENDS = LineEnds(PIECES, frozenset({0}))
LOGPROBS = np.log(np.array([0.05, 0.1, 0.2, 0.05, 0.3, 0.1, 0.15, 0.05], np.float32))


@pytest.mark.parametrize(("rest", "probability"), [(b"", 0.35), (b"):", 0.3), (b"x", 0.0)])
def test_probability(rest: bytes, probability: float) -> None:
    """Of all the tokens that write the rest of a line, and then end it."""
    assert ENDS.probability(LOGPROBS, rest) == pytest.approx(probability)


def test_the_likeliest_ends() -> None:
    """By what they write, which begins with what was typed."""
    every = ENDS.likeliest(LOGPROBS, b"", 9)
    typed = ENDS.likeliest(LOGPROBS, b")", 1)

    assert [(head, round(np.exp(logprob), 3)) for head, logprob in every] == [
        (b"", 0.35),
        (b"):", 0.3),
        (b")", 0.1),
    ]
    assert typed == [every[1]]


def test_what_does_not_go_on_with_the_line() -> None:
    """Control tokens and all that has a line break."""
    assert ENDS.no_text.tolist() == [0, 2, 3, 4, 5, 7]
