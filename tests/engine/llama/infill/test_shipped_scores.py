"""What the shipped network thought of some lines when this was written: its scores do not drift."""

from __future__ import annotations

import pytest

from ownstack.engine.llama.batch_sizer import BatchSizer
from ownstack.engine.llama.infill.slots import InfillSlot
from ownstack.engine.llama.native.abort_flag import AbortFlag
from ownstack.engine.llama.native.bindings import LlamaModel
from ownstack.engine.llama.speed import SpeedMeter
from ownstack.engine.requests import ScoreRequest
from ownstack.engine.results import Speed
from ownstack.models.gguf import fim
from ownstack.paths import builtin_model
from tests.support.native import CODE, answer

pytestmark = pytest.mark.native

SUFFIX = "\n\nif __name__ == '__main__':\n    main(sys.argv)\n"
RECORDED = {
    "    for path in argu": {
        "ments:": -0.129,
        "ments[1:]:": -10.78,
        "x": -20.609,
    },
    "    total = ": {
        "0": -1.6,
        "len(line)": -2.808,
        "sum(read_lines(path))": -25.071,
        "count": -5.711,
        "read_lines(path)": -8.121,
        "main()": -10.745,
    },
    "    return ": {
        "None": -3.647,
        "count": -4.443,
        "total / count": -17.099,
        "read_lines(path)": -7.785,
        "sorted(self, **kwargs)": -15.228,
    },
}
"""Typed → line → natural-log probability."""
CANDIDATES = {
    "    for path in argu": ("ments:", "ments[1:]:", "x"),
    "    total = ": ("0", "sum(read_lines(path))", "len(line)"),
    "    return ": ("count", "None", "total / count"),
}
FORCED_PREFIXES = {
    "    for path in argu": ("ments",),
    "    total = ": ("count", "read_lines(*", "main()"),
    "    return ": ("read_lines(", "sorted(*"),
}


@pytest.fixture
def slot(monkeypatch: pytest.MonkeyPatch) -> InfillSlot:
    monkeypatch.delenv("OWNSTACK_BUILTIN")
    # Not every machine can run the kernels of extra buffers (`engine/llama/native/probe.py`).
    model = LlamaModel(builtin_model(), extra_bufts=False)
    made = InfillSlot(
        model,
        fim.detect(model),
        window=704,
        threads=1,
        flag=AbortFlag(),
        batch_sizer=BatchSizer(SpeedMeter(Speed(1000.0, 100.0))),
    )
    made.open()
    return made


def test_scores_are_those_that_were_recorded(slot: InfillSlot) -> None:
    """Of candidates and of lines with forced prefixes; other CPUs round a little otherwise."""
    for typed, recorded in RECORDED.items():
        result = answer(
            slot,
            ScoreRequest(
                CODE + typed,
                SUFFIX,
                path="count.py",
                candidates=CANDIDATES[typed],
                alternatives=3,
                forced_prefixes=FORCED_PREFIXES[typed],
                max_tokens=24,
            ),
        )

        scores = {line.text: line.logprob for line in result.scored}
        # Where two lines of its own are nearly as likely, another CPU may come upon the other one.
        known = {text: scores[text] for text in recorded if text in scores}
        assert set(CANDIDATES[typed]) <= set(known)
        assert len(known) >= len(recorded) - 1
        expected = {text: recorded[text] for text in known}
        assert known == pytest.approx(expected, rel=0.02, abs=0.15)
        assert result.text == max(recorded, key=lambda text: recorded[text])


def test_candidates_alone(slot: InfillSlot) -> None:
    """Without lines of the model's own, the same scores for those given."""
    typed = "    total = "

    result = answer(
        slot, ScoreRequest(CODE + typed, SUFFIX, path="count.py", candidates=CANDIDATES[typed])
    )

    assert {line.text: line.logprob for line in result.scored} == pytest.approx(
        {text: RECORDED[typed][text] for text in CANDIDATES[typed]}, rel=0.02, abs=0.15
    )
