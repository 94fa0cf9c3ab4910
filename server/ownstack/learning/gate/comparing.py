"""Adapters beside each other: a table of what the gate measured of each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ownstack.learning.adapters.record import AdapterRecord
from ownstack.learning.gate.figures import interval


@dataclass(frozen=True, slots=True)
class Row:
    """One adapter. Shares are between 0 and 1; None: it was not measured."""

    record: AdapterRecord
    cursors: int
    exact: float | None
    low: float | None
    """The ends of a 95 % interval of `exact`."""
    high: float | None
    base: float | None
    """Exact match of the plain model at the same cursors."""
    predecessor: float | None
    gain: float | None
    """Relative to the plain model: 0.4 is 40 % more lines."""
    brier: float | None
    log_loss: float | None
    languages: Mapping[str, tuple[int, int, int]]
    """Language → cursors, right with it, right with the plain model."""


def compare(records: Iterable[AdapterRecord]) -> list[Row]:
    """Return a row for each adapter, the newest first; what was measured is read with suspicion.

    Each was judged by its own cursors: two rows differ by these, too.
    """
    newest_first = sorted(records, key=lambda record: (record.created, record.id), reverse=True)
    return [_row(record) for record in newest_first]


def _row(record: AdapterRecord) -> Row:
    sides = _mapping(record.judged.get("sides"))
    mine = _mapping(sides.get("candidate"))
    n, right = _count(mine.get("cursors")), _count(mine.get("right"))
    low, high = interval(min(right, n), n) if n else (None, None)
    exact, base = _share(mine), _share(_mapping(sides.get("base")))
    return Row(
        record,
        n,
        exact,
        low,
        high,
        base,
        _share(_mapping(sides.get("predecessor"))),
        exact / base - 1 if exact is not None and base else None,
        _number(mine.get("brier")),
        _number(mine.get("log_loss")),
        {
            str(language): (
                _count(_mapping(each).get("cursors")),
                _count(_mapping(each).get("candidate")),
                _count(_mapping(each).get("base")),
            )
            for language, each in _mapping(record.judged.get("languages")).items()
        },
    )


def _share(side: Mapping[str, Any]) -> float | None:
    n = _count(side.get("cursors"))
    return min(1.0, _count(side.get("right")) / n) if n else None


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _count(value: object) -> int:
    return value if type(value) is int and value >= 0 else 0


def _number(value: object) -> float | None:
    return float(value) if type(value) in (int, float) else None  # type: ignore[arg-type]
