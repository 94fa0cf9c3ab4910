"""Files near a document: which are read, and that nothing outside the rules is."""

import os
from pathlib import Path

import pytest

from ownstack.completion.context import nearby as module
from ownstack.completion.context.nearby import Nearby
from ownstack.document import Document
from ownstack.files import reading
from ownstack.files.uri import file_path


def write(path: Path, data: str | bytes = "x = 1\n") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


def document(path: Path, language: str = "python") -> Document:
    return Document(path.as_uri(), path.name, language, 1, "")


def near(path: Path, *folders: Path, language: str = "python") -> list[str]:
    return [found.path for found in Nearby().read(document(path, language), folders)]


def test_the_own_folder_comes_first_then_the_parent_and_its_folders(tmp_path: Path) -> None:
    """Only files of the same language; the document itself is not near itself."""
    here = write(tmp_path / "src/a/here.py")
    for name in (
        "src/a/z.py",
        "src/up.py",
        "src/b/other.pyi",
        "src/a/x.js",
        "far.py",
        "src/b/c/d.py",
    ):
        write(tmp_path / name)

    assert near(here, tmp_path) == ["src/a/z.py", "src/up.py", "src/b/other.pyi"]


def test_headers_are_near_the_sources_of_their_language(tmp_path: Path) -> None:
    """By what they say, then by what lies beside them."""
    write(tmp_path / "src/a.h", "class A {\n};\n")
    write(tmp_path / "src/b.h", "int b(void);\n")
    write(tmp_path / "lib/c.h", "int c(void);\n")
    write(tmp_path / "lib/d.h", "@class D;\n")
    cpp, c = write(tmp_path / "src/a.cpp"), write(tmp_path / "lib/c.c")

    assert near(cpp, tmp_path, language="cpp") == ["src/a.h", "src/b.h"]
    assert near(c, tmp_path, language="c") == ["lib/c.h"]


def test_a_document_has_the_text_and_a_path_to_show(tmp_path: Path) -> None:
    """UTF-8, with or without a byte order mark, any line ends."""
    here = write(tmp_path / "here.py")
    there = write(tmp_path / "there.py", b"\xef\xbb\xbfx = '\xc3\xa9'\r\n")

    [found] = Nearby().read(document(here), [tmp_path])

    assert found == Document(there.as_uri(), "there.py", "python", 0, "x = 'é'\n")


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("binary.py", b"x = 1\0\0\0"),
        ("large.py", b"#" * (module.MAX_FILE_BYTES + 1)),
        ("secrets.py", b"PASSWORD = 'hunter2'\n"),
        ("ignored.py", b"x = 1\n"),
        ("build/made.py", b"x = 1\n"),
        ("excluded.py", b"x = 1\n"),
        ("sub/ignored_there.py", b"x = 1\n"),
        ("node_modules/a.py", b"x = 1\n"),
        ("tree/a.py", b"x = 1\n"),
    ],
)
def test_what_is_not_read(tmp_path: Path, name: str, data: bytes) -> None:
    """Binary, too large, secret by name and text, and all that an index would leave out."""
    write(tmp_path / ".gitignore", "ignored.py\nbuild/\n")
    write(tmp_path / ".git/HEAD", "ref: refs/heads/main\n")
    write(tmp_path / ".git/info/exclude", "excluded.py\n")
    write(tmp_path / "sub/.gitignore", "ignored_there.py\n")
    write(tmp_path / ".git/worktrees/tree/commondir", "../..\n")
    write(tmp_path / ".git/worktrees/tree/HEAD", "ref: refs/heads/other\n")
    write(tmp_path / "tree/.git", f"gitdir: {tmp_path}/.git/worktrees/tree\n")
    write(tmp_path / name, data)

    assert near(write(tmp_path / "here.py"), tmp_path) == []


def test_ignore_rules_are_read_again_when_they_change(tmp_path: Path) -> None:
    """And a broken file of rules ignores nothing."""
    here, rules = write(tmp_path / "here.py"), tmp_path / ".gitignore"
    write(tmp_path / "other.py")
    reader = Nearby()
    seen = []
    for number, text in enumerate(["other.py\n", "", "\xff[[[\n"]):
        write(rules, text)
        os.utime(rules, ns=(number + 1, number + 1))
        seen.append(len(reader.read(document(here), [tmp_path])))

    assert seen == [0, 1, 1]


@pytest.mark.parametrize("target", ["/dev/zero", "fifo", "other.py"])
def test_rules_behind_a_link_are_not_read(tmp_path: Path, target: str) -> None:
    """A clone may hold a link to what never ends; git reads none of them."""
    os.mkfifo(tmp_path / "fifo")
    write(tmp_path / "other.py", "*\n")
    (tmp_path / ".gitignore").symlink_to(target)

    assert near(write(tmp_path / "here.py"), tmp_path) == ["other.py"]


def test_links_are_not_followed(tmp_path: Path) -> None:
    """They lead outside, or to what is read anyway, or to what is not to be read."""
    inside, outside = tmp_path / "inside", tmp_path / "outside"
    here = write(inside / "a/here.py")
    write(inside / "a/real.py")
    (inside / "a/again.py").symlink_to(inside / "a/real.py")
    (inside / "a/leak.py").symlink_to(write(outside / "leak.py"))
    (inside / "linked").symlink_to(outside, target_is_directory=True)
    (inside / "a/loop.py").symlink_to(inside / "a/loop.py")

    assert near(here, inside) == ["a/real.py"]


def test_nothing_outside_the_workspace_folders(tmp_path: Path) -> None:
    """No folder, another folder, `..`, a parent above the root: nothing."""
    here = write(tmp_path / "root/here.py")
    write(tmp_path / "outside.py")

    assert near(here) == []
    assert near(here, tmp_path / "elsewhere") == []
    assert near(here, tmp_path / "root") == []
    assert near(tmp_path / "root" / ".." / "outside.py", tmp_path / "root") == []


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        ("untitled:Untitled-1", None),
        ("vscode-remote://ssh/a.py", None),
        ("file://host/a", Path("//host/a")),
    ],
)
def test_a_document_that_is_no_local_file_has_nothing_near(
    uri: str, expected: Path | None, tmp_path: Path
) -> None:
    """Untitled, remote and virtual documents are completed from open ones only."""
    assert file_path(uri) == expected
    assert Nearby().read(Document(uri, "a.py", "python", 1, ""), [tmp_path]) == []


def test_a_path_with_odd_characters(tmp_path: Path) -> None:
    """URIs are unquoted once."""
    here = write(tmp_path / "a b%20c é" / "here.py")
    write(here.parent / "there.py")

    assert file_path(here.as_uri()) == here
    assert near(here, tmp_path) == ["a b%20c é/there.py"]


async def test_an_untrusted_workspace_is_not_read(tmp_path: Path) -> None:
    """Trust is asked for before any disk is."""
    here = write(tmp_path / "here.py")
    write(tmp_path / "there.py")

    assert await Nearby().documents(document(here), [tmp_path], trusted=False) == []
    found = await Nearby().documents(document(here), [tmp_path], trusted=True)
    assert [each.path for each in found] == ["there.py"]


def test_files_are_read_again_only_when_they_change(tmp_path: Path) -> None:
    """The same document object until the time or the size differs; gone when the file is."""
    here, there = write(tmp_path / "here.py"), write(tmp_path / "there.py", "x = 1\n")
    reader = Nearby()

    [first] = reader.read(document(here), [tmp_path])
    [again] = reader.read(document(here), [tmp_path])
    assert again is first

    write(there, "x = 22\n")
    [changed] = reader.read(document(here), [tmp_path])
    assert changed.text == "x = 22\n"

    there.unlink()
    assert reader.read(document(here), [tmp_path]) == []


def test_files_that_vanish_or_refuse_are_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between listing and reading anything may happen."""
    here = write(tmp_path / "here.py")
    for name in ("gone.py", "refused.py", "there.py"):
        write(tmp_path / name)
    really_read = reading.read

    def read(folder: Path, relative: str, max_bytes: int) -> reading.Text | reading.Refusal:
        (tmp_path / "gone.py").unlink(missing_ok=True)
        if relative == "refused.py":
            return reading.Refusal("It cannot be read.", reading.NO_STAMP)
        return really_read(folder, relative, max_bytes)

    monkeypatch.setattr(reading, "read", read)

    assert near(here, tmp_path) == ["there.py"]


def test_a_folder_that_is_gone_has_no_files(tmp_path: Path) -> None:
    """The document may not be saved yet."""
    assert near(tmp_path / "nowhere" / "here.py", tmp_path) == []


def test_there_is_a_limit_to_files_and_to_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The nearest ones first."""
    here = write(tmp_path / "here.py")
    for number in range(50):
        write(tmp_path / f"f{number:02}.py", "#" * 100)

    assert len(near(here, tmp_path)) == module.MAX_FILES
    monkeypatch.setattr(module, "MAX_BYTES", 250)
    assert near(here, tmp_path) == ["f00.py", "f01.py"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    """Only regular files are opened."""
    os.mkfifo(tmp_path / "pipe.py")

    assert near(write(tmp_path / "here.py"), tmp_path) == []
