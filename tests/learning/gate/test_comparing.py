"""`compare`: adapters beside each other."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ownstack.learning.adapters.record import AdapterRecord
from ownstack.learning.gate.comparing import compare
from ownstack.learning.gate.verdict import verdict
from tests.support.judging import said

RECORD = AdapterRecord(
    id="0" * 16,
    scope="generic",
    role="completion",
    base_key="0" * 16,
    base_name="base",
    architecture="llama",
    rank=8,
    alpha=16.0,
    sha256="0" * 64,
    created="2026-11-30T00:00:00",
)


def test_a_row_says_how_much_better_it_is():
    outcomes = said("base", "1" * 10 + "0" * 50) + said("candidate", "1" * 25 + "0" * 35)
    newest = replace(RECORD, id="1" * 16, created="2026-12-01", judged=verdict(outcomes).figures)
    rows = compare([RECORD, newest])
    assert [row.record for row in rows] == [newest, RECORD]
    row = rows[0]
    assert (row.cursors, row.exact, row.base) == (60, 25 / 60, 10 / 60)
    assert row.gain == pytest.approx(1.5)
    assert row.low is not None
    assert row.low < 25 / 60
    assert row.predecessor is None
    assert row.languages == {"python": (60, 25, 10)}
    assert row.brier is not None


@pytest.mark.parametrize(
    "judged",
    [
        {},
        {"sides": None},
        {"sides": {"candidate": []}},
        {"sides": {"candidate": {"cursors": -3, "right": "all"}}, "languages": []},
        {"sides": {"candidate": {"cursors": True}}, "languages": {"python": 3}},
    ],
)
def test_what_was_not_measured_is_none(judged: dict[str, Any]):
    (row,) = compare([replace(RECORD, judged=judged)])
    assert (row.cursors, row.exact, row.low, row.base, row.gain) == (0, None, None, None, None)
