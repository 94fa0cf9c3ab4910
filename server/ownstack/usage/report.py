"""What was done and saved, computed from what was counted: values in, values out."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from ownstack.completion.feedback.signals import Tally
from ownstack.usage.log import DaySum
from ownstack.usage.prices import Price, PriceTable

MILLION = 1_000_000
WEIGHED = frozenset(("infill", "chat"))
"""Tasks that a hosted model would have been paid for. A small network scores lines at every key,
which nobody would send to one; vectors have prices of their own."""

Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Sums:
    """Calls that are alike in something, summed up."""

    calls: int
    answered: int
    cancelled: int
    failed: int
    prompt_tokens: int
    reused_tokens: int
    generated_tokens: int
    prefill_tokens_per_second: float | None
    """None: nothing was read, or it was not timed."""
    decode_tokens_per_second: float | None
    queue_ms: float
    """That a call waited for others, on average."""


@dataclass(frozen=True, slots=True)
class ModelSums:
    """What one model did in one role."""

    model: str
    engine: str
    role: str
    local: bool
    sums: Sums


@dataclass(frozen=True, slots=True)
class UserSums:
    """What one key of `ownstack serve` was used for."""

    user: str
    sums: Sums


@dataclass(frozen=True, slots=True)
class Acceptance:
    """What became of the suggestions that were shown."""

    shown: int
    taken: int
    """By the key that accepts, or by typing them to the end."""
    share: float | None


@dataclass(frozen=True, slots=True)
class Hosted:
    """What the same tokens would have cost elsewhere."""

    name: str
    noted: str
    cost: float


@dataclass(frozen=True, slots=True)
class Money:
    """Estimates, by a table of prices that the user edits."""

    currency: str
    hosted: tuple[Hosted, ...]
    compared: str
    watts: float
    computing_hours: float
    energy_kwh: float
    energy_cost: float
    saved: float | None
    """By the price compared with, less electricity; None: there is no such price."""
    hardware_cost: float
    break_even_days: float | None
    """So many days like these pay for the hardware; None: they never do, or it cost nothing."""


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that `ownstack usage` shows."""

    first_day: str
    last_day: str
    days: int
    """From the first to the last, both counted."""
    total: Sums
    local_share: float | None
    """Of the calls that were answered, those that stayed on this machine."""
    reused_share: float | None
    """Of the tokens of prompts, those that were not read again."""
    models: tuple[ModelSums, ...]
    users: tuple[UserSums, ...]
    acceptance: Acceptance
    money: Money


def report(sums: Sequence[DaySum], tallies: Sequence[Tally], table: PriceTable) -> Report:
    """Put together what was counted and what it was worth."""
    total = summed(sums)
    local = summed([item for item in sums if item.local])
    days = _days(sums)
    return Report(
        first_day=sums[0].day if sums else "",
        last_day=sums[-1].day if sums else "",
        days=days,
        total=total,
        local_share=_share(local.answered, total.answered),
        reused_share=_share(total.reused_tokens, total.prompt_tokens),
        models=tuple(
            ModelSums(*key, summed(items))
            for key, items in _grouped(
                sums, lambda item: (item.model, item.engine, item.role, bool(item.local))
            )
        ),
        users=tuple(
            UserSums(user, summed(items))
            for user, items in _grouped(sums, lambda item: item.user)
            if user
        ),
        acceptance=_acceptance(tallies),
        money=_money([item for item in sums if item.local], table, days),
    )


def summed(items: Iterable[DaySum]) -> Sums:
    """Add up what was counted. Speeds are of what was really computed here."""
    items = list(items)
    timed = [item for item in items if item.prefill_ms > 0]
    written = [item for item in items if item.decode_ms > 0]
    calls = sum(item.calls for item in items)
    return Sums(
        calls=calls,
        answered=sum(item.calls for item in items if item.outcome == "answered"),
        cancelled=sum(item.calls for item in items if item.outcome == "cancelled"),
        failed=sum(item.calls for item in items if item.outcome == "failed"),
        prompt_tokens=sum(item.prompt_tokens for item in items),
        reused_tokens=sum(item.reused_tokens for item in items),
        generated_tokens=sum(item.generated_tokens for item in items),
        prefill_tokens_per_second=_per_second(
            sum(item.prompt_tokens - item.reused_tokens for item in timed),
            sum(item.prefill_ms for item in timed),
        ),
        decode_tokens_per_second=_per_second(
            sum(item.generated_tokens for item in written), sum(item.decode_ms for item in written)
        ),
        queue_ms=sum(item.queue_ms for item in items) / calls if calls else 0.0,
    )


def cost(price: Price, items: Iterable[DaySum]) -> float:
    """Return what answers that were waited for would have cost; a low estimate.

    What was in the KV cache here is taken to have been in the host's.
    """
    paid = 0.0
    for item in items:
        if item.outcome == "answered" and not item.background and item.task in WEIGHED:
            paid += (item.prompt_tokens - item.reused_tokens) * price.input
            paid += item.reused_tokens * price.cached_input
            paid += item.generated_tokens * price.output
    return paid / MILLION


def _money(local: Sequence[DaySum], table: PriceTable, days: int) -> Money:
    hours = sum(item.prefill_ms + item.decode_ms for item in local) / 3_600_000
    energy_kwh = hours * table.watts / 1000
    energy_cost = energy_kwh * table.price_per_kwh
    compared = table.compared
    saved = None if compared is None else cost(compared, local) - energy_cost
    break_even = None
    if saved is not None and saved > 0 and table.hardware_cost > 0:
        break_even = table.hardware_cost * days / saved
    return Money(
        currency=table.currency,
        hosted=tuple(Hosted(price.name, price.noted, cost(price, local)) for price in table.prices),
        compared=table.compare_with,
        watts=table.watts,
        computing_hours=hours,
        energy_kwh=energy_kwh,
        energy_cost=energy_cost,
        saved=saved,
        hardware_cost=table.hardware_cost,
        break_even_days=break_even,
    )


def _acceptance(tallies: Sequence[Tally]) -> Acceptance:
    shown = sum(tally.shown for tally in tallies)
    taken = sum(tally.accepted + tally.typed_through for tally in tallies)
    return Acceptance(shown, taken, _share(taken, shown))


def _days(sums: Sequence[DaySum]) -> int:
    if not sums:
        return 0
    return (date.fromisoformat(sums[-1].day) - date.fromisoformat(sums[0].day)).days + 1


def _grouped(
    sums: Iterable[DaySum], key: Callable[[DaySum], Key]
) -> list[tuple[Key, list[DaySum]]]:
    """Return groups, those with the most calls first."""
    groups: dict[Key, list[DaySum]] = {}
    for item in sums:
        groups.setdefault(key(item), []).append(item)
    return sorted(groups.items(), key=lambda pair: -sum(item.calls for item in pair[1]))


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _per_second(tokens: int, ms: float) -> float | None:
    return tokens / ms * 1000 if tokens > 0 and ms > 0 else None
