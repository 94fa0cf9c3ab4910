"""`LineWeigher`: chances of a model's lines, with what was measured of its adapters."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ownstack.completion.echo.logistic import log_odds
from ownstack.completion.place import Place
from ownstack.completion.sources.line_weigher import LineWeigher
from ownstack.document import Document
from ownstack.engine.results import Capabilities, Finish, Generated, Usage, WrittenToken

PLAIN = Generated(
    "value + 1", Finish.LINES, Usage(), tokens=(WrittenToken(9, -0.2), WrittenToken(10, -0.1))
)
PLACE = Place(Document("file:///a.py", "a.py", "python", 1, "def f(value):\n    return "), 25)


def weigher() -> LineWeigher:
    return LineWeigher(Capabilities("m", 4_096, 2_048, infill=True, chat=False))


def test_a_plain_models_chance_is_as_it_was_fitted():
    """Nothing that was measured of adapters changes it."""
    (line,) = weigher().beside(PLACE, ()).lines(PLAIN)
    alone = weigher().alone(PLAIN)
    assert alone is not None
    assert line.chance.whole == pytest.approx(alone.whole)


@pytest.mark.parametrize(("slope", "shift"), [(1.0, -1.0), (1.0, 0.7), (0.5, 0.0)])
def test_an_adapters_chance_is_corrected_by_what_was_measured_of_it(slope, shift):
    adapted = replace(PLAIN, usage=Usage(correction=(slope, shift, -5.0)))
    (before,), (after,) = (weigher().beside(PLACE, ()).lines(each) for each in (PLAIN, adapted))
    expected = slope * log_odds(before.chance.whole) + shift
    assert log_odds(after.chance.whole) == pytest.approx(expected)
    alone = weigher().alone(adapted)
    assert alone is not None
    assert log_odds(alone.whole) == pytest.approx(expected)
    assert after.chance.tokens == before.chance.tokens
