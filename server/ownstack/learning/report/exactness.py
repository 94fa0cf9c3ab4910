"""How often an adapter wrote the rest of a line exactly, beside what it was compared with.

It is read from what the gate wrote into the record, with suspicion: whatever is in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ownstack.learning.gate.figures import interval
from ownstack.learning.gate.outcomes import SIDES, Side
from ownstack.pages.axes import BOTTOM, LEFT, TOP, WIDTH, Mark, Scale

WORDS: Mapping[Side, str] = {
    "base": "the plain model",
    "predecessor": "what served before",
    "candidate": "with this adapter",
}
ALL = "all lines"
MAX_GROUPS = 12
MAX_LABEL = 24
_ROW, _GAP = 16, 10
_NAMES = 132
"""So much room have names, from the left."""


@dataclass(frozen=True, slots=True)
class Share:
    """What one side made of a group of cursors. Shares are between 0 and 1."""

    group: str
    side: Side
    cursors: int
    right: int

    @property
    def exact(self) -> float:
        return self.right / self.cursors

    @property
    def interval(self) -> tuple[float, float]:
        """The ends of the 95 % interval."""
        return interval(self.right, self.cursors)


@dataclass(frozen=True, slots=True)
class Whisker:
    """A share in a drawing: a dot with its interval."""

    x: float
    low: float
    high: float
    y: float
    series: int
    said: str


@dataclass(frozen=True, slots=True)
class Exactness:
    """A chart of shares by group, a row for each side, and the figures that it shows."""

    sides: tuple[str, ...]
    whiskers: tuple[Whisker, ...]
    groups: tuple[Mark, ...]
    columns: tuple[Mark, ...]
    left: float
    height: float
    shares: tuple[Share, ...]


def exactness(judged: Mapping[str, Any]) -> Exactness | None:
    """Draw what the gate measured; None if it measured nothing."""
    shares = _shares(judged)
    if not shares:
        return None
    sides = [side for side in SIDES if any(share.side == side for share in shares)]
    x = Scale.around(0, max(share.interval[1] for share in shares), _NAMES + LEFT, WIDTH - 16)
    whiskers, groups, y = list[Whisker](), list[Mark](), TOP + _ROW / 2
    for group in dict.fromkeys(share.group for share in shares):
        rows = [share for share in shares if share.group == group]
        groups.append(Mark(y + _ROW * (len(rows) - 1) / 2, _short(group)))
        for share in rows:
            low, high = share.interval
            said = f"{group}, {WORDS[share.side]}: {share.right} of {share.cursors}"
            series = sides.index(share.side)
            whiskers.append(Whisker(x.at(share.exact), x.at(low), x.at(high), y, series, said))
            y += _ROW
        y += _GAP
    columns = tuple(Mark(x.at(value), f"{round(100 * value, 6):g} %") for value in x.values())
    height = y + BOTTOM - _ROW / 2
    words = tuple(WORDS[side] for side in sides)
    return Exactness(words, tuple(whiskers), tuple(groups), columns, _NAMES + LEFT, height, shares)


def _shares(judged: Mapping[str, Any]) -> tuple[Share, ...]:
    found = list[Share]()
    sides = _mapping(judged.get("sides"))
    for side in SIDES:
        told = _mapping(sides.get(side))
        _add(found, ALL, side, told.get("cursors"), told.get("right"))
    languages = _mapping(judged.get("languages"))
    if len(languages) > 1:
        for language, counts in list(languages.items())[:MAX_GROUPS]:
            told = _mapping(counts)
            for side in SIDES:
                _add(found, str(language), side, told.get("cursors"), told.get(side))
    return tuple(found)


def _add(found: list[Share], group: str, side: Side, cursors: Any, right: Any) -> None:
    if type(cursors) is int and type(right) is int and 0 <= right <= cursors < 10**9 and cursors:
        found.append(Share(group, side, cursors, right))


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _short(name: str) -> str:
    return name if len(name) <= MAX_LABEL else f"{name[: MAX_LABEL - 1]}…"
