"""Training beside windows: when it is told of keys, and when a night's is thought about."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest

from ownstack.app.learning.training import NIGHTLY_POLL_S, Training
from ownstack.learning.schedule.nightly import Nightly, NightlyOptions
from ownstack.learning.schedule.pausing import Pausing
from ownstack.paths import Home
from ownstack.settings import LearningSettings

FOLDERS = (Path("/home/ada/shop"),)


class Clock:
    def __init__(self) -> None:
        self.now_s = 1_000.0

    def __call__(self) -> float:
        return self.now_s


class Keys(Pausing):
    """Counts keys."""

    typed_at = 0

    def typed(self) -> None:
        self.typed_at += 1


class Nights(Nightly):
    """Notes what it is asked, and never begins."""

    def __init__(self, home: Home) -> None:
        super().__init__(home)
        self.asked: list[tuple[Sequence[Path], NightlyOptions, float]] = []

    def look(self, folders: Sequence[Path], options: NightlyOptions, idle_s: float) -> str:
        self.asked.append((folders, options, idle_s))
        return "Somebody is at work."


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def nights(home: Home) -> Nights:
    return Nights(home)


@pytest.fixture
def keys(home: Home) -> Keys:
    return Keys(home)


@pytest.fixture
def training(home: Home, clock: Clock, keys: Keys, nights: Nights) -> Training:
    return Training(home, clock=clock, pausing=keys, nightly=nights)


async def thought(training: Training) -> None:
    if training._asking is not None:
        await asyncio.wait({training._asking})


async def test_nothing_begins_unless_the_user_opted_in(
    training: Training, clock: Clock, nights: Nights
) -> None:
    """However long the night is."""
    for _ in range(3):
        clock.now_s += 10 * NIGHTLY_POLL_S
        training.look(FOLDERS)
    await thought(training)

    assert nights.asked == []


async def test_a_night_s_training_is_thought_about_each_minute(
    training: Training, clock: Clock, nights: Nights
) -> None:
    """With what the settings say, and since when nobody has typed; the reason is kept."""
    training.use_settings(LearningSettings(enabled=True, minutes=20, only_on_mains=False))
    training.look(FOLDERS)
    clock.now_s += 30
    training.typed()
    clock.now_s += NIGHTLY_POLL_S
    training.look(FOLDERS)
    await thought(training)
    clock.now_s += 2
    training.look(FOLDERS)
    await thought(training)

    assert nights.asked == [(FOLDERS, NightlyOptions(only_on_mains=False, minutes=20), 60.0)]
    assert training.why_not == "Somebody is at work."


async def test_whoever_trains_hears_of_each_key(training: Training, keys: Keys) -> None:
    """And goes on after as many quiet minutes as the settings say."""
    training.use_settings(LearningSettings(while_idle_minutes=3))
    training.typed()
    training.typed()

    assert (keys.typed_at, keys.quiet_s) == (2, 180.0)
