"""What an archive brought into a session in place of its turns, as lines that summaries keep."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ownstack.memory.compaction.summary import HEADINGS
from ownstack.memory.conversation import ARCHIVED, text_of
from ownstack.memory.events import Event
from ownstack.memory.handles import short

SHARE = 0.5
"""Of a summary's budget, at most: the rest is for what came since."""
_LINE_CHARS = 400
_WORTH = (
    "Goal",
    "Decisions",
    "Constraints",
    "In progress",
    "Next step",
    "Dead ends",
    "Done",
    "Look-up hints",
)
_LEDGER = {"Decided": "Decisions", "Open": "In progress"}


def carried_lines(
    events: Sequence[Event], budget: int, count: Callable[[str], int]
) -> tuple[tuple[str, str], ...]:
    """Return headings and lines of the checkpoint that an archive brought, so many tokens of it.

    Nothing else in the session's log says what they say.
    """
    left = int(budget * SHARE)
    lines: list[tuple[str, str]] = []
    for event in events:
        if event.kind == "compaction" and text_of(event.data, "method") == ARCHIVED:
            found = [*lines_of(event.text), *_of_ledger(text_of(event.data, "ledger"))]
            found.sort(key=lambda pair: _WORTH.index(pair[0]))
            for heading, line in dict.fromkeys(found):
                left -= count(f"## {heading}\n- {line}\n")
                if left < 0:
                    break
                lines.append((heading, line))
    return tuple(lines)


def lines_of(text: str) -> list[tuple[str, str]]:
    """Return headings and lines of a summary; what stands under no heading is left out."""
    heading, lines = "", []
    for line in text.splitlines():
        if line.startswith("## "):
            heading = line[3:].strip()
        elif line.startswith("- ") and heading in HEADINGS:
            lines.append((heading, short(line[2:], _LINE_CHARS)))
    return lines


def _of_ledger(text: str) -> list[tuple[str, str]]:
    lines = []
    for line in text.splitlines():
        section, colon, rest = line.partition(": ")
        if colon and not line.startswith(("#", "(")):
            line = rest if section in _LEDGER else line
            lines.append((_LEDGER.get(section, "Look-up hints"), short(line, _LINE_CHARS)))
    return lines
