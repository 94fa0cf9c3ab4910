"""Whether a night's training may begin, or go on: functions of values to a reason why not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

import psutil

NIGHT = (1, 6)
"""From one o'clock until before six."""
LONG_IDLE_S = 3_600.0
"""By day, too, if nobody has typed for so long."""
NIGHT_IDLE_S = 900.0


@dataclass(frozen=True, slots=True)
class Situation:
    """What counts for the decision."""

    now: datetime
    """By the clock on the wall: it is about the user's night."""
    idle_s: float
    """Since anybody last typed."""
    on_mains: bool = True
    only_on_mains: bool = True
    trains: str = ""
    """Who trains already, in words."""
    learned: date | None = None
    """The day on which this project was last learned from, whatever became of it."""


def why_not(situation: Situation) -> str:
    """Return why training should not begin now, as a sentence; "" if it may."""
    now = situation.now
    by_night = NIGHT[0] <= now.hour < NIGHT[1]
    if situation.trains:
        return situation.trains
    if situation.learned is not None and situation.learned >= now.date():
        return "It was learned from today."
    if situation.idle_s < (NIGHT_IDLE_S if by_night else LONG_IDLE_S):
        return "Somebody is at work."
    return no_power(on_mains=situation.on_mains, only_on_mains=situation.only_on_mains)


def no_power(*, on_mains: bool, only_on_mains: bool) -> str:
    """Return why power speaks against training; "" if it does not."""
    return "The machine runs on its battery." if only_on_mains and not on_mains else ""


def too_little_memory(needed_bytes: int, free_bytes: int) -> str:
    """Return that memory is too small, in figures; "" if it is not."""
    if needed_bytes <= free_bytes:
        return ""
    needed, free = needed_bytes / 1e9, free_bytes / 1e9
    return f"Learning takes about {needed:.1f} GB of memory, {free:.1f} GB are free."


def on_mains() -> bool:
    """Say whether the machine has power from outside; yes where nobody knows."""
    look = getattr(psutil, "sensors_battery", None)
    if look is None:
        return True
    try:
        battery = look()
    except (OSError, RuntimeError, ValueError, AttributeError):
        return True  # Containers show half of what psutil looks for.
    return battery is None or battery.power_plugged is not False
