"""What was done and saved: figures that can be checked by hand."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from ownstack.completion.feedback.signals import Tally
from ownstack.pages.numbers import percent, speed
from ownstack.usage import prices
from ownstack.usage.log import DaySum
from ownstack.usage.prices import PriceTable
from ownstack.usage.report import report
from ownstack.usage.wording import break_even, money

TABLE = PriceTable(
    "EUR",
    "Big",
    watts=100.0,
    price_per_kwh=0.5,
    hardware_cost=1_000.0,
    prices=(prices.Price("Big", 2.0, 1.0, 10.0, "2026-01"), prices.Price("Small", 0, 0, 0, "")),
)
HOUR_MS = 3_600_000.0
CHAT = DaySum(
    "2026-03-01", "chat", "chat", "llama", "coder", "", "answered", 0, 1,
    calls=10, prompt_tokens=3_000_000, reused_tokens=1_000_000, generated_tokens=500_000,
    queue_ms=100.0, prefill_ms=HOUR_MS, decode_ms=HOUR_MS, total_ms=2 * HOUR_MS,
)  # fmt: skip
HOSTED = replace(CHAT, day="2026-03-04", engine="hosted", model="large", local=0, calls=10)


def test_money_by_the_table() -> None:
    """Read tokens, those in the cache and written ones have prices of their own."""
    paid = report([CHAT], [], TABLE).money

    assert [hosted.cost for hosted in paid.hosted] == [pytest.approx(4 + 1 + 5), 0]
    assert paid.computing_hours == pytest.approx(2)
    assert paid.energy_kwh == pytest.approx(0.2)
    assert paid.energy_cost == pytest.approx(0.1)
    assert paid.saved == pytest.approx(9.9)
    assert paid.break_even_days == pytest.approx(1_000 / 9.9)


@pytest.mark.parametrize(
    "left_out",
    [
        {"local": 0},
        {"background": 1},
        {"outcome": "cancelled"},
        {"outcome": "failed"},
        {"task": "score"},
        {"task": "embed"},
    ],
)
def test_what_nobody_would_have_paid_for(left_out: dict[str, object]) -> None:
    """It adds nothing to what a hosted model would have cost."""
    made = report([replace(CHAT, **left_out)], [], TABLE)  # type: ignore[arg-type]

    assert [hosted.cost for hosted in made.money.hosted] == [0, 0]


def test_what_is_computed_for_nobody_still_takes_electricity() -> None:
    """A cancelled answer was computed all the same."""
    made = report([replace(CHAT, outcome="cancelled")], [], TABLE)

    assert made.money.energy_cost == pytest.approx(0.1)
    assert made.money.break_even_days is None


def test_shares_and_speeds() -> None:
    """Of answered calls, of prompt tokens, of what was really computed."""
    made = report([CHAT, HOSTED, replace(CHAT, outcome="failed", calls=5)], [], TABLE)

    assert made.local_share == 0.5
    assert made.reused_share == pytest.approx(1 / 3)
    assert made.total.calls == 25
    assert made.total.failed == 5
    assert made.total.prefill_tokens_per_second == pytest.approx(2_000_000 / 3_600)
    assert made.total.decode_tokens_per_second == pytest.approx(500_000 / 3_600)
    assert {(row.model, row.local) for row in made.models} == {("coder", True), ("large", False)}


def test_days_without_calls_count() -> None:
    """Who pays the hardware back in days like these had such days, too."""
    made = report([CHAT, HOSTED], [], TABLE)

    assert (made.first_day, made.last_day, made.days) == ("2026-03-01", "2026-03-04", 4)
    assert made.money.break_even_days == pytest.approx(1_000 * 4 / 9.9)


def test_users_of_keys() -> None:
    """The editor is none of them."""
    made = report([CHAT, replace(CHAT, user="aider", calls=2)], [], TABLE)

    assert [(row.user, row.sums.calls) for row in made.users] == [("aider", 2)]


def test_suggestions_taken() -> None:
    """By the key that accepts, or typed to the end."""
    tally = Tally("model", "coder", 10, 3, 2, 1, 4, 2, 5)

    taken = report([], [tally], TABLE).acceptance

    assert (taken.shown, taken.taken, taken.share) == (10, 5, 0.5)


def test_nothing_was_counted() -> None:
    """There is no share of nothing, and no division by it."""
    made = report([], [], TABLE)

    assert (made.first_day, made.days, made.local_share, made.reused_share) == ("", 0, None, None)
    assert made.money.break_even_days is None


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({}, "101 days at this rate"),
        ({"hardware_cost": 0.0}, "not computed: set hardware.cost"),
        ({"compare_with": ""}, "not computed: set compare_with"),
        ({"compare_with": "Small"}, "never, at this rate"),
        ({"hardware_cost": 100_000.0}, "27.7 years at this rate"),
    ],
)
def test_break_even_in_words(changed: dict[str, object], said: str) -> None:
    """Or why it cannot be said."""
    table = replace(TABLE, **changed)  # type: ignore[arg-type]

    assert break_even(report([CHAT], [], table).money) == said


def test_figures_in_words() -> None:
    """Small amounts keep their digits, what is not known is a dash."""
    assert money(1234.5, "EUR") == "1,234.50 EUR"
    assert money(0.0123, "EUR") == "0.0123 EUR"
    assert money(None, "EUR") == percent(None) == speed(None) == "-"
    assert (percent(0.416), speed(12.34), speed(1234.5)) == ("42 %", "12.3", "1,234")


def test_the_shipped_table(tmp_path: Path) -> None:
    """It is used where the user has none; every price says when it was noted."""
    table = prices.read(tmp_path / "usage.toml")

    assert table.compared is not None
    assert len(table.prices) >= 3
    assert all(price.noted and price.output > 0 for price in table.prices)


def test_a_table_of_ones_own(tmp_path: Path) -> None:
    """A date may be a date; a host that says nothing of its cache has none."""
    file = tmp_path / "usage.toml"
    file.write_text(
        'currency = "EUR"\n[[price]]\nname = "x"\ninput = 3\noutput = 4.5\nnoted = 2026-01-02\n'
    )

    assert prices.read(file) == PriceTable(
        "EUR", "", 0.0, 0.0, 0.0, (prices.Price("x", 3.0, 3.0, 4.5, "2026-01-02"),)
    )


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("price = 7", "price must be tables"),
        ("[[price]]\ninput = 1", "price 1, name is missing"),
        ('[[price]]\nname = "x"\ninput = "much"', "price 1, input must be a number"),
        ('[[price]]\nname = "x"\noutput = -1', "price 1, output must be between"),
        ('[[price]]\nname = "x"\noutput = nan', "price 1, output must be between"),
        ('[[price]]\nname = "x"\noutput = inf', "price 1, output must be between"),
        ("[electricity]\nwatts = true", "electricity.watts must be a number"),
        ("electricity = 3", "electricity must be a table"),
        ('compare_with = "nobody"', "compare_with must be the name"),
        ("currency = 7", "currency must be a text"),
        ("currency = [", "usage.toml is damaged: "),
        ("curency = 'EUR'", "curency is not known; did you mean currency"),
        ("[prices]", "prices is not known"),
        ("[electricity]\nwatt = 3", "electricity.watt is not known"),
        ("[hardware]\nprice = 3", "hardware.price is not known; known are cost"),
        ('[[price]]\nname = "x"\nimput = 1', "price 1, imput is not known.* Known are name, input"),
        ('"\\u001b[2J" = 1', "x1b.* is not known"),
        ('[[price]]\nname = "x"\n' * 51, "at most 50"),
    ],
)
def test_tables_that_make_no_sense(tmp_path: Path, text: str, what: str) -> None:
    """The error names the place, and what to do."""
    file = tmp_path / "usage.toml"
    file.write_text(text)

    with pytest.raises(prices.PriceTableError, match=what) as raised:
        prices.read(file)
    assert "left out" not in str(raised.value)
    assert "remove" in raised.value.hint
