"""Two builds compared turn by turn."""

from __future__ import annotations

from typing import Any

from benchmarks.builds.__main__ import compared, figures


class Scripted:
    """A build whose speed is known, and which notes when its turn was."""

    def __init__(self, name: str, order: list[str], speed: float) -> None:
        self.name, self.order, self.speed = name, order, speed

    def turn(self) -> dict[str, float]:
        """Each turn is a tenth slower than the one before, as on a machine that gets busier."""
        self.order.append(self.name)
        slower = 0.9 ** (len(self.order) // 2)
        return {"prefill": 100 * self.speed * slower, "decode": 10 * slower}


def test_neither_build_is_always_first() -> None:
    """What changes from turn to turn falls on both."""
    order: list[str] = []
    builds: list[Any] = [Scripted("native", order, 1.0), Scripted("portable", order, 0.95)]
    pairs = compared(*builds, 3)

    assert order == ["native", "portable", "portable", "native", "native", "portable"]
    assert [pair[1]["prefill"] < pair[0]["prefill"] for pair in pairs] == [True, False, True]


def test_the_ratio_is_the_median_of_the_turns() -> None:
    """One turn that something disturbed does not count; a slower build misses the bar."""
    pairs = [
        ({"prefill": 100.0, "decode": 10.0}, {"prefill": 95.0, "decode": 9.9}),
        ({"prefill": 20.0, "decode": 2.0}, {"prefill": 19.0, "decode": 1.98}),
        ({"prefill": 100.0, "decode": 10.0}, {"prefill": 5.0, "decode": 30.0}),
    ]
    prefill, decode = figures("a model, idle", pairs)

    assert (prefill.measured, prefill.passed) == (0.95, False)
    assert (round(decode.measured, 6), decode.passed) == (0.99, True)
    assert prefill.compared == "19.0 / 100.0 tokens/s"
    assert prefill.detail["turns"] == 3
