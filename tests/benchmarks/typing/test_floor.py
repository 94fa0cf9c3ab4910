"""Bare llama.cpp, given as many tokens as somebody else was."""

from collections.abc import Sequence

import pytest

from benchmarks.bare_context import BareContext
from benchmarks.typing.floor import Floor
from tests.support.native import model

pytestmark = pytest.mark.native


def test_what_was_read_first_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each answer follows it anew: its first token needs no reading, its last is not read."""
    read: list[int] = []
    decode = BareContext.decode

    def count(self: BareContext, tokens: Sequence[int]) -> None:
        # The tokens are those of a larger vocabulary.
        read.append(len(tokens))
        decode(self, [token % 200 for token in tokens])

    monkeypatch.setattr(BareContext, "decode", count)
    floor = Floor(model("psm"), 1_024, 1)

    took = floor.answers_after(700, [(3, 4), (300, 1)])

    floor.close()
    assert read == [700, 3, 1, 1, 1, 300]
    assert len(took) == 2
    assert min(took) > 0


def test_a_context_that_keeps_some_goes_on_after_them() -> None:
    """As if it had read those alone."""
    tokens = [30 + n % 40 for n in range(20)]
    one, other = (BareContext(model("psm"), 64, 1) for _ in range(2))
    one.decode(tokens)
    one.keep(10)
    one.decode([7])
    other.decode([*tokens[:10], 7])

    assert one.logits() == pytest.approx(other.logits(), abs=1e-3)
    for context in (one, other):
        context.close()
