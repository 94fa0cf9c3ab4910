"""The report as a page that needs nothing else: no script, no network, readable without charts."""

from __future__ import annotations

from collections.abc import Sequence

from ownstack.usage import charts
from ownstack.usage.log import DaySum
from ownstack.usage.report import Report
from ownstack.usage.wording import ASSUMPTIONS, break_even, money, number, percent, speed


def page(report: Report, sums: Sequence[DaySum], since: str = "") -> str:
    """Return the HTML. Names of models come from files and servers, so all of them are escaped."""
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("ownstack.usage", ""),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
    )

    def paid(amount: float | None) -> str:
        return money(amount, report.money.currency)

    return environment.get_template("report.html").render(
        report=report,
        since=since,
        charts=[charts.calls_chart(sums), charts.tokens_chart(sums)],
        width=charts.WIDTH,
        height=charts.HEIGHT,
        left=charts.LEFT,
        number=number,
        percent=percent,
        speed=speed,
        money=paid,
        break_even=break_even(report.money),
        assumptions=ASSUMPTIONS,
    )
