"""A folder, or some paths of it, looked at once."""

from pathlib import Path

import pytest

from ownstack.errors import IndexingError
from ownstack.files import listing as module
from ownstack.files.listing import look, look_at
from ownstack.files.scan import Entry, scan


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in (".gitignore", "a.py", "made.log", "logo.png", "sub/b.py", "build/c.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("*.log\nbuild/\n")
    return tmp_path


def test_single_paths_are_judged_as_the_whole_is(folder: Path) -> None:
    """What is ignored is not in a listing; of a path that is told of it is said why."""
    paths = ["a.py", "sub/b.py", "logo.png", "made.log", "build/c.py"]
    everything = look(folder).entries

    found = look_at(folder, paths)

    assert found is not None
    assert {path: found[path] for path in paths[:3]} == {
        path: everything[path] for path in paths[:3]
    }
    for path in paths[3:]:
        entry = found[path]
        assert entry is not None
        assert (entry.reason[:13], path in everything) == ("It is ignored", False)


@pytest.mark.parametrize("path", ["none.py", "a.py/x", "sub/none/x.py"])
def test_a_path_where_nothing_is(folder: Path, path: str) -> None:
    """Is told of, too: there may have been something."""
    assert look_at(folder, [path]) == {path: None}


@pytest.mark.parametrize("path", ["sub", ".gitignore", ".git/info/exclude", "nul\0/a.py"])
def test_a_path_that_says_something_about_others(folder: Path, path: str) -> None:
    """Everything must be looked at."""
    assert look_at(folder, ["a.py", path]) is None


def test_a_path_outside_the_folder(folder: Path) -> None:
    """Is nobody's business."""
    assert look_at(folder / "sub", ["../a.py"]) == {}


def test_an_empty_folder_is_away_for_those_who_know_that_it_was_none(tmp_path: Path) -> None:
    """A drive that is not mounted leaves one behind."""
    found = look(tmp_path)

    assert found.checked(holds_files=False) == {}
    with pytest.raises(IndexingError, match="is empty now"):
        found.checked(holds_files=True)


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    """Nothing can be said of its files."""
    with pytest.raises(IndexingError, match="cannot be listed"):
        look(tmp_path / "none").checked(holds_files=False)


def test_a_folder_that_is_emptied_while_it_is_looked_at(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was seen before does not make it whole."""

    def leaving(root: Path) -> list[Entry]:
        entries = list(scan(root))
        root.rename(root.with_name("away"))
        root.mkdir()
        return entries

    monkeypatch.setattr(module, "scan", leaving)

    with pytest.raises(IndexingError, match="is empty now"):
        look(folder).checked(holds_files=True)
