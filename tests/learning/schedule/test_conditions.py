"""Whether training may begin: a table."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from typing import Any

import psutil
import pytest

from ownstack.learning.schedule import conditions
from ownstack.learning.schedule.conditions import Situation, on_mains, too_little_memory, why_not

NIGHT = Situation(datetime(2026, 11, 30, 3, 0), 1_800.0)
DAY = replace(NIGHT, now=datetime(2026, 11, 30, 15, 0), idle_s=4_000.0)
AT_WORK = "Somebody is at work."
GIGABYTES = 10**9


@pytest.mark.parametrize(
    ("situation", "why"),
    [
        (NIGHT, ""),
        (DAY, ""),
        (replace(DAY, idle_s=1_800.0), AT_WORK),
        (replace(NIGHT, idle_s=60.0), AT_WORK),
        (replace(NIGHT, now=datetime(2026, 11, 30, 6, 0)), AT_WORK),
        (replace(NIGHT, now=datetime(2026, 11, 30, 0, 59)), AT_WORK),
        (replace(NIGHT, learned=date(2026, 11, 30)), "It was learned from today."),
        (replace(NIGHT, learned=date(2026, 11, 29)), ""),
        (replace(NIGHT, on_mains=False), "The machine runs on its battery."),
        (replace(NIGHT, on_mains=False, only_on_mains=False), ""),
        (replace(NIGHT, trains="/a is being learned from."), "/a is being learned from."),
    ],
)
def test_why_not(situation: Situation, why: str) -> None:
    """One reason, or none."""
    assert why_not(situation) == why


def test_too_little_memory() -> None:
    said = "Learning takes about 4.0 GB of memory, 2.0 GB are free."

    assert too_little_memory(4 * GIGABYTES, 2 * GIGABYTES) == said
    assert too_little_memory(2 * GIGABYTES, 2 * GIGABYTES) == ""


class Battery:
    def __init__(self, power_plugged: bool | None) -> None:
        self.power_plugged = power_plugged


@pytest.mark.parametrize(
    ("battery", "expected"),
    [(None, True), (Battery(True), True), (Battery(None), True), (Battery(False), False)],
)
def test_mains(monkeypatch: pytest.MonkeyPatch, battery: Any, expected: bool) -> None:
    """Without a battery, or where nobody knows, there is power."""
    monkeypatch.setattr(conditions.psutil, "sensors_battery", lambda: battery, raising=False)
    assert on_mains() is expected


def test_no_sensors(monkeypatch: pytest.MonkeyPatch) -> None:
    """Containers show half of what psutil looks for."""

    def fails() -> None:
        raise FileNotFoundError

    monkeypatch.setattr(psutil, "sensors_battery", fails, raising=False)
    assert on_mains()
    monkeypatch.delattr(psutil, "sensors_battery")
    assert on_mains()
