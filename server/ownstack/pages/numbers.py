"""How numbers read in a report, in a terminal and on a page."""

from __future__ import annotations


def number(value: float) -> str:
    """Return a whole number, such as "12,345"."""
    return f"{value:,.0f}"


def percent(share: float | None) -> str:
    """Return a share, such as "41 %"; "-" where there is none."""
    return "-" if share is None else f"{100 * share:.0f} %"


def speed(tokens_per_second: float | None) -> str:
    """Return a speed with one decimal where it is slow; "-" where none was measured."""
    if tokens_per_second is None:
        return "-"
    return f"{tokens_per_second:,.1f}" if tokens_per_second < 100 else f"{tokens_per_second:,.0f}"
