"""The page about an adapter: self-contained, escaped, and readable without its charts."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ownstack.learning.adapters.record import AdapterRecord
from ownstack.learning.data.passages import Left
from ownstack.learning.report.page import page
from ownstack.learning.report.progress import Step
from ownstack.learning.report.report import Counts, Report, gather
from tests.support.pages import drawings, expect_nothing_is_fetched, seen

HOSTILE = "<script>alert(1)</script>{{ 7 * 7 }}\"'&"
JUDGED: dict[str, Any] = {
    "cursors": 240,
    "sides": {
        "base": {"cursors": 240, "right": 51},
        "candidate": {"cursors": 240, "right": 88},
    },
    "languages": {
        "python": {"cursors": 180, "base": 40, "candidate": 69},
        "go": {"cursors": 60, "base": 11, "candidate": 19},
    },
}
RECORD = AdapterRecord(
    id="0123456789abcdef",
    scope="project",
    role="completion",
    base_key="a" * 16,
    base_name="coder",
    architecture="qwen2",
    rank=16,
    alpha=32.0,
    sha256="f" * 64,
    created="2026-11-30T21:00:00Z",
    project="/home/me/celery",
    name="celery",
    standing="fit",
    reason="Of 240 lines it had not seen it wrote 88 exactly, 51 by the plain model.",
    trained={"seconds": 3_600, "steps": 3, "tokens": 4_200, "loss_before": 2.7, "loss_after": 0.9},
    languages={"python": 1_200},
    judged=JUDGED,
)
STEPS = (
    Step(0, held_out_loss=2.7),
    Step(300, 1, 1_400, 9, 1.5),
    Step(600, 2, 2_800, 18, 1.25, 1.1),
)
COUNTS = Counts(12, 1_200, 40_000, 3, 4, {"python": 1_200}, {"it holds a secret": Left(2, 9, 300)})
FULL = Report(RECORD, STEPS, COUNTS)


def test_names_are_text() -> None:
    """A model, a project, a language or a reason may be called anything."""
    record = replace(
        RECORD,
        name=HOSTILE,
        base_name=HOSTILE,
        project=f"/{HOSTILE}",
        reason=HOSTILE,
        created=HOSTILE,
        on_top_of=HOSTILE,
        judged={**JUDGED, "languages": {HOSTILE: JUDGED["languages"]["go"], "python": {}}},
    )
    counts = replace(COUNTS, languages={HOSTILE: 1}, left={HOSTILE: Left(1)})
    html = page(Report(record, STEPS, counts))
    found = seen(html)

    assert "script" not in found.tags
    assert found.text.count(HOSTILE) >= 10
    assert ">49<" not in html
    drawings(html)


def test_nothing_is_fetched() -> None:
    """The page forbids itself to."""
    expect_nothing_is_fetched(page(FULL))


def test_every_figure_of_a_chart_is_in_a_table() -> None:
    """Who sees no drawing misses nothing."""
    html = page(FULL)

    assert len(drawings(html)) == 2
    for figure in ("88", "69", "37 %", "17 % to 27 %", "1.375", "1.100", "2.700"):
        assert f"<td>{figure}</td>" in html


def test_what_was_judged_is_drawn_with_its_interval() -> None:
    """A dot for each side of each group, within the bounds of the drawing."""
    drawing = drawings(page(FULL))[0]
    dots = drawing.findall(".//circle")

    assert len(dots) == 6
    _, _, width, height = map(float, drawing.attrib["viewBox"].split())
    for dot in dots:
        assert 0 < float(dot.attrib["cx"]) < width
        assert 0 < float(dot.attrib["cy"]) < height


def test_with_nothing_but_a_record() -> None:
    """Not judged, and of its training nothing is left: no empty charts."""
    html = page(Report(replace(RECORD, standing="new", judged={}, trained={}, reason="")))

    assert "Not judged yet" in html
    assert "<svg" not in html
    assert "<td>1,200</td>" in html


@pytest.mark.parametrize(
    "judged",
    [
        {"sides": []},
        {"sides": {"base": 5, "candidate": {"cursors": 0, "right": 0}}},
        {
            "sides": {
                "base": {"cursors": 10, "right": 11},
                "candidate": {"cursors": "3", "right": 1},
            }
        },
        {"sides": {"base": {"cursors": 1e308, "right": True}}, "languages": {"a": 1, "b": None}},
        {"sides": {"base": {"cursors": 10**12, "right": -1}}, "languages": "all"},
    ],
)
def test_figures_that_are_none(judged: dict[str, Any]) -> None:
    """Whatever stands in a record, there is a page."""
    trained: dict[str, Any] = {"seconds": "long", "tokens": None, "loss_after": [1]}

    html = page(Report(replace(RECORD, judged=judged, trained=trained)))

    assert "<svg" not in html


def test_a_run_is_gathered(tmp_path: Path) -> None:
    """From what the trainer and the collector wrote into its folder."""
    rows = [
        {"state": "loading", "trained_s": 0},
        {"state": "training", "trained_s": 5.5, "step": 1, "tokens": 9, "loss": 2.5, "rate": 150},
        {"state": "done", "trained_s": 6, "step": 1, "tokens": 9, "held_out_loss": 1.5},
    ]
    (tmp_path / "progress.jsonl").write_text("\n".join(map(json.dumps, rows)))
    head = {"kind": "dataset", "version": 1, "passages": 2, "lines": 5, "characters": 40,
            "exchanges": 1, "held_out": 3, "languages": {"python": 5},
            "left": {"generated": {"files": 1, "lines": 2, "characters": 3}}}  # fmt: skip
    (tmp_path / "dataset.jsonl").write_text(json.dumps(head) + '\n{"kind": "passage"}\n')

    report = gather(RECORD, tmp_path)

    assert report.steps == (
        Step(5.5, 1, 9, loss=2.5, rate=150.0),
        Step(6.0, 1, 9, held_out_loss=1.5),
    )
    assert report.counts == Counts(2, 5, 40, 1, 3, {"python": 5}, {"generated": Left(1, 2, 3)})


def test_a_run_that_is_gone_or_damaged(tmp_path: Path) -> None:
    """The record is told all the same."""
    assert gather(RECORD) == gather(RECORD, tmp_path / "gone") == Report(RECORD)

    (tmp_path / "progress.jsonl").mkdir()
    (tmp_path / "dataset.jsonl").write_text("[" * 9_000)

    assert gather(RECORD, tmp_path) == Report(RECORD)
