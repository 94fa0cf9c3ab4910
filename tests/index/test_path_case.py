"""A file is in the index once, under the name that its folder lists.

Where the temporary folder ignores case itself (`--basetemp` may lie anywhere), nothing here is
simulated. Elsewhere one thing is: see `ignore_case`.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from ownstack.files import path_case
from ownstack.files.path_case import PathCase, ignores_case, listed
from ownstack.files.scan import reason, scan
from ownstack.index.project import ProjectIndex
from ownstack.index.storage.file_state import FileState
from ownstack.index.update.plan import SyncPlan
from tests.support.casing import ignore_case
from tests.support.indexing import found, open_index, plan_update, write

FILES = {"client.py": "def listen(): pass\n", "app/Net.py": "def accept(): pass\n"}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A small project."""
    write(tmp_path / "project", FILES)
    return tmp_path / "project"


@pytest.fixture
def ignoring(root: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The project, in a file system that ignores case."""
    ignore_case(root, monkeypatch)
    return root


@pytest.fixture
def telling(root: Path) -> Path:
    """The project, in a file system that tells names by their case."""
    if ignores_case(root):
        pytest.skip("the temporary folder ignores case")
    return root


@pytest.fixture
def index(ignoring: Path, tmp_path: Path) -> Iterator[ProjectIndex]:
    """The project's index, made once."""
    index = open_index(ignoring, tmp_path / "cache")
    index.refresh()
    yield index
    index.close()


def stored(*paths: str) -> dict[str, FileState]:
    return {path: FileState((1, 1)) for path in paths}


def files(index: ProjectIndex) -> set[str]:
    return {file.path for file in index.snapshot.files()}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("Client.py", "client.py"),
        ("client.py", "client.py"),
        ("APP/net.py", "app/Net.py"),
        ("APP/New.py", "app/New.py"),
        ("None/Net.py", "None/Net.py"),
        ("", ""),
    ],
)
def test_a_path_is_spelled_as_its_folders_list_it(ignoring: Path, path: str, expected: str) -> None:
    """As far as it is there."""
    assert listed(ignoring, path) == expected


def test_letters_with_marks(ignoring: Path) -> None:
    """Some systems list them in two parts; editors write them as one."""
    write(ignoring, {"u\u0308ber.py": "x = 1\n"})
    (name,) = set(os.listdir(ignoring)) - {"client.py", "app"}

    assert listed(ignoring, "\u00dcber.py") == name


def test_where_case_tells_every_name_is_its_own(telling: Path) -> None:
    """Also where a name stands in both spellings, as two files or as two links to one."""
    write(telling, {"a": "x = 1\n", "A": "y = 1\n"})
    os.link(telling / "client.py", telling / "CLIENT.PY")

    assert not ignores_case(telling)
    assert [listed(telling, path) for path in ("a", "A", "Client.py")] == ["a", "A", "Client.py"]


@pytest.mark.process
def test_two_files_stay_two(telling: Path, tmp_path: Path) -> None:
    """`A.py` and `a.py` side by side, told of one by one; one goes, and comes back."""
    write(telling, {"a.py": "def first(): pass\n", "A.py": "def second(): pass\n"})
    index = open_index(telling, tmp_path / "cache")
    index.refresh()
    write(telling, {"a.py": "def third(): pass\n"})
    (telling / "A.py").unlink()
    assert index.update(["a.py", "A.py"])
    assert (found(index, "third"), found(index, "second")) == ({"a.py"}, set())

    write(telling, {"A.py": "def fourth(): pass\n"})
    assert index.update(["A.py"])
    assert (found(index, "third"), found(index, "fourth")) == ({"a.py"}, {"A.py"})
    index.close()


def test_where_case_tells_a_folder_is_asked_once_and_not_listed(
    telling: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A thousand files that changed cost two questions here."""
    asked, real = [], path_case._is_there

    def is_there(folder: str, name: str) -> bool:
        asked.append(folder)
        return real(folder, name)

    def listdir(folder: str) -> list[str]:
        raise AssertionError(f"{folder} is listed")

    monkeypatch.setattr(path_case, "_is_there", is_there)
    monkeypatch.setattr(os, "listdir", listdir)
    paths = [f"app/{number}.py" for number in range(1_000)]

    assert list(PathCase(telling, stored()).all(paths)) == paths
    assert len(asked) == 2


@pytest.mark.parametrize(
    ("paths", "known", "expected"),
    [
        (["Client.py"], ["client.py"], SyncPlan(("client.py",), (), (), 0)),
        (["Client.py", "client.py"], [], SyncPlan(("client.py",), (), (), 0)),
        (["APP/NET.py"], ["app/Net.py"], SyncPlan(("app/Net.py",), (), (), 0)),
        (["CLIENT.py"], ["Client.py"], SyncPlan(("client.py",), ("Client.py",), (), 0)),
        (["Client.py"], ["Client.py"], SyncPlan(("client.py",), ("Client.py",), (), 0)),
        (["client.py"], ["Client.py"], SyncPlan(("client.py",), ("Client.py",), (), 0)),
        (["GONE.py"], ["gone.py", "client.py"], SyncPlan((), ("gone.py",), (), 0)),
        (["None/gone.py"], ["none/Gone.py"], SyncPlan((), ("none/Gone.py",), (), 0)),
    ],
    ids=[
        *("other case", "both cases", "other folder", "known by a third", "known as it was"),
        *("known by another", "gone", "gone with its folder"),
    ],
)
def test_single_files_that_are_told_of_in_any_case(
    ignoring: Path, paths: list[str], known: list[str], expected: SyncPlan
) -> None:
    """What is listed is read; what is known by another name goes."""
    assert plan_update(ignoring, paths, stored(*known), ()) == expected


def test_a_folder_or_an_ignore_file_in_any_case(ignoring: Path) -> None:
    """Means a look at everything."""
    assert plan_update(ignoring, ["app"], {}, ()) is None
    assert plan_update(ignoring, [".GitIgnore"], {}, ()) is None


@pytest.mark.process
def test_a_file_that_is_told_of_in_other_case(index: ProjectIndex, ignoring: Path) -> None:
    """An event, or an editor that saves it."""
    write(ignoring, {"client.py": "def connect(): pass\n"})
    assert index.update(["Client.py", "APP/net.py"])

    assert files(index) == {"client.py", "app/Net.py"}
    assert found(index, "connect") == {"client.py"}


@pytest.mark.process
@pytest.mark.parametrize("events", [["Client.py", "client.py"], ["Client.py"], ["client.py"]])
def test_a_file_whose_case_alone_is_changed(
    index: ProjectIndex, ignoring: Path, events: list[str]
) -> None:
    """Has its new name, and the old one no more."""
    os.rename(ignoring / "client.py", ignoring / "Client.py")
    assert index.update(events)

    assert files(index) == {"Client.py", "app/Net.py"}
    assert found(index, "listen") == {"Client.py"}
    assert index.refresh().gone == ()


@pytest.mark.process
def test_a_folder_whose_case_alone_is_changed(index: ProjectIndex, ignoring: Path) -> None:
    """Is told of as a folder; or an editor saves a file in it before that."""
    os.rename(ignoring / "app", ignoring / "App")
    assert index.update(["App/Net.py"])
    assert files(index) == {"client.py", "App/Net.py"}
    assert not index.update(["App", "app"])

    index.refresh()
    assert files(index) == {"client.py", "App/Net.py"}


@pytest.mark.process
def test_an_unsaved_text_of_a_path_in_other_case(index: ProjectIndex, ignoring: Path) -> None:
    """Stands for the file, and is given up by either name."""
    for given_up in ("Client.py", "CLIENT.PY", "client.py"):
        index.overlay("Client.py", "def draft(): pass\n")
        write(ignoring, {"client.py": "def connect(): pass\n"})
        assert index.update(["CLIENT.py"])
        assert found(index, "draft", "connect", "listen") == {"client.py"}
        assert found(index, "connect", "listen") == set()

        index.overlay(given_up, None)
        assert found(index, "connect") == {"client.py"}
        assert found(index, "draft") == set()
    assert files(index) == {"client.py", "app/Net.py"}


@pytest.mark.process
def test_a_file_that_is_renamed_under_an_unsaved_text(index: ProjectIndex, ignoring: Path) -> None:
    """Has its new name once the text is given up."""
    index.overlay("client.py", "def draft(): pass\n")
    os.rename(ignoring / "client.py", ignoring / "Client.py")
    index.overlay("client.py", None)

    assert files(index) == {"Client.py", "app/Net.py"}
    assert found(index, "listen") == {"Client.py"}


def test_ignore_files_ignore_case_where_the_file_system_does(ignoring: Path) -> None:
    """As git does: in the folder, above it, and below it."""
    write(ignoring, {".git/info/exclude": "*.LOG\n", ".gitignore": "/app/Out/\n[B-C]lient.PY\n"})
    write(ignoring, {"app/.gitignore": "Tmp/\n", "app/tmp/a.py": "x = 1\n"})
    write(ignoring, {"app/OUT/b.py": "x = 1\n", "app/c.log": "x\n"})

    assert {entry.path for entry in scan(ignoring)} == {
        *(".git/", ".gitignore", "app/.gitignore", "app/Net.py")
    }
    assert {entry.path for entry in scan(ignoring / "app")} == {".gitignore", "Net.py"}
    assert reason(ignoring, "client.py") == "It is ignored (.gitignore)."
    assert reason(ignoring, "app/out/b.py") == "It is ignored (.gitignore)."


def test_ignore_files_mean_what_they_say_where_case_tells(telling: Path) -> None:
    """A rule in other case is about another file."""
    write(telling, {".gitignore": "/App/\nCLIENT.py\n"})

    assert {entry.path for entry in scan(telling)} == {".gitignore", *FILES}
