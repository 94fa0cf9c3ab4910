"""The report as a page that needs nothing else: no script, no network, readable without charts."""

from __future__ import annotations

from collections.abc import Sequence

from ownstack.pages.numbers import number, percent, speed
from ownstack.pages.rendering import render
from ownstack.usage import charts
from ownstack.usage.log import DaySum
from ownstack.usage.report import Report
from ownstack.usage.wording import ASSUMPTIONS, break_even, money


def page(report: Report, sums: Sequence[DaySum], since: str = "") -> str:
    """Return the HTML. Names of models come from files and servers, so all of them are escaped."""

    def paid(amount: float | None) -> str:
        return money(amount, report.money.currency)

    return render(
        "ownstack.usage",
        "report.html",
        report=report,
        since=since,
        charts=[charts.calls_chart(sums), charts.tokens_chart(sums)],
        number=number,
        percent=percent,
        speed=speed,
        money=paid,
        break_even=break_even(report.money),
        assumptions=ASSUMPTIONS,
    )
