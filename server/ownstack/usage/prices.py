"""The table of prices that local work is compared with: one is shipped, the user edits a copy."""

from __future__ import annotations

import difflib
import importlib.resources
import math
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from ownstack.errors import PriceTableError
from ownstack.models import toml_file
from ownstack.terminal import visible

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

MAX_PRICES = 50
_MAX_NUMBER = 1e9
_MAX_TEXT = 80
_NAMES = ("currency", "compare_with", "electricity", "hardware", "price")


@dataclass(frozen=True, slots=True)
class Price:
    """What a hosted model costs, for a million tokens."""

    name: str
    input: float
    cached_input: float
    """For tokens that the host has read before; as much as others where it says nothing."""
    output: float
    noted: str
    """When the price was looked up."""


@dataclass(frozen=True, slots=True)
class PriceTable:
    """All that money is computed by."""

    currency: str
    compare_with: str
    watts: float
    price_per_kwh: float
    hardware_cost: float
    prices: tuple[Price, ...]

    @property
    def compared(self) -> Price | None:
        """The price that the break-even is computed by."""
        return next((price for price in self.prices if price.name == self.compare_with), None)


def shipped_text() -> str:
    """Return the table that comes with the package, comments and all."""
    file = importlib.resources.files("ownstack.usage") / "prices.toml"
    return file.read_text("utf-8")


def read(file: Path) -> PriceTable:
    """Return the user's table; the shipped one if there is none.

    Raises:
        PriceTableError: it cannot be read, or says something that makes no sense; what.
    """
    if not file.exists():
        return parse(tomllib.loads(shipped_text()), file)
    content, problem = toml_file.read(file)
    if problem:
        raise PriceTableError(problem, "Mend it, or remove it: then the shipped prices count.")
    return parse(content, file)


def parse(content: Mapping[str, Any], file: Path) -> PriceTable:
    """Make a table of what a file says. Numbers that are missing are 0.

    Raises:
        PriceTableError: something in it makes no sense; what.
    """
    reader = _Reader(file)
    reader.check_names(content, _NAMES, "")
    electricity = reader.table(content, "electricity")
    hardware = reader.table(content, "hardware")
    reader.check_names(electricity, ("watts", "price_per_kwh"), "electricity.")
    reader.check_names(hardware, ("cost",), "hardware.")
    raw = content.get("price", [])
    if not isinstance(raw, list) or not all(isinstance(item, Mapping) for item in raw):
        raise reader.wrong("price", "must be tables: [[price]]")
    if len(raw) > MAX_PRICES:
        raise reader.wrong("price", f"must be at most {MAX_PRICES} tables")
    prices = tuple(_price(reader, item, f"price {number}") for number, item in enumerate(raw, 1))
    table = PriceTable(
        currency=reader.text(content, "currency", "") or "USD",
        compare_with=reader.text(content, "compare_with", ""),
        watts=reader.number(electricity, "watts", "electricity."),
        price_per_kwh=reader.number(electricity, "price_per_kwh", "electricity."),
        hardware_cost=reader.number(hardware, "cost", "hardware."),
        prices=prices,
    )
    if table.compare_with and table.compared is None:
        raise reader.wrong("compare_with", "must be the name of one of the prices")
    return table


def _price(reader: _Reader, raw: Mapping[str, Any], where: str) -> Price:
    where = f"{where}, "
    reader.check_names(raw, tuple(field.name for field in fields(Price)), where)
    name = reader.text(raw, "name", where)
    if not name:
        raise reader.wrong(f"{where}name", "is missing")
    paid = reader.number(raw, "input", where)
    return Price(
        name,
        paid,
        reader.number(raw, "cached_input", where) if "cached_input" in raw else paid,
        reader.number(raw, "output", where),
        reader.text(raw, "noted", where),
    )


class _Reader:
    """Values of a table, each of its type, or an error that names them."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def check_names(self, content: Mapping[str, Any], known: Sequence[str], where: str) -> None:
        """Raise PriceTableError for a name that nobody would read, such as one misspelt."""
        for key in content:
            if key not in known:
                near = difflib.get_close_matches(key, known, n=1)
                meant = f"did you mean {near[0]}? Known" if near else "known"
                shown = visible(key[:_MAX_TEXT])
                raise self.wrong(where + shown, f"is not known; {meant} are {', '.join(known)}")

    def table(self, content: Mapping[str, Any], key: str) -> Mapping[str, Any]:
        value = content.get(key, {})
        if not isinstance(value, Mapping):
            raise self.wrong(key, f"must be a table: [{key}]")
        return value

    def number(self, content: Mapping[str, Any], key: str, where: str) -> float:
        value = content.get(key, 0)
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise self.wrong(where + key, "must be a number")
        if not math.isfinite(value) or not 0 <= value <= _MAX_NUMBER:
            raise self.wrong(where + key, f"must be between 0 and {_MAX_NUMBER:,.0f}")
        return float(value)

    def text(self, content: Mapping[str, Any], key: str, where: str) -> str:
        value = content.get(key, "")
        if key == "noted" and not isinstance(value, str):
            value = str(value)  # A date without quotes is a date to TOML.
        if not isinstance(value, str) or len(value) > _MAX_TEXT:
            raise self.wrong(where + key, f"must be a text of at most {_MAX_TEXT} characters")
        return value

    def wrong(self, what: str, must: str) -> PriceTableError:
        return PriceTableError(f"{self._file}: {what} {must}.", "Mend it, or remove the file.")
