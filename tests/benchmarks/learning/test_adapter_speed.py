"""How speeds with and without adapters are set beside each other."""

import pytest

from benchmarks.learning.speed import Timed, ratios
from ownstack.engine.results import Usage


def test_a_machine_that_slows_down_changes_no_ratio() -> None:
    """Neighbours are compared, not means."""
    figures = ratios("written", {"none": [40.0, 20.0, 10.0], "one": [38.0, 19.0, 9.5]})
    assert figures[0].measured == 20
    assert figures[1].measured == pytest.approx(0.95)
    assert figures[1].passed


def test_a_tenth_less_is_the_most_that_an_adapter_may_cost() -> None:
    _, figure = ratios("read", {"none": [100.0] * 3, "one": [85.0] * 3})
    assert figure.passed is False


def test_rates_are_of_what_was_evaluated() -> None:
    usage = Usage(
        prompt_tokens=500, evaluated_tokens=400, generated_tokens=40, prefill_ms=800, decode_ms=1000
    )
    timed = Timed(2000, usage)
    assert timed.read_per_s == pytest.approx(500)
    assert timed.written_per_s == pytest.approx(40)
