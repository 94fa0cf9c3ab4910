"""Outcomes in a file, a line of JSON for each: a run that was ended goes on where it was."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar

Row = TypeVar("Row")


def read_log(log: Path | None, kind: type[Row]) -> list[Row]:
    """Return the outcomes, of a dataclass, of an earlier run; [] if there was none.

    Raises:
        TypeError: they are of another kind.
    """
    if log is None or not log.exists():
        return []
    rows = map(json.loads, log.read_text("utf-8").splitlines())
    return [kind(**{name: _frozen(value) for name, value in row.items()}) for row in rows]


def write_log(log: Path | None, rows: Sequence[Any]) -> None:
    """Add outcomes, of a dataclass, to a log."""
    if log is not None:
        with log.open("a", encoding="utf-8") as lines:
            lines.writelines(f"{json.dumps(asdict(row))}\n" for row in rows)


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
