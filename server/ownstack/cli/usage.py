"""`ownstack usage`: what the models did, how fast, and what it would have cost elsewhere."""

from __future__ import annotations

import argparse
import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ownstack.cli.output import print_json, print_table, say

if TYPE_CHECKING:
    from ownstack.usage.report import Report

MAX_DAYS = 36_500


def add_to(commands: Any) -> None:
    """Describe the command to argparse."""
    command = commands.add_parser(
        "usage",
        help="say what the models did, how fast, and what it would have cost elsewhere",
        description="Calls of models are counted on this machine: numbers, never texts. Money is "
        "an estimate, by a table of prices that you can edit.",
    )
    command.add_argument(
        "--since", metavar="WHEN", default="", help="7d, 4w, or a date such as 2026-11-01"
    )
    command.add_argument("--json", action="store_true", help="print JSON")
    command.add_argument("--html", type=Path, metavar="FILE", help="write a page with charts")
    command.add_argument(
        "--edit",
        action="store_true",
        help="make your own table of prices, if you have none, and say where it is",
    )
    command.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    from ownstack.completion.feedback.signals import SignalLog
    from ownstack.paths import Home
    from ownstack.usage import prices
    from ownstack.usage.log import UsageLog
    from ownstack.usage.report import report

    home = Home.default()
    if arguments.edit:
        return _edit(home)
    now = datetime.now()
    since_s = _since(arguments.since, now)
    table = prices.read(home.prices_file)
    usage, signals = UsageLog(home.usage_file), SignalLog(home.signals_file)
    try:
        sums = usage.sums(since_s)
        made = report(sums, signals.tallies((now.timestamp() - since_s) / 86_400), table)
    finally:
        usage.close()
        signals.close()
    if arguments.html is not None:
        from ownstack.usage.page import page

        said = f"since {arguments.since}" if arguments.since else ""
        _write(arguments.html, page(made, sums, said))
        say(f"The report is in {arguments.html}.")
    elif arguments.json:
        print_json(made)
    elif not made.first_day:
        say("No call of a model was counted yet.")
    else:
        _print(made)
    return 0


def _write(path: Path, text: str, hint: str = "Give another name, such as usage.html.") -> None:
    """Write a file.

    Raises:
        FileError: it cannot be written; why.
    """
    from ownstack.errors import FileError

    if path.exists() and not path.is_file():
        raise FileError(f"{path} is no regular file.", hint)
    try:
        path.write_text(text, "utf-8")
    except OSError as error:
        raise FileError(f"{path} cannot be written: {error.strerror or error}.") from error


def _edit(home: Any) -> int:
    """Raises FileError if there is no table, and none can be written."""
    from ownstack.errors import FileError
    from ownstack.usage import prices

    file: Path = home.prices_file
    if not file.is_file():
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise FileError(f"{file.parent} cannot be made: {error.strerror or error}.") from error
        _write(file, prices.shipped_text(), hint="Move what is there away.")
    say(f"Your table of prices is {file}.")
    return 0


def _since(text: str, now: datetime) -> float:
    """Return the time that a user named, in seconds since the epoch; 0 for all that there is.

    Raises:
        UsageError: it is no time.
    """
    from ownstack.errors import UsageError

    if not text:
        return 0.0
    ago = re.fullmatch(r"([0-9]{1,5})([dw])", text)
    days = int(ago[1]) * (7 if ago[2] == "w" else 1) if ago else 0
    if ago and days <= MAX_DAYS:
        return max((now - timedelta(days=days)).timestamp(), 0.0)
    try:
        return max(datetime.strptime(text, "%Y-%m-%d").timestamp(), 0.0)
    except (ValueError, OverflowError, OSError):
        raise UsageError(
            f"--since {text} is no time.", "Give days (7d), weeks (4w) or a date (2026-11-01)."
        ) from None


def _print(made: Report) -> None:
    from ownstack.pages.numbers import number, percent, speed
    from ownstack.usage.wording import break_even, money

    total, paid = made.total, made.money
    say(f"{made.first_day} to {made.last_day}, counted on this machine:")
    say(
        f"Calls: {number(total.calls)}, answered: {number(total.answered)}, "
        f"overtaken by typing: {number(total.cancelled)}, failed: {number(total.failed)}"
    )
    say(f"Stayed on this machine: {percent(made.local_share)} of the answered calls")
    say(f"Prompt tokens reused: {percent(made.reused_share)} of {number(total.prompt_tokens)}")
    taken = made.acceptance
    say(f"Suggestions taken: {percent(taken.share)} of {number(taken.shown)}")
    say()
    print_table(
        ("MODEL", "ROLE", "CALLS", "IN", "REUSED", "OUT", "READ/S", "WRITTEN/S", "WHERE"),
        [
            (
                *(row.model, row.role, number(row.sums.calls), number(row.sums.prompt_tokens)),
                *(number(row.sums.reused_tokens), number(row.sums.generated_tokens)),
                speed(row.sums.prefill_tokens_per_second),
                speed(row.sums.decode_tokens_per_second),
                row.engine if row.local else f"{row.engine}, elsewhere",
            )
            for row in made.models
        ],
    )
    if made.users:
        say()
        print_table(
            ("KEY", "CALLS", "IN", "OUT"),
            [
                (
                    *(row.user, number(row.sums.calls)),
                    *(number(row.sums.prompt_tokens), number(row.sums.generated_tokens)),
                )
                for row in made.users
            ],
        )
    say()
    say("Estimates, by your table of prices (ownstack usage --edit):")
    for hosted in paid.hosted:
        noted = f", by its price of {hosted.noted}" if hosted.noted else ""
        say(f"{hosted.name} would have cost {money(hosted.cost, paid.currency)}{noted}.")
    say(
        f"Electricity: {money(paid.energy_cost, paid.currency)}, {paid.energy_kwh:.3f} kWh for "
        f"{paid.computing_hours:.2f} hours at {paid.watts:g} W."
    )
    if paid.saved is not None:
        say(f"Saved: {money(paid.saved, paid.currency)}, beside {paid.compared}.")
    say(f"Break-even: {break_even(paid)}.")
