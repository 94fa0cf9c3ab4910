"""Long runs of one kind of character are cut before llama.cpp sees them."""

import pytest

from ownstack.engine.llama.native import runs


@pytest.mark.parametrize("text", ["", "def f():\n    return 1\n", "x = 1\n" * 5_000])
def test_ordinary_text_comes_out_whole(text: str) -> None:
    """Cuts would change tokens, so there are none where none are needed."""
    assert [text] == list(runs.pieces(text))


@pytest.mark.parametrize(
    "run", [" " * 40_000, "=" * 40_000, "a" * 40_000, "7" * 40_000, "\n" * 40_000, "à" * 20_000]
)
def test_long_runs_are_cut(run: str) -> None:
    """No piece holds a run beyond the limit, and nothing is lost."""
    text = f"before {run} after"

    pieces = list(runs.pieces(text))

    assert text == "".join(pieces)
    assert max(map(len, pieces)) <= runs.MAX_RUN + 10
