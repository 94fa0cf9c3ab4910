"""How the figures of a report read, in a terminal and on a page."""

from __future__ import annotations

from ownstack.usage.report import Money

ASSUMPTIONS = (
    "Only answers that somebody waited for count as paid; tokens that were in the KV cache here "
    "are taken to be in the host's cache, too. The built-in network, asked at every key, and "
    "embeddings are left out.",
    "Prices are those of your table at the time that it notes, for the tokens of these models, "
    "which are not quite the host's. Electricity is what the machine draws more while it computes, "
    "by the watts in the table.",
)


def money(amount: float | None, currency: str) -> str:
    """Return an amount, such as "12.30 USD"; small ones with more digits."""
    if amount is None:
        return "-"
    digits = 2 if abs(amount) >= 0.1 or amount == 0 else 4
    return f"{amount:,.{digits}f} {currency}"


def break_even(paid: Money) -> str:
    """Return when the hardware has paid for itself, or why that cannot be said."""
    if paid.hardware_cost == 0:
        return "not computed: set hardware.cost"
    if paid.saved is None:
        return "not computed: set compare_with"
    if paid.break_even_days is None:
        return "never, at this rate"
    if paid.break_even_days > 730:
        return f"{paid.break_even_days / 365:,.1f} years at this rate"
    return f"{paid.break_even_days:,.0f} days at this rate"
