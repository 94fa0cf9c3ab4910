"""A file that is open in an editor is what the editor has, and the editor changes it."""

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from ownstack.app.chats import window_files
from ownstack.app.chats.window_files import FileEdit, WindowFiles
from ownstack.chat.project_files import FileChange
from ownstack.chat.proposals import proposal
from ownstack.document import OpenText
from ownstack.errors import EditError


class Editor:
    """Does what it is asked, or says why not."""

    def __init__(self, able: bool = True, why: str = "") -> None:
        self.able, self.why = able, why
        self.asked: list[Sequence[FileEdit]] = []

    def can_edit(self, *, makes_or_removes: bool) -> bool:
        return self.able

    async def edit(self, label: str, edits: Sequence[FileEdit]) -> str:
        self.asked.append(edits)
        return self.why


def files(root: Path, editor: Editor | None = None, **texts: str | None) -> WindowFiles:
    """Those of a window that has some open, by their names without an ending."""
    opened = {
        root / f"{name}.py": OpenText(f"file:///{name}", 7, text) for name, text in texts.items()
    }
    return WindowFiles(root, opened.get, editor or Editor())


async def test_an_open_document_is_the_file(tmp_path: Path) -> None:
    """In the encoding of the file, with its mark; an untitled one is none of the project's."""
    (tmp_path / "a.py").write_bytes("\ufeffold\n".encode())

    now = files(tmp_path, a="new\n").now("a.py")

    assert now is not None
    assert (now.text, now.data) == ("new\n", "\ufeffnew\n".encode())
    assert files(tmp_path).open_text("a.py") is None
    assert files(tmp_path, a="new\n").open_text("a.py") == "new\n"


def test_ends_of_lines_are_no_change(tmp_path: Path) -> None:
    """Editors know one kind in a document, files may have several."""
    (tmp_path / "a.py").write_bytes(b"one\r\ntwo\nthree\r")

    opened = files(tmp_path, a="one\ntwo\nthree\n")
    now = opened.now("a.py")

    assert opened.open_text("a.py") is None
    assert now is not None
    assert now.data == b"one\r\ntwo\nthree\r"


def test_a_document_of_which_the_text_is_not_known(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("old\n", "utf-8")

    with pytest.raises(EditError, match="open and too large"):
        files(tmp_path, a=None).now("a.py")


def test_secrets_that_are_not_saved_yet(tmp_path: Path) -> None:
    """A name that may mean both is judged by what the editor has."""
    (tmp_path / "secrets.py").write_text("def secrets():\n    return []\n", "utf-8")
    text = "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----\n"

    with pytest.raises(EditError, match="holds secrets"):
        files(tmp_path, secrets=text).now("secrets.py")


async def test_the_editor_is_asked_with_its_own_names_and_versions(tmp_path: Path) -> None:
    """Of one that is not open, no version is named."""
    (tmp_path / "a.py").write_text("one\ntwo\n", "utf-8")
    (tmp_path / "b.py").write_text("b\n", "utf-8")
    editor = Editor()
    opened = files(tmp_path, editor, a="one\ntwo, not saved\n")
    changes = [
        FileChange("a.py", opened.now("a.py"), b"", "one\nzwei, not saved\n"),
        FileChange("b.py", opened.now("b.py"), None, ""),
        FileChange("gone.py", None, None, ""),
    ]

    await opened.write(changes, "label")

    [[a, b]] = editor.asked
    assert (a.uri, a.version, a.before) == ("file:///a", 7, "one\ntwo, not saved\n")
    assert [(each.start, each.text) for each in a.edits] == [(4, "zwei, not saved\n")]
    assert (b.uri, b.version, b.is_removed) == ((tmp_path / "b.py").as_uri(), None, True)
    assert (tmp_path / "b.py").exists()


async def test_what_is_another_by_now_is_not_asked_for(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("one\n", "utf-8")
    editor = Editor()
    opened = files(tmp_path, editor)
    change = FileChange("a.py", opened.now("a.py"), b"two\n", "two\n")
    (tmp_path / "a.py").write_text("other\n", "utf-8")

    with pytest.raises(EditError, match="changed meanwhile"):
        await opened.write([change], "label")
    assert editor.asked == []


async def test_why_an_editor_does_not_do_it(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("one\n", "utf-8")
    opened = files(tmp_path, Editor(why="no\x1b[31m " + "reason " * 99))

    with pytest.raises(EditError) as error:
        await opened.write([FileChange("a.py", opened.now("a.py"), b"", "")], "label")
    assert "\x1b" not in str(error.value)
    assert len(str(error.value)) < 400


async def test_without_such_an_editor_files_are_written(tmp_path: Path) -> None:
    """But for those that are not saved: none is written then."""
    (tmp_path / "a.py").write_text("one\n", "utf-8")
    (tmp_path / "b.py").write_text("one\n", "utf-8")
    opened = files(tmp_path, Editor(able=False), b="not saved\n")
    a, b = (FileChange(name, opened.now(name), b"two\n", "two\n") for name in ("a.py", "b.py"))

    with pytest.raises(EditError, match="not saved"):
        await opened.write([a, b], "label")
    assert (tmp_path / "a.py").read_text("utf-8") == "one\n"
    await opened.write([a], "label")
    assert (tmp_path / "a.py").read_text("utf-8") == "two\n"


async def test_a_document_that_changes_while_it_is_compared(tmp_path: Path) -> None:
    """Edits of one text never go out with the version of the next."""
    (tmp_path / "a.py").write_text("one\ntwo\n", "utf-8")
    versions = [OpenText("file:///a", 7, "one\ntwo\n"), OpenText("file:///a", 8, "0\none\ntwo\n")]
    asked: list[Path] = []

    def opened(path: Path) -> OpenText:
        asked.append(path)
        return versions[len(asked) > 2]

    editor = Editor()
    window = WindowFiles(tmp_path, opened, editor)
    change = FileChange("a.py", window.now("a.py"), b"one\nzwei\n", "one\nzwei\n")

    with pytest.raises(EditError, match="changed meanwhile"):
        await window.write([change], "label")
    assert len(asked) == 3
    assert editor.asked == []


async def test_a_long_change_does_not_stop_the_loop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Comparing many lines that are alike takes seconds."""
    (tmp_path / "a.py").write_text("one\n", "utf-8")
    threads = set[int]()

    def beside(*arguments: Any) -> Any:
        threads.add(threading.get_ident())
        return proposal(*arguments)

    monkeypatch.setattr(window_files, "proposal", beside)
    opened = files(tmp_path, Editor())

    await opened.write([FileChange("a.py", opened.now("a.py"), b"two\n", "two\n")], "label")

    assert threads
    assert threading.get_ident() not in threads
