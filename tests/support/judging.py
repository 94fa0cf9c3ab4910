"""Outcomes as a gate would have measured them, written down shortly."""

from __future__ import annotations

from ownstack.learning.data.passages import HeldOut, HoldOut
from ownstack.learning.gate.outcomes import Outcome, Side

TEXT = "".join(f"def number_{n}(value):\n    return value + {n}\n\n\n" for n in range(30))


def held_out(
    path: str = "a.py", language: str = "python", by: HoldOut = "file", text: str = TEXT
) -> HeldOut:
    """Return a file of which every line was held out."""
    return HeldOut(path, language, text, tuple(range(len(text.split("\n")))), by)


def said(
    side: Side,
    right: str,
    *,
    chance: float | tuple[float, float] = (0.8, 0.2),
    language: str = "python",
    by: HoldOut = "file",
) -> list[Outcome]:
    """Return a side's outcomes at cursors 0, 1, …: `right` is such as "10011".

    `chance`: one for all, or that of the right lines and that of the wrong ones.
    """
    of_right, of_wrong = chance if isinstance(chance, tuple) else (chance, chance)
    return [
        Outcome(
            f"{language}-{by}-{n}",
            side,
            language,
            by,
            sign == "1",
            of_right if sign == "1" else of_wrong,
            10.0,
        )
        for n, sign in enumerate(right)
    ]
