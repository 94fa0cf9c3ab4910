"""By night the daemon begins to learn: from the folder that waits longest, once a day at most."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from ownstack.learning.schedule.nightly import LOG, Nightly, NightlyOptions, start_process
from ownstack.learning.turn import Turn
from ownstack.paths import Home

OPTIONS = NightlyOptions()
IDLE_S = 10_000.0


class Night:
    """A night whose clock and processes are a test's."""

    def __init__(self, home: Home) -> None:
        self.now = datetime(2026, 11, 30, 3, 0)
        self.started: list[list[str]] = []
        self.missing: tuple[str, ...] = ()
        self.home = home
        self.refuses = False

    def look(self, *folders: Path, options: NightlyOptions = OPTIONS) -> str:
        nightly = Nightly(
            self.home,
            now=lambda: self.now,
            on_mains=lambda: True,
            missing=lambda: self.missing,
            start=self._start,
        )
        return nightly.look(folders, options, IDLE_S)

    def _start(self, command: Sequence[str], words: Path) -> None:
        assert words == self.home.learning_folder / LOG
        if self.refuses:
            raise OSError(12, "Cannot allocate memory")
        self.started.append(list(command[3:]))


@pytest.fixture
def night(home: Home) -> Night:
    return Night(home)


@pytest.fixture
def folders(tmp_path: Path) -> list[Path]:
    made = [tmp_path / name for name in ("a", "b")]
    for folder in made:
        folder.mkdir()
    return made


def test_each_once_a_day(night: Night, folders: list[Path]) -> None:
    """One after the other, over restarts; the next night again, and whose turn it is first."""
    a, b = folders
    assert night.look(a, b) == ""
    assert night.look(a, b) == ""
    assert night.look(a, b) == "It was learned from today."
    night.now += timedelta(days=1)
    assert night.look(b) == ""
    assert night.look(a, b) == ""
    assert [command[1] for command in night.started] == [str(a), str(b), str(b), str(a)]


def test_what_is_started(night: Night, folders: list[Path]) -> None:
    """The command that a person would type, marked as nobody's."""
    night.look(folders[0], options=NightlyOptions(only_on_mains=True, minutes=30))
    night.look(folders[1], options=NightlyOptions(only_on_mains=False, minutes=60))

    assert night.started == [
        ["learn", str(folders[0]), "--nightly", "--minutes", "30", "--only-on-mains"],
        ["learn", str(folders[1]), "--nightly", "--minutes", "60"],
    ]


def test_no_folder(night: Night, tmp_path: Path) -> None:
    """Nor one that is away."""
    assert night.look() == "No folder is open."
    assert night.look(tmp_path / "away") == "No folder is open."


def test_somebody_trains(night: Night, folders: list[Path], home: Home) -> None:
    """It is not even tried."""
    with Turn.take(home, "/other"):
        assert "/other is being learned from" in night.look(*folders)
    assert night.started == []


def test_torch_is_missing(night: Night, folders: list[Path]) -> None:
    """It is said, and tried again when it is there."""
    night.missing = ("torch",)
    assert night.look(*folders).startswith("Not installed: torch. Install it with: ")
    night.missing = ()
    assert night.look(*folders) == ""


def test_no_process(night: Night, folders: list[Path]) -> None:
    """What cannot be started today is not tried every minute."""
    night.refuses = True
    said = night.look(folders[0])
    assert said == "Learning cannot be started: Cannot allocate memory."
    assert night.look(folders[0]) == "It was learned from today."


def test_a_clock_that_was_wrong(night: Night, folders: list[Path]) -> None:
    """A day in the future counts for nothing."""
    night.now += timedelta(days=4_000)
    assert night.look(folders[0]) == ""
    night.now -= timedelta(days=4_000)
    assert night.look(folders[0]) == ""


@pytest.mark.parametrize("noted", [b"", b"[]", b'{"a": 1}', b'{"a": "x"}', b"[" * 100_000])
def test_a_note_of_anything(night: Night, folders: list[Path], home: Home, noted: bytes) -> None:
    """It counts for nothing."""
    home.learning_folder.mkdir(parents=True)
    (home.learning_folder / "nightly.json").write_bytes(noted)
    assert night.look(folders[0]) == ""


@pytest.mark.process
def test_a_process_of_its_own(tmp_path: Path) -> None:
    """What it says is in a file."""
    words = tmp_path / "new" / LOG
    start_process([sys.executable, "-c", "print('learned')"], words)
    deadline_s = time.monotonic() + 60
    while b"learned" not in words.read_bytes():
        assert time.monotonic() < deadline_s
        time.sleep(0.01)
