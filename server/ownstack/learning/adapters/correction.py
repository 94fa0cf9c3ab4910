"""What the gate saw of an adapter's chances, read from its record with suspicion."""

from __future__ import annotations

from typing import Any

from ownstack.completion.feedback.own_calibration import MAX_SHIFT, SLOPES
from ownstack.engine.adapters import Correction
from ownstack.learning.adapters.record import AdapterRecord

_FIELDS = ("slope", "shift", "lowest")
_MAX_LOG_ODDS = 100.0


def correction_of(record: AdapterRecord) -> Correction | None:
    """Return how the chances of lines that are written with an adapter are corrected, if at all."""
    kept = record.judged.get("calibration")
    if not isinstance(kept, dict):
        return None
    values: list[Any] = [kept.get(name) for name in _FIELDS]
    # Before any is made a float, which not all are; NaN is below nothing.
    if not all(type(value) in (int, float) and abs(value) <= _MAX_LOG_ODDS for value in values):
        return None
    slope, shift, lowest = map(float, values)
    is_sound = SLOPES[0] <= slope <= SLOPES[1] and abs(shift) <= MAX_SHIFT
    return (slope, shift, lowest) if is_sound else None
