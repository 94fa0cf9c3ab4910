"""Which adapters serve where: plain values, kept as a small JSON file, read back with suspicion.

A seat is what one adapter can serve in at a time. Its history names the adapters that served, the
newest last; the last one serves. A seat without a history is served by what comes with the package;
an empty history is a choice: nothing serves.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, get_args

from ownstack.learning.adapters.record import ID, MAX_TEXT, AdapterRecord, Scope
from ownstack.models.roles import ROLES, Role

VERSION = 1
MAX_SEATS = 10_000
MAX_HISTORY = 20
SCALES = (0.0, 2.0)


@dataclass(frozen=True, slots=True)
class Seat:
    """What one adapter can serve in."""

    scope: Scope
    project: str
    """The folder's absolute path; "" if generic."""
    role: Role
    base_key: str

    @classmethod
    def of(cls, record: AdapterRecord) -> Seat:
        return cls(record.scope, record.project, record.role, record.base_key)


@dataclass(frozen=True, slots=True)
class Serving:
    """All seats, and how much of each adapter is added where that is not all of it."""

    histories: Mapping[Seat, tuple[str, ...]] = field(default_factory=dict)
    scales: Mapping[str, float] = field(default_factory=dict)

    def used(self, seat: Seat, adapter: str, before: tuple[str, ...] = ()) -> Serving:
        """Return this with an adapter serving; `before`: the history if the seat has none yet."""
        history = [*self.histories.get(seat, before), adapter]
        # One that comes back leaves its old place: going back never leads to itself.
        kept = [each for each in history[:-1] if each != adapter]
        return self._with(seat, (*kept[-MAX_HISTORY + 1 :], adapter))

    def rolled_back(self, seat: Seat, before: tuple[str, ...] = ()) -> Serving:
        """Return this with the predecessor serving again, or none."""
        return self._with(seat, self.histories.get(seat, before)[:-1])

    def without(self, adapter: str) -> Serving:
        """Return this with an adapter gone."""
        histories = {
            seat: tuple(each for each in history if each != adapter)
            for seat, history in self.histories.items()
        }
        scales = {each: scale for each, scale in self.scales.items() if each != adapter}
        return Serving(histories, scales)

    def scaled(self, adapter: str, scale: float) -> Serving:
        return replace(self, scales={**self.scales, adapter: scale})

    def _with(self, seat: Seat, history: tuple[str, ...]) -> Serving:
        return replace(self, histories={**self.histories, seat: history})

    def to_json(self) -> str:
        seats = [
            {
                "scope": seat.scope,
                "project": seat.project,
                "role": seat.role,
                "base_key": seat.base_key,
                "history": list(history),
            }
            for seat, history in self.histories.items()
        ]
        scales = dict(self.scales)
        return json.dumps({"version": VERSION, "seats": seats, "scales": scales}, indent=1)


def parse_serving(data: bytes) -> Serving:
    """Read what `to_json` wrote.

    Raises:
        ValueError: it is not that; what is wrong with it.
    """
    try:
        raw = json.loads(data)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    except ValueError as error:
        raise ValueError("it is not JSON") from error
    if not isinstance(raw, dict) or raw.get("version") != VERSION:
        raise ValueError("it is of another version")
    seats, scales = raw.get("seats"), raw.get("scales", {})
    if not isinstance(seats, list) or len(seats) > MAX_SEATS or not isinstance(scales, dict):
        raise ValueError("it holds no list of what serves")
    return Serving(
        dict(_seat(each) for each in seats),
        {_id(adapter): checked_scale(scale) for adapter, scale in scales.items()},
    )


def checked_scale(scale: Any) -> float:
    """Return a scale that can be used.

    Raises:
        ValueError: it cannot.
    """
    is_number = isinstance(scale, (int, float)) and not isinstance(scale, bool)
    # NaN lies between no two.
    if is_number and SCALES[0] <= scale <= SCALES[1]:
        return float(scale)
    raise ValueError(f"a scale is between {SCALES[0]:g} and {SCALES[1]:g}")


def _seat(raw: Any) -> tuple[Seat, tuple[str, ...]]:
    if not isinstance(raw, dict):
        raise ValueError("a seat in it is none")
    scope: Any
    scope, role = raw.get("scope"), raw.get("role")
    if scope not in get_args(Scope) or role not in ROLES:
        raise ValueError("a scope or role in it is unknown")
    texts = (raw.get("project"), raw.get("base_key"))
    if not all(isinstance(text, str) and len(text) <= MAX_TEXT for text in texts):
        raise ValueError("a text in it is none, or too long")
    history = raw.get("history")
    if not isinstance(history, list) or len(history) > MAX_HISTORY:
        raise ValueError("a history in it is none, or too long")
    seat = Seat(scope, str(texts[0]), role, str(texts[1]))
    return seat, tuple(_id(adapter) for adapter in history)


def _id(adapter: object) -> str:
    if not isinstance(adapter, str) or not ID.fullmatch(adapter):
        raise ValueError("an id in it is none")
    return adapter
