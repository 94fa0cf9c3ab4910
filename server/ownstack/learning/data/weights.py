"""How much each line counts as what is to be filled in."""

from __future__ import annotations

from collections.abc import Collection

from ownstack.learning.data.filters import MAX_LINE, Counts
from ownstack.learning.data.repetition import Repetition

RECENT, ACCEPTED, KEPT = 2.0, 3.0, 4.0
"""Of a line in a file that was changed lately; that an accepted edit wrote; of a suggestion that
was kept. The highest counts."""
ASIDE = 0.5
"""Of prose and settings, what a line of a program counts."""
REPEATED = "Lines repeat what stands there often; they are read, and not learned."
LONG = f"Lines are longer than {MAX_LINE} characters; they are read, and not learned."


def weights(
    text: str,
    repetition: Repetition,
    counts: Counts,
    *,
    is_recent: bool = False,
    is_aside: bool = False,
    accepted: Collection[str] = (),
    kept: Collection[int] = (),
) -> tuple[float, ...]:
    """Return the weight of each line. `accepted` are lines without blanks around them."""
    usual = (RECENT if is_recent else 1.0) * (ASIDE if is_aside else 1.0)
    found = []
    for at, (line, is_beyond) in enumerate(
        zip(text.split("\n"), repetition.beyond(text), strict=True)
    ):
        weight = usual
        if at in kept:
            weight = max(weight, KEPT)
        if accepted and line.strip() in accepted:
            weight = max(weight, ACCEPTED)
        if is_beyond or len(line) > MAX_LINE:
            weight = 0.0
            counts.add(REPEATED if is_beyond else LONG, lines=1, characters=len(line) + 1)
        found.append(weight)
    return tuple(found)
