"""The page of the report: self-contained, escaped, and readable without its charts."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest

from ownstack.usage import charts
from ownstack.usage.page import page
from ownstack.usage.report import report
from tests.support.pages import drawings, expect_nothing_is_fetched, seen
from tests.usage.test_report import CHAT, HOSTED, TABLE

HOSTILE = "<script>alert(1)</script>{{ 7 * 7 }}\"'&"


def test_names_are_text() -> None:
    """A model, a server or a key may be called anything."""
    sums = [replace(CHAT, model=HOSTILE, engine=HOSTILE, user=HOSTILE)]
    table = replace(
        TABLE, currency=HOSTILE, compare_with=HOSTILE,
        prices=(replace(TABLE.prices[0], name=HOSTILE, noted=HOSTILE),),
    )  # fmt: skip
    found = seen(page(report(sums, [], table), sums, since=HOSTILE))

    assert "script" not in found.tags
    assert found.text.count(HOSTILE) >= 5
    assert "49" not in found.text.split(HOSTILE)[0][-10:]


def test_nothing_is_fetched() -> None:
    """No script, no link to elsewhere; the page forbids itself both."""
    sums = [CHAT, HOSTED]
    expect_nothing_is_fetched(page(report(sums, [], TABLE), sums))


def test_every_chart_has_its_figures_as_a_table() -> None:
    """And a title; the drawings are well-formed."""
    sums = [CHAT, HOSTED]
    html = page(report(sums, [], TABLE), sums)

    assert len(drawings(html)) == html.count("<details>") == 2
    for figure in ("2,000,000", "1,000,000", "500,000"):
        assert f"<td>{figure}</td>" in html


def test_nothing_was_counted() -> None:
    """It says so, and has no empty charts."""
    html = page(report([], [], TABLE), [])

    assert "No call of a model was counted" in html
    assert "<svg" not in html


@pytest.mark.parametrize(
    ("last", "unit", "n"),
    [("2026-03-01", "day", 1), ("2026-04-30", "day", 61), ("2026-12-31", "week", 45),
     ("2030-12-31", "month", 58)],
)  # fmt: skip
def test_bars_are_as_long_as_there_is_room_for(last: str, unit: str, n: int) -> None:
    """Days, weeks or months; those without calls are there, too."""
    chart = charts.calls_chart([CHAT, replace(CHAT, day=last, calls=3)])

    assert (chart.unit, len(chart.periods)) == (unit, n)
    assert sum(period.values[0] for period in chart.periods) == 13


def test_bars_are_in_the_drawing() -> None:
    """The tallest reaches no higher than the top line, and stacks do not overlap."""
    chart = charts.tokens_chart([CHAT, replace(CHAT, day="2026-03-09", prompt_tokens=9_999_999)])

    assert min(bar.y for bar in chart.bars) >= charts.TOP
    assert max(bar.x + bar.width for bar in chart.bars) <= charts.WIDTH
    assert max(bar.y + bar.height for bar in chart.bars) == pytest.approx(
        charts.HEIGHT - charts.BOTTOM, abs=0.02
    )
    first = [bar for bar in chart.bars if bar.x == chart.bars[0].x]
    for below, above in pairwise(first):
        assert above.y + above.height == pytest.approx(below.y, abs=0.02)
