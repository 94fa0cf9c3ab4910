"""Lines that were suggested and are kept are noted where the user wants that."""

from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from ownstack.app.learning.line_keeper import LineKeeper
from ownstack.app.learning.window_projects import WindowProjects
from ownstack.document import Document
from ownstack.learning.data.kept_lines import KeptLines
from ownstack.settings import LearningSettings, Settings

TEXT = "import os\nvalue = compute(amount)\n"


@dataclass
class Window:
    settings: Settings
    projects: WindowProjects


def noted(folder: Path, window: Window, uri: str) -> dict[str, frozenset[int]]:
    """Return which lines of `src/a.py` are known as kept after one was told of."""
    keeper = LineKeeper(folder / "kept.sqlite")
    keeper.keep(window, Document(uri, "src/a.py", "python", 1, TEXT), ["value = compute(amount)"])
    keeper.close()
    log = KeptLines(folder / "kept.sqlite")
    found = log.of("/shop", [("src/a.py", TEXT)])
    log.close()
    return found


@pytest.mark.parametrize(
    ("enabled", "trusted", "uri", "lines"),
    [
        (True, True, "file:///shop/src/a.py", {"src/a.py": {1}}),
        (False, True, "file:///shop/src/a.py", {}),
        (True, False, "file:///shop/src/a.py", {}),
        (True, True, "file:///elsewhere/src/a.py", {}),
        (True, True, "untitled:Untitled-1", {}),
    ],
)
def test_lines_are_noted(
    tmp_path: Path, enabled: bool, trusted: bool, uri: str, lines: dict[str, set[int]]
) -> None:
    """Only with the setting, and only of folders that are trusted; by the name the trainer uses."""
    settings = replace(Settings(), learning=LearningSettings(enabled=enabled))
    window = Window(settings, WindowProjects(((Path("/shop"), "/shop"),), trusted))

    assert noted(tmp_path, window, uri) == lines


def test_without_the_setting_no_file_is_made(tmp_path: Path) -> None:
    keeper = LineKeeper(tmp_path / "kept.sqlite")
    window = Window(Settings(), WindowProjects(((Path("/shop"), "/shop"),)))
    keeper.keep(window, Document("file:///shop/a.py", "a.py", "python", 1, TEXT), ["import os"])
    keeper.close()

    assert list(tmp_path.iterdir()) == []


def test_what_an_earlier_process_noted_is_forgotten(tmp_path: Path) -> None:
    file = tmp_path / "kept.sqlite"
    before = KeptLines(file)
    before.keep("/shop", "src/a.py", TEXT)
    before.close()
    keeper = LineKeeper(file)
    keeper.clear()
    keeper.close()
    log = KeptLines(file)

    assert log.of("/shop", [("src/a.py", TEXT)]) == {}
    log.close()


def test_where_nothing_was_noted_nothing_is_made_to_forget_it(tmp_path: Path) -> None:
    keeper = LineKeeper(tmp_path / "kept.sqlite")
    keeper.clear()
    keeper.close()

    assert list(tmp_path.iterdir()) == []
