"""A folder that is away is not one whose files are gone: drives of a network come and go.

The errors that such drives give are raised by the functions that ask them.
"""

import errno
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ownstack.errors import IndexingError
from ownstack.files import availability, listing
from ownstack.files.availability import is_passing
from ownstack.files.ignore import folder_rules
from ownstack.files.reading import NO_STAMP, stamp_of
from ownstack.files.scan import Entry, reason, scan
from ownstack.index.project import ProjectIndex
from ownstack.index.storage.columns import IndexedDocument
from ownstack.index.storage.file_state import FileState
from ownstack.index.update.jobs import FileToRead, ReadFiles
from ownstack.index.update.plan import SyncPlan, plan_listing
from ownstack.index.update.tasks import read_files
from tests.support.indexing import found, open_index, plan_update, shown, write

FILES = {
    "a.py": "def listen(): pass\n",
    "sub/b.py": "def accept(): pass\n",
    "sub/deep/c.py": "def connect(): pass\n",
}
PASSING = [errno.EIO, errno.ESTALE, errno.ENOTCONN, errno.ETIMEDOUT]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A small project, whose stamps prove what its files hold."""
    write(tmp_path / "project", FILES)
    for name in FILES:
        os.utime(tmp_path / "project" / name, (1, 1))
    return tmp_path / "project"


def stored(root: Path) -> dict[str, FileState]:
    """Return what an index holds that agrees with a folder."""
    return {entry.path: FileState(entry.stamp, entry.reason) for entry in scan(root)}


def fail(monkeypatch: pytest.MonkeyPatch, owner: object, name: str, at: str, number: int) -> None:
    """Let a function fail for paths that end so."""
    real: Callable[..., Any] = getattr(owner, name, open)

    def failing(path: Any, *rest: Any, **options: Any) -> Any:
        if not isinstance(path, int) and os.fspath(path).rstrip("/").endswith(at):
            raise OSError(number, os.strerror(number))
        return real(path, *rest, **options)

    monkeypatch.setattr(owner, name, failing, raising=False)


def go_away(root: Path) -> None:
    os.rename(root, root.with_name("away"))


def be_unmounted(root: Path) -> None:
    go_away(root)
    root.mkdir()


@pytest.mark.process
@pytest.mark.parametrize(
    ("leave", "words"),
    [
        (go_away, "cannot be listed: No such file or directory. "),
        (be_unmounted, "is empty now. What was read of it is kept. Connect its drive if that is"),
    ],
    ids=["gone", "an empty folder in its place"],
)
def test_a_folder_that_goes_and_comes_back(
    root: Path, index: ProjectIndex, leave: Callable[[Path], None], words: str
) -> None:
    """Nothing is forgotten, nothing is found meanwhile, and nothing is read again."""
    before = shown(index)
    leave(root)

    with pytest.raises(IndexingError, match=words):
        index.refresh()
    assert (index.status().phase, index.status().n_files) == ("failed", 3)
    assert words in index.status().message
    assert shown(index) == ""
    assert found(index, "listen", "accept") == set()
    assert not index.update(["a.py"])

    if root.exists():
        root.rmdir()
    os.rename(root.with_name("away"), root)
    assert index.refresh() == SyncPlan((), (), (), 3)
    assert (index.status().phase, index.status().message) == ("ready", "")
    assert shown(index) == before


@pytest.mark.process
@pytest.mark.parametrize("number", [*PASSING, errno.EACCES])
def test_a_folder_that_cannot_be_listed(
    root: Path, tmp_path: Path, index: ProjectIndex, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the reason; the store on disk keeps its files, too."""
    before = shown(index)
    with monkeypatch.context() as patch:
        fail(patch, os, "scandir", root.name, number)
        with pytest.raises(IndexingError, match=os.strerror(number)):
            index.refresh()
    index.close()

    again = open_index(root, tmp_path / "cache")
    assert again.refresh() == SyncPlan((), (), (), 3)
    assert shown(again) == before
    again.close()


def test_a_new_folder_may_be_empty(tmp_path: Path) -> None:
    """There is nothing to lose."""
    assert plan_listing(listing.look(tmp_path), {}, ()) == SyncPlan((), (), (), 0)


@pytest.mark.process
@pytest.mark.parametrize("leave", [go_away, be_unmounted])
def test_a_folder_that_goes_while_it_is_looked_at(
    root: Path, index: ProjectIndex, leave: Callable[[Path], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was not seen any more is not gone for that."""

    def leaving(folder: Path) -> Iterator[Entry]:
        entries = scan(folder)
        yield next(entries)
        leave(root)
        yield from entries

    monkeypatch.setattr(listing, "scan", leaving)

    with pytest.raises(IndexingError, match="What was read of it is kept"):
        index.refresh()
    assert index.status().n_files == 3


def test_another_drive_in_its_place(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The folder has files then, which are those of another."""
    devices = iter((1, 2))
    monkeypatch.setattr(availability, "device_of", lambda *_, **__: next(devices))

    with pytest.raises(IndexingError, match="away for a moment"):
        plan_listing(listing.look(root), stored(root), ())


@pytest.mark.parametrize("number", [errno.EIO, errno.EACCES])
def test_a_folder_that_was_away_for_a_moment(
    root: Path, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It could be listed before and after."""
    monkeypatch.setattr(availability, "device_of", lambda *_, **__: 1)
    fail(monkeypatch, os, "scandir", root.name, number)

    with pytest.raises(IndexingError, match=os.strerror(number)):
        plan_listing(listing.look(root), stored(root), ())


@pytest.mark.process
@pytest.mark.parametrize("number", PASSING)
def test_what_is_known_below_a_folder_that_is_away_is_kept(
    root: Path, index: ProjectIndex, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Files and folders of it, none of another; why nothing new is seen there is told."""
    before = shown(index)
    with monkeypatch.context() as patch:
        fail(patch, os, "scandir", "/sub", number)
        plan = index.refresh()
        assert [entry.path for entry in plan.left_out] == ["sub/"]
        assert (plan.read, plan.gone, plan.n_unchanged) == ((), (), 3)
        assert index.refresh() == SyncPlan((), (), (), 4)
        assert shown(index) == before
        assert f"It cannot be listed: {os.strerror(number)}." in index.status().left_out

    assert index.refresh().gone == ("sub/",)
    assert index.status().left_out == {}
    assert shown(index) == before


@pytest.mark.parametrize("number", [errno.EACCES, errno.ENOENT])
def test_a_folder_that_is_shut_or_gone_is_not_away(
    root: Path, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is known below it is forgotten."""
    known = stored(root)
    fail(monkeypatch, os, "scandir", "/sub", number)

    assert plan_listing(listing.look(root), known, ()).gone == ("sub/b.py", "sub/deep/c.py")


def test_an_ignore_file_that_is_away(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is taken in that it may forbid."""
    write(root, {"sub/.gitignore": "b.py\n", ".git/info/exclude": "*.log\n"})
    known = stored(root)
    write(root, {"sub/new.py": "x = 1\n"})
    with monkeypatch.context() as patch:
        fail(patch, folder_rules, "read_regular", "sub/.gitignore", errno.EIO)
        plan = plan_listing(listing.look(root), known, ())
        assert (plan.read, plan.gone) == ((), ())
        assert plan_update(root, ["sub/b.py"], known, ()) is None
        assert reason(root, "sub/b.py") == "It cannot be listed: Input/output error."
    assert plan_listing(listing.look(root), known, ()).read == ("sub/new.py",)

    fail(monkeypatch, folder_rules, "read_regular", "exclude", errno.EIO)
    with pytest.raises(IndexingError, match="Input/output error"):
        plan_listing(listing.look(root), known, ())


def test_a_file_that_cannot_be_asked_wants_a_look_at_everything(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Which tells what is away."""
    fail(monkeypatch, os, "lstat", "a.py", errno.ESTALE)

    assert plan_update(root, ["a.py"], stored(root), ()) is None


def test_files_that_go_with_their_folder_are_not_forgotten(root: Path) -> None:
    """Though each of them is told of; the last file of a folder may go."""
    known = {
        path: FileState((1, 1), "", IndexedDocument(path, b"1", "", 1, 1, 0)) for path in FILES
    }
    assert plan_update(root, ["never.py"], known, ()) == SyncPlan((), (), (), 0)
    be_unmounted(root)

    assert plan_update(root, ["a.py"], known, ()) is None
    assert plan_update(root, ["a.py"], {"a.py": known["a.py"]}, ()) == SyncPlan(
        (), ("a.py",), (), 0
    )
    root.rmdir()
    assert plan_update(root, ["a.py"], {"a.py": known["a.py"]}, ()) is None


@pytest.mark.parametrize("number", [*PASSING, errno.EMFILE])
def test_a_file_that_cannot_be_read_for_the_moment(
    root: Path, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Is not gone, and is read again next time, though its stamp may be the same then."""
    job = ReadFiles(str(root), (FileToRead("a.py"),))
    with monkeypatch.context() as patch:
        fail(patch, os, "stat", "a.py", number)
        assert stamp_of(root, "a.py") == NO_STAMP
    fail(monkeypatch, os, "open", "a.py", number)
    answer = read_files(job)
    ((path, stamp, why),) = answer.refused

    assert (path, stamp, answer.gone) == ("a.py", NO_STAMP, ())
    assert why == f"It cannot be read: {os.strerror(number)}."
    assert "a.py" in plan_listing(listing.look(root), {"a.py": FileState(stamp, why)}, ()).read


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (OSError(errno.ESTALE, "stale"), True),
        (OSError(errno.EMFILE, "too many"), True),
        (FileNotFoundError(errno.ENOENT, "none"), False),
        (PermissionError(errno.EACCES, "shut"), False),
        (ValueError("embedded null byte"), False),
    ],
)
def test_what_may_pass(error: OSError | ValueError, expected: bool) -> None:
    """By itself, that is: nobody has to do anything to the file."""
    assert is_passing(error) == expected


def test_what_may_pass_on_windows() -> None:
    """There `errno` says too little: 64 is a network name that is there no longer."""
    error = PermissionError(errno.EINVAL, "The specified network name is no longer available")
    error.winerror = 64

    assert is_passing(error)
