"""How long an answer may take, and how many tokens fit into that time.

The first line should be there `settings.deadline_ms` after the key. That is a wish, not a cut:
once it is over the answer ends with the line it is in, since a late line that nothing has
overtaken is still worth showing, and one that has been overtaken is kept in the cache.
"""

from __future__ import annotations

from dataclasses import dataclass

from ownstack.completion.extent import Extent
from ownstack.completion.suggestion import Trigger
from ownstack.engine.results import Speed

HARD_FACTOR = 6
"""Times the deadline after which an answer ends in the middle of a line."""
INVOKED_FACTOR = 5
"""Somebody who asked waits longer."""
LINE_TOKENS = 64
"""Enough for 100 columns: 4 characters a token in Python, 2 in the worst tokenizer met."""
MAX_TOKENS = 768
MIN_FIRST_LINE_S = 0.02


@dataclass(frozen=True, slots=True)
class Limits:
    """How long an answer may take, in seconds from now, and how long it may be."""

    first_line_s: float
    deadline_s: float
    max_tokens: int


def limits(
    extent: Extent, trigger: Trigger, *, deadline_ms: int, elapsed_s: float, speed: Speed
) -> Limits:
    """Return the limits of an answer when `elapsed_s` have passed since the key."""
    whole_s = deadline_ms / 1_000
    if trigger is Trigger.INVOKED:
        whole_s *= INVOKED_FACTOR
    first_line_s = max(MIN_FIRST_LINE_S, whole_s - elapsed_s)
    deadline_s = first_line_s + (HARD_FACTOR - 1) * whole_s
    fit = int(deadline_s * speed.decode) if speed.decode > 0 else MAX_TOKENS
    wanted = LINE_TOKENS * extent.max_lines
    return Limits(first_line_s, deadline_s, max(8, min(wanted, fit, MAX_TOKENS)))
