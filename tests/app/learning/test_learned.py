"""What windows know of adapters: read in threads, told from memory."""

from __future__ import annotations

from pathlib import Path

import pytest

from ownstack.app.learning.learned import Learned
from ownstack.app.learning.window_projects import NO_PROJECTS, WindowProjects
from ownstack.learning.adapters.store import AdapterStore
from ownstack.paths import Home
from tests.support.learned import keep, record_of

PROJECTS = WindowProjects(((Path("/home/ada/shop"), "/home/ada/shop"),))


@pytest.fixture
def base(tmp_path: Path) -> Path:
    file = tmp_path / "base.gguf"
    file.write_bytes(b"GGUF, a model")
    return file


@pytest.fixture
def terminal(home: Home) -> AdapterStore:
    """Another process."""
    return AdapterStore(home)


def told(learned: Learned, base: Path, projects: WindowProjects = PROJECTS) -> list[str]:
    found = learned.statuses(base, "tiny", "completion", projects)
    return [one.name for one in found if one.serves]


async def test_what_a_terminal_puts_in_use_is_told(
    home: Home, base: Path, terminal: AdapterStore, tmp_path: Path
) -> None:
    """Once the disk was looked at, and whoever shows it hears of that."""
    learned, heard = Learned(home), []
    learned.refresh(lambda: heard.append(1))
    await learned.refreshed()
    assert told(learned, base) == []

    keep(terminal, tmp_path, record_of("shop", base=base, project="/home/ada/shop"))
    before = len(heard)
    await learned.refreshed()

    assert told(learned, base) == ["shop"]
    assert len(heard) > before


async def test_nothing_is_heard_while_nothing_changes(
    home: Home, base: Path, terminal: AdapterStore, tmp_path: Path
) -> None:
    """A look that finds nothing new moves no status item."""
    keep(terminal, tmp_path, record_of("infill", base=base))
    learned, heard = Learned(home), []
    told(learned, base)
    learned.refresh(lambda: heard.append(1))
    await learned.refreshed()
    before = len(heard)

    await learned.refreshed()
    await learned.refreshed()

    assert told(learned, base) == ["infill"]
    assert len(heard) == before


async def test_another_file_in_the_place_of_a_model_is_another_model(
    home: Home, base: Path, terminal: AdapterStore, tmp_path: Path
) -> None:
    """What was trained for the one that was there serves no more; it is said why."""
    keep(terminal, tmp_path, record_of("infill", base=base))
    learned = Learned(home)
    told(learned, base)
    await learned.refreshed()
    assert told(learned, base) == ["infill"]

    base.write_bytes(b"GGUF, a model of another kind")
    await learned.refreshed()

    [one] = learned.statuses(base, "tiny", "completion", PROJECTS)
    assert not one.serves
    assert one.reason == "It was trained for another file of tiny; learn again for this one."


async def test_a_window_without_folders_has_the_generic_ones(
    home: Home, base: Path, terminal: AdapterStore, tmp_path: Path
) -> None:
    """And only those."""
    keep(terminal, tmp_path, record_of("infill", base=base))
    keep(terminal, tmp_path, record_of("shop", base=base, project="/home/ada/shop"))
    learned = Learned(home)
    told(learned, base)
    await learned.refreshed()

    assert told(learned, base, NO_PROJECTS) == ["infill"]


async def test_a_model_that_runs_elsewhere_has_none(home: Home) -> None:
    """It is no file of ours."""
    assert Learned(home).statuses(None, "far:tiny", "completion", PROJECTS) == ()


async def test_a_model_that_cannot_be_read_has_none(
    home: Home, tmp_path: Path, base: Path, terminal: AdapterStore
) -> None:
    """Whoever loads it will say what is wrong with it."""
    keep(terminal, tmp_path, record_of("infill", base=base))
    learned, gone = Learned(home), tmp_path / "gone.gguf"
    told(learned, gone)
    await learned.refreshed()

    assert told(learned, gone) == []
