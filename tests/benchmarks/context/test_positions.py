"""Which cursors count: those behind which a symbol of another file belongs."""

from pathlib import Path

import pytest

from benchmarks.context.__main__ import foreign_share, names_right
from benchmarks.context.positions import Position, draw_positions, is_foreign, is_only_use
from benchmarks.infilling.cursors import Case
from benchmarks.infilling.sources import ProjectFiles, read_project
from ownstack.document import Document
from ownstack.index.snapshot.snapshot import Snapshot
from ownstack.index.texts import Texts
from ownstack.index.update.jobs import FileToRead, ReadFiles
from ownstack.index.update.tasks import read_files

pytestmark = pytest.mark.native

PADDING = "\n".join(f"number_{n} = {n}" for n in range(80)) + "\n"
FILES = {
    "client.py": "class ShopClient:\n    pass\n\n\ndef own_helper():\n    pass\n" + PADDING,
    "main.py": "client = make(ShopClient)\nfirst = own_thing(1)\n\n\ndef own_thing(a):\n    pass\n",
}
FILES["main.py"] += "\n".join(f"total_{n} = total_{n} + 1" for n in range(80)) + "\n"


@pytest.fixture
def project(tmp_path: Path) -> ProjectFiles:
    for path, text in FILES.items():
        (tmp_path / path).write_text(text)
    return read_project("shop", "python", tmp_path)


@pytest.fixture
def snapshot(project: ProjectFiles) -> Snapshot:
    files = tuple(FileToRead(path) for path in FILES)
    read = read_files(ReadFiles(str(project.root), files))
    return Snapshot.empty(Texts(project.root), dim=2).with_batch(read.batch)


def position(before: str, truth: str, *foreign: str) -> Position:
    document = Document("file:///a.py", "a.py", "python", 1, before)
    return Position(Case("shop", "python", document, len(before), truth), foreign)


def test_foreign_is_what_other_files_alone_define(snapshot: Snapshot) -> None:
    """Neither what the file defines itself, nor what nobody does."""
    assert is_foreign(snapshot, "main.py", 1, "ShopClient")
    assert not is_foreign(snapshot, "main.py", 2, "own_thing")
    assert not is_foreign(snapshot, "client.py", 1, "ShopClient")
    assert not is_foreign(snapshot, "main.py", 1, "nothing_like_it")


def test_a_variable_of_that_name_is_not_foreign(tmp_path: Path, snapshot: Snapshot) -> None:
    """It is the function's own, whatever others define."""
    (tmp_path / "other.py").write_text("def f(ShopClient):\n    return ShopClient\n")
    read = read_files(ReadFiles(str(tmp_path), (FileToRead("other.py"),)))
    later = snapshot.with_batch(read.batch)

    assert not is_foreign(later, "other.py", 2, "ShopClient")


def test_cursors_stand_before_foreign_names(project: ProjectFiles, snapshot: Snapshot) -> None:
    """The same ones each time; the rest of their lines is not in the text."""
    first = draw_positions([project], lambda _project: snapshot, 1, 3)
    again = draw_positions([project], lambda _project: snapshot, 1, 3)

    assert first == again
    [found] = first
    assert found.foreign == ("ShopClient",)
    assert found.case.before + found.case.truth == "client = make(ShopClient)"


def test_first_uses(project: ProjectFiles, snapshot: Snapshot, tmp_path: Path) -> None:
    """Nothing but the line of the cursor uses the symbol."""
    assert is_only_use(snapshot, "ShopClient")
    assert draw_positions([project], lambda _project: snapshot, 1, 3, first_uses=True)
    (tmp_path / "other.py").write_text("from client import ShopClient\n")
    read = read_files(ReadFiles(str(tmp_path), (FileToRead("other.py"),)))
    later = snapshot.with_batch(read.batch)

    assert not is_only_use(later, "ShopClient")
    assert draw_positions([project], lambda _project: later, 1, 3, first_uses=True) == []


def test_measures() -> None:
    """A name that was begun before the cursor counts as a whole."""
    at = position("client = Shop", "Client(host)", "ShopClient")

    assert names_right("Client( host )", at.case.truth)
    assert not names_right("Client(port)", at.case.truth)
    assert foreign_share("Client()", at) == 1.0
    assert foreign_share("Clients()", at) == 0.0
