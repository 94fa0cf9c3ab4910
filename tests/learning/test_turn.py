"""The note of who trains, whatever it holds."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

import psutil
import pytest

from ownstack.learning.turn import Training, who_trains
from ownstack.paths import Home


@pytest.fixture
def noted() -> dict[str, Any]:
    me = psutil.Process()
    return asdict(Training(me.pid, me.create_time(), "/shop", "2026-11-30T12:00:00+00:00"))


def note(home: Home, content: str) -> None:
    home.training_file.parent.mkdir(parents=True, exist_ok=True)
    home.training_file.write_text(content)


def test_a_process_that_is_there_is_believed(home: Home, noted: dict[str, Any]) -> None:
    note(home, json.dumps(noted))
    training = who_trains(home)

    assert training is not None
    assert training.in_words.startswith("/shop is being learned from since ")


@pytest.mark.parametrize(
    "changed",
    [
        {"runner_started": 0.0},
        {"runner_started": 10**400},
        {"trainer_started": float("nan")},
        {"runner": -1},
        {"runner": 2**40},
        {"since": "0001-01-01T00:00:00+14:00"},
        {"since": "2026-11-30T12:00:00"},
        {"project": 3},
    ],
)
def test_what_nobody_can_have_written_is_not(
    home: Home, noted: dict[str, Any], changed: dict[str, Any]
) -> None:
    """It is read where somebody types, so it never raises."""
    note(home, json.dumps({**noted, **changed}))

    assert who_trains(home) is None


@pytest.mark.parametrize("content", ["", "[]", "[" * 100_000, '{"runner": 1}'])
def test_a_note_that_is_none(home: Home, content: str) -> None:
    note(home, content)

    assert who_trains(home) is None
