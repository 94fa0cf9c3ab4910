"""The report on an adapter as a page: nothing is fetched, and each chart has its table."""

from __future__ import annotations

from ownstack.learning.report.curves import curves, path_of
from ownstack.learning.report.exactness import WORDS, exactness
from ownstack.learning.report.report import Report
from ownstack.pages.numbers import number, percent
from ownstack.pages.rendering import render

STANDINGS = {
    "new": "Not judged yet, so it does not serve",
    "fit": "It may serve",
    "aside": "Kept aside: it does not serve",
}


def page(report: Report) -> str:
    """Return the HTML. Names come from files and folders, so all of them are escaped."""
    return render(
        "ownstack.learning.report",
        "report.html",
        record=report.record,
        name=report.record.name or report.record.id,
        standing=STANDINGS[report.record.standing],
        trained=dict(report.record.trained),
        counts=report.counts,
        curves=curves(report.steps),
        exactness=exactness(report.record.judged),
        words=WORDS,
        path_of=path_of,
        number=number,
        percent=percent,
        decimals=_decimals,
        duration=_duration,
    )


def _decimals(value: object, digits: int = 3) -> str:
    """Return a number with decimals; "-" for what is none."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return "-"
    return f"{value:,.{digits}f}"


def _duration(seconds: object) -> str:
    """Return how long something took, such as "58 min"; "-" where that is not known."""
    if isinstance(seconds, bool) or not isinstance(seconds, (int, float)) or seconds < 0:
        return "-"
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:,.0f} min" if seconds < 7_200 else f"{seconds / 3_600:,.1f} h"
