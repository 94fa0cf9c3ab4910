"""The folder that a document belongs to, as adapters name it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ownstack.app.learning.window_projects import WindowProjects


def test_a_document_belongs_to_the_innermost_folder(tmp_path: Path) -> None:
    """Beside it lies none."""
    inner = tmp_path / "shop" / "web"
    projects = WindowProjects.of((tmp_path / "shop", inner), trusted=True)

    assert projects.around((inner / "a.py").as_uri()) == os.path.realpath(inner)
    assert projects.around((tmp_path / "shop/a.py").as_uri()) == os.path.realpath(tmp_path / "shop")
    assert projects.around((tmp_path / "shopping/a.py").as_uri()) == ""


def test_a_folder_behind_a_link_has_one_name(tmp_path: Path) -> None:
    """Whichever way it was opened: what was learned from it is found."""
    (tmp_path / "real").mkdir()
    link = tmp_path / "link"
    try:
        link.symlink_to(tmp_path / "real", target_is_directory=True)
    except OSError as error:
        pytest.skip(f"No links here: {error}")
    projects = WindowProjects.of((link,), trusted=True)

    assert projects.around((link / "a.py").as_uri()) == os.path.realpath(tmp_path / "real")
    assert projects.named(link) == projects.usable[0]


@pytest.mark.parametrize(
    "uri",
    [
        "file:///shop/study.ipynb",
        "vscode-notebook-cell:/shop/study.ipynb#W1sZmlsZQ%3D%3D",
        "file:///shop/a%20b.py",
    ],
)
def test_cells_belong_where_their_notebook_does(uri: str) -> None:
    """And names may be written in any way that URIs know."""
    projects = WindowProjects(((Path("/shop"), "/shop"),))

    assert projects.around(uri) == "/shop"


@pytest.mark.parametrize("uri", ["untitled:Untitled-1", "git:/shop/a.py", "", "file:"])
def test_what_is_no_file_belongs_nowhere(uri: str) -> None:
    """Nothing that was learned from a folder serves there."""
    projects = WindowProjects(((Path("/shop"), "/shop"),))

    assert projects.around(uri) == ""


def test_folders_that_are_not_trusted_have_no_name() -> None:
    """But it is known which they are, to say why."""
    projects = WindowProjects(((Path("/shop"), "/shop"),), trusted=False)

    assert projects.around("file:///shop/a.py") == projects.named(Path("/shop")) == ""
    assert (projects.usable, projects.untrusted) == ((), ("/shop",))
    assert "not trusted" in projects.refusal
