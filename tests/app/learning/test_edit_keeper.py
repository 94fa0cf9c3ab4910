"""Edits of code actions that were accepted are noted where the user wants it, and learned from."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from ownstack.app.chats.chats import Chats
from ownstack.app.learning.edit_keeper import EditKeeper
from ownstack.app.learning.window_projects import WindowProjects
from ownstack.learning.data.collect import Options, collect
from ownstack.paths import Home
from ownstack.settings import LearningSettings, Settings

BEFORE = "def total(rows):\n    return sum(rows)\n"
AFTER = "def total(rows: list[int]) -> int:\n    return sum(rows)\n"


@dataclass
class Window:
    settings: Settings
    projects: WindowProjects


@pytest.mark.parametrize(
    ("enabled", "trusted", "uri_folder", "learned"),
    [
        (True, True, "", ["def total(rows: list[int]) -> int:"]),
        (False, True, "", []),
        (True, False, "", []),
        (True, True, "elsewhere", []),
    ],
)
async def test_an_accepted_edit_is_learned_from(
    tmp_path: Path, home: Home, enabled: bool, trusted: bool, uri_folder: str, learned: list[str]
) -> None:
    """Only where it was asked for, in trusted folders, and of files in them."""
    project = tmp_path / "shop"
    project.mkdir()
    (project / "a.py").write_text(AFTER, "utf-8")
    chats = Chats(home)
    keeper = EditKeeper(lambda: chats)
    window = Window(
        Settings(learning=LearningSettings(enabled=enabled)),
        WindowProjects.of([project], trusted=trusted),
    )
    uri = (tmp_path / (uri_folder or "shop") / "a.py").as_uri()

    await keeper.keep(window, uri, "Add types.", BEFORE, AFTER)
    await chats.close()

    exchanges = collect(project, Options(home)).exchanges
    assert [each.answer.splitlines()[1] for each in exchanges if "total" in each.answer] == learned
