"""The page of the report: self-contained, escaped, and readable without its charts."""

from __future__ import annotations

import xml.etree.ElementTree as xml
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise

import pytest

from ownstack.usage import charts
from ownstack.usage.page import page
from ownstack.usage.report import report
from tests.usage.test_report import CHAT, HOSTED, TABLE

HOSTILE = "<script>alert(1)</script>{{ 7 * 7 }}\"'&"


class Seen(HTMLParser):
    """What a browser would find."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        self.text += data


def seen(html: str) -> Seen:
    parser = Seen()
    parser.feed(html)
    return parser


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
    html = page(report(sums, [], TABLE), sums)
    found = seen(html)

    assert not {"script", "link", "img", "iframe"} & set(found.tags)
    assert not [name for name, _ in found.attributes if name in ("src", "href", "srcset")]
    assert "url(" not in html
    assert "default-src 'none'" in html


def test_every_chart_has_its_figures_as_a_table() -> None:
    """And a title; the drawings are well-formed."""
    sums = [CHAT, HOSTED]
    html = page(report(sums, [], TABLE), sums)
    drawings = [part.split("</svg>")[0] for part in html.split("<svg")[1:]]

    assert len(drawings) == html.count("<details>") == 2
    for drawing in drawings:
        root = xml.fromstring(f"<svg{drawing}</svg>")
        assert root.find("title") is not None
        assert root.find("desc") is not None
        assert root.get("role") == "img"
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
