"""Times and figures."""

import re
from pathlib import Path

import ownstack.completion
from ownstack.completion.feedback.traces import (
    MAX_TRACES,
    Stopwatch,
    Traces,
    note_usage,
    percentile,
)
from ownstack.completion.suggestion import Trace
from ownstack.engine.results import Usage

REPORTS = Path(__file__).parents[3] / "vscode-client" / "src" / "reports.ts"


def test_stages_are_timed_in_order() -> None:
    """Each stage's milliseconds, those of a repeated one added up."""
    now = [0.0]
    trace = Trace()
    watch = Stopwatch(trace, lambda: now[0])
    for name, seconds in (("cache", 0.001), ("model", 0.5), ("cache", 0.002)):
        with watch.stage(name):
            now[0] += seconds

    assert trace.stages_ms == {"cache": 3.0, "model": 500.0}
    assert round(watch.elapsed_s, 3) == 0.503


def test_scoring_beside_an_answer_is_a_stage_where_it_happened() -> None:
    """Else its time would seem to be the model's."""
    traces = [Trace(), Trace()]
    for trace, usage in zip(traces, (Usage(), Usage(beside_ms=7.25)), strict=True):
        note_usage(usage, trace)

    assert [trace.stages_ms.get("beside") for trace in traces] == [None, 7.25]


def test_every_stage_has_words() -> None:
    """In "Why?" of the extension."""
    code = Path(ownstack.completion.__file__).parent.rglob("*.py")
    stages = {
        name for file in code for name in re.findall(r'stage\("([\w-]+)"\)', file.read_text())
    }
    trace = Trace()
    note_usage(Usage(beside_ms=1.0), trace)
    said = REPORTS.read_text(encoding="utf-8").partition("const STAGES")[2].partition("};")[0]

    assert {"model", "weigh"} < stages
    assert stages | set(trace.stages_ms) == set(re.findall(r"(?m)^  '?([\w-]+)'?: '", said))


def test_only_the_newest_are_kept() -> None:
    """Some hundreds, by id."""
    traces = Traces()
    for number in range(MAX_TRACES + 10):
        traces.add(Trace(id=str(number)), 1.0)

    assert traces.get("9") is None
    assert traces.get("10") is not None
    assert traces.get(None) is traces.get(str(MAX_TRACES + 9))


def test_figures() -> None:
    """Counts, percentiles by tier, and the share of tokens that was not evaluated again."""
    traces = Traces()
    for ms in range(1, 101):
        traces.add(Trace(tier="model", prompt_tokens=100, evaluated_tokens=5), float(ms))
    traces.add(Trace(tier="none"), 9_999.0)
    figures = traces.figures()

    assert figures["requests"] == 101
    assert (figures["p50_ms"], figures["p95_ms"]) == (51.0, 96.0)
    assert figures["answers_none"] == 1
    assert figures["reused_token_ratio"] == 0.95


def test_percentile_of_one() -> None:
    """A single value is every percentile."""
    assert percentile([7.0], 0.95) == 7.0
