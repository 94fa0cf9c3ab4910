"""From files on disk to a suggestion: the whole of echo, as a window uses it."""

import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ownstack.completion.echo import Echo, LineSuggestion, Projects
from ownstack.completion.echo.store import Store
from ownstack.document import Document
from ownstack.files.publisher import Publishers


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "project"
    made.mkdir()
    return made


@pytest.fixture
def projects(tmp_path: Path) -> Iterator[Projects]:
    made = Projects(tmp_path / "cache", Publishers())
    yield made
    made.close()


def at(folder: Path, text: str, name: str = "here.py", version: int = 1) -> tuple[Document, int]:
    """A document, and the place of its `$0`."""
    uri = (folder / name).as_uri()
    return Document(uri, name, "python", version, text.replace("$0", "")), text.index("$0")


def suggested(
    projects: Projects, folder: Path, text: str, *others: Document
) -> LineSuggestion | None:
    document, offset = at(folder, text)
    echo = Echo(lambda: projects.views([folder]), stale=projects.saved)
    return echo.suggest(document, offset, others)


def test_a_line_of_any_file_of_the_project(projects: Projects, folder: Path) -> None:
    """However deep, with where it came from."""
    (folder / "a" / "b").mkdir(parents=True)
    (folder / "a" / "b" / "there.py").write_text("connection = open_connection(host, port)\n")
    projects.refresh(folder).result()

    found = suggested(projects, folder, "connection = op$0\n")

    assert found is not None
    assert (found.text, found.from_path) == ("en_connection(host, port)", "a/b/there.py")


def test_a_saved_file_counts(projects: Projects, folder: Path) -> None:
    """As soon as it has been read; its old text is gone."""
    file = folder / "there.py"
    file.write_text("connection = open_first(host)\n")
    projects.refresh(folder).result()
    file.write_text("connection = open_second(host, port)\n")

    future = projects.saved(file)
    assert future is not None
    future.result()
    found = suggested(projects, folder, "connection = op$0\n")

    assert found is not None
    assert found.text == "en_second(host, port)"


@pytest.mark.parametrize("change", ["rewrite", "remove"])
def test_what_is_gone_from_disk_is_not_proposed(
    projects: Projects, folder: Path, change: str
) -> None:
    """Also if nobody told of it: the file is looked at before its text is shown."""
    file = folder / "there.py"
    file.write_text("connection = open_first(host)\n")
    projects.refresh(folder).result()
    if change == "remove":
        file.unlink()
    else:
        file.write_text("something = else_entirely\n")

    assert suggested(projects, folder, "connection = op$0\n") is None


def test_an_open_document_hides_its_file(projects: Projects, folder: Path) -> None:
    """What was deleted in a buffer is gone, though the file still has it."""
    (folder / "there.py").write_text("connection = open_first(host)\n")
    (folder / "here.py").write_text("connection = open_here(host)\n")
    projects.refresh(folder).result()
    emptied, _ = at(folder, "$0", "there.py", version=2)
    written, _ = at(folder, "connection = open_unsaved()\n$0", "there.py", version=2)

    assert suggested(projects, folder, "connection = op$0\n", emptied) is None
    found = suggested(projects, folder, "connection = op$0\n", written)
    assert found is not None
    assert found.text == "en_unsaved()"


def test_a_secret_stays_in_its_file(projects: Projects, folder: Path) -> None:
    """A key from a settings file is not proposed in another one."""
    (folder / "settings.py").write_text('API_KEY = "f3Kd82LmQp0Zx7Wn4Vb1Tc6Yh9"\nDEBUG = True\n')
    projects.refresh(folder).result()

    assert suggested(projects, folder, 'API_KEY = "f3$0\n') is None
    found = suggested(projects, folder, "DEBUG = $0\n")
    assert found is not None
    assert found.text == "True"


def test_paths_that_the_user_excludes(projects: Projects, folder: Path) -> None:
    """Nothing is taken from them."""
    (folder / "private.py").write_text("connection = open_first(host)\n")
    projects.refresh(folder).result()
    document, offset = at(folder, "connection = op$0\n")

    def said(allowed: bool) -> LineSuggestion | None:
        echo = Echo(lambda: projects.views([folder]), allowed=lambda path: allowed)
        return echo.suggest(document, offset, [])

    assert said(allowed=True) is not None
    assert said(allowed=False) is None


def test_a_window_without_folders_reads_nothing(projects: Projects, folder: Path) -> None:
    """A workspace that is not trusted has none."""
    (folder / "there.py").write_text("connection = open_first(host)\n")
    document, offset = at(folder, "connection = op$0\n")

    assert Echo(lambda: projects.views([])).suggest(document, offset, []) is None
    assert projects.saved(folder / "there.py") is None


def test_a_vendored_copy_of_the_file_itself(projects: Projects, folder: Path) -> None:
    """It tells what follows; that is what was typed there."""
    text = "def first():\n    return compute(1)\n\n\ndef second():\n    return compute(2)\n"
    (folder / "vendored").mkdir()
    (folder / "vendored" / "here.py").write_text(text)
    projects.refresh(folder).result()

    found = suggested(projects, folder, text.replace("compute(1)", "$0"))

    assert found is not None
    assert found.text == "compute(1)"


@pytest.mark.parametrize(
    "line", ["a" * 15_000, "ab" * 7_000, "x = 1; " * 2_000], ids=["one", "two", "seven"]
)
def test_repetition_without_end(projects: Projects, folder: Path, line: str) -> None:
    """Runs of equal characters are sorted and searched like anything else."""
    lines = "\n".join([line] + ["ordinary = line(of, code)"] * 5_000)
    (folder / "there.py").write_text(lines)
    projects.refresh(folder).result()

    found = suggested(projects, folder, f"{line[:400]}$0\nordinary = l\n")

    assert found is None or len(found.text) <= 200


def test_changes_that_nobody_told_of_are_found(
    projects: Projects, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The system tells of them; nobody has to look at the folder."""
    updated = threading.Event()
    real = Store.update
    monkeypatch.setattr(Store, "update", lambda *given: (real(*given), updated.set()))
    projects.refresh(folder).result()
    (folder / "new.py").write_text("connection = open_first(host)\n")

    assert updated.wait(20)
    found = suggested(projects, folder, "connection = op$0\n")
    assert found is not None
    assert found.text == "en_first(host)"


def test_a_folder_that_no_window_has_is_let_go_of(projects: Projects, folder: Path) -> None:
    """It is no longer watched; a window that opens it later finds what was stored."""
    (folder / "a.py").write_text("value = compute(1)\n" * 20_000)
    projects.use("one", [folder])
    projects.use("other", [folder])
    projects.refresh(folder).result()
    publisher = projects._publishers.of(folder)

    projects.use("one", ())
    assert publisher.is_heard
    projects.use("other", ())
    projects.refresh(folder.parent / "next").result()  # Work is done in turn.
    assert not publisher.is_heard
    assert projects.saved(folder / "a.py") is None

    projects.refresh(folder).result()
    assert projects.views([folder])[0].complete


def test_a_folder_that_a_window_lets_go_of_at_the_end(tmp_path: Path, folder: Path) -> None:
    """Is not watched on when all work ends right after."""
    projects = Projects(tmp_path / "cache", Publishers())
    projects.use("one", [folder])
    projects.refresh(folder).result()
    publisher = projects._publishers.of(folder)

    projects.use("one", ())
    projects.close()

    assert not publisher.is_heard


def test_a_folder_that_cannot_be_read(projects: Projects, folder: Path) -> None:
    """Is an empty project."""
    projects.refresh(folder / "missing").result()

    assert projects.views([folder / "missing"])[0].parts == ()


def test_folders_that_nobody_opens_any_more(tmp_path: Path, folder: Path) -> None:
    """What was stored of them goes after two months; the rest stays."""
    for name, age_days in (("old", 61), ("recent", 59)):
        stored = tmp_path / "cache" / name
        stored.mkdir(parents=True)
        (stored / "a.echo").write_bytes(b"x")
        then = time.time() - age_days * 86_400
        os.utime(stored, (then, then))
    projects = Projects(tmp_path / "cache", Publishers())

    projects.refresh(folder).result()
    projects.close()

    assert [path.name for path in (tmp_path / "cache").iterdir()] == ["recent"]


def test_nothing_is_written_into_the_project(projects: Projects, folder: Path) -> None:
    """Everything of ours lies in the cache."""
    (folder / "a.py").write_text("value = compute(1)\n" * 20_000)
    projects.refresh(folder).result()

    assert os.listdir(folder) == ["a.py"]
    assert projects.views([folder])[0].parts[0].path is not None
