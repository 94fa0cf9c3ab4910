"""How long each step from nothing to ghost text took, by the extension's log and a journey."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timezone

# What the log says when a step begins or ends, in the order of a first start.
_SAID = {
    "extension active": r"",
    "Python found": r", taken$",
    "Python environment": r"^unpacking the packages$",
    "unpacked": r"^installing \d+ packages$",
    "installed": r"^checking the server$",
    "checked": r"^The server is started from ",
    "server started": r"^Starting ",
}


@dataclass(frozen=True, slots=True)
class Step:
    name: str
    after_s: float
    """Since the beginning of all."""


def logged(log: str, said: dict[str, str] = _SAID) -> Iterator[tuple[str, float]]:
    """Yield each step that a log names with its time (seconds since 1970), the first of each."""
    found = set()
    for line in log.splitlines():
        parts = re.match(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}) \[\w+\] (.*)", line)
        if parts is None:
            continue
        at = datetime.fromisoformat(parts[1]).replace(tzinfo=timezone.utc).timestamp()
        for name, pattern in said.items():
            if name not in found and re.search(pattern, parts[2]):
                found.add(name)
                yield name, at


def table(begin: float, points: Iterable[tuple[str, float]]) -> list[Step]:
    """Return the steps in the order of their time."""
    return [Step(name, round(at - begin, 2)) for name, at in sorted(points, key=lambda one: one[1])]


def text(steps: list[Step]) -> str:
    """Return a table for people."""
    lines, before = [f"{'step':<34}{'s':>8}{'at s':>9}"], 0.0
    for step in steps:
        lines.append(f"{step.name:<34}{step.after_s - before:>8.1f}{step.after_s:>9.1f}")
        before = step.after_s
    return "\n".join(lines)
