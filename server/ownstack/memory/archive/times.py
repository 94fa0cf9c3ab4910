"""Times as an archive writes them: dates that people read, to the microsecond, in UTC."""

from __future__ import annotations

from datetime import datetime, timezone

_LAST = 253_402_300_799.0
"""The end of the year 9999. What is later, or before 1970, is written as the nearest moment."""


def to_text(at: float) -> str:
    """Return seconds since 1970 as `2026-11-29T21:05:00Z`, with a fraction if there is one."""
    moment = datetime.fromtimestamp(min(max(at, 0.0), _LAST), timezone.utc)
    return moment.isoformat().replace("+00:00", "Z")


def from_text(text: str) -> float:
    """Return the seconds since 1970 of a date, or of a date and time in UTC.

    Raises:
        ValueError: there is no such moment.
    """
    moment = datetime.fromisoformat(text.removesuffix("Z"))
    return moment.replace(tzinfo=timezone.utc).timestamp()
