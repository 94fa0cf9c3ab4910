"""Which files are read, and why others are not."""

import os
from pathlib import Path

import pytest

from ownstack.files import scan as scanning
from ownstack.files.reading import MAX_FILE_BYTES, NO_STAMP, Refusal, Text, read
from ownstack.files.scan import reason, scan


def tree(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("x = 1\n")


def reasons(folder: Path) -> dict[str, str]:
    return {entry.path: entry.reason for entry in scan(folder)}


def test_the_reason_is_recorded_and_the_same_for_one_file(tmp_path: Path) -> None:
    """For a person who asks why a file is not found."""
    tree(tmp_path, "a.py", "b.png", "id_rsa", "node_modules/x.js", "empty.py", "big.py")
    (tmp_path / "empty.py").write_text("")
    (tmp_path / "big.py").write_bytes(b"#\n" * MAX_FILE_BYTES)

    found = reasons(tmp_path)

    assert found["a.py"] == ""
    assert "binary" in found["b.png"]
    assert "secrets" in found["id_rsa"]
    assert "others made" in found["node_modules/"]
    assert found["empty.py"] == "It is empty."
    assert "too large" in found["big.py"]
    files = [path for path in found if not path.endswith("/")]
    assert {path: reason(tmp_path, path) for path in files} == {path: found[path] for path in files}


def test_rules_of_the_repository_around_a_folder(tmp_path: Path) -> None:
    """Of the folders above, of `.git/info/exclude`, and our own ones, which count most."""
    tree(tmp_path, ".git/info/exclude", "app/src/a.py", "app/src/b.log", "app/src/c.tmp")
    tree(tmp_path, "app/out/d.py", "app/src/e.gen", "app/src/f.gen")
    (tmp_path / ".git/info/exclude").write_text("*.log\n")
    (tmp_path / ".gitignore").write_text("/app/out/\n*.gen\n")
    (tmp_path / "app/.gitignore").write_text("src/*.tmp\n")
    (tmp_path / "app/.ownstackignore").write_text("!f.gen\n")
    expected = {"src/a.py", "src/f.gen"}

    found = {path for path in reasons(tmp_path / "app") if "/" in path}

    assert found == expected
    assert set(reasons(tmp_path / "app/src")) == {"a.py", "f.gen"}
    assert reason(tmp_path / "app", "src/c.tmp") == "It is ignored (.gitignore)."
    assert reason(tmp_path / "app", "out/d.py").startswith("It is ignored")
    assert reason(tmp_path / "app", "src/b.log") == "It is ignored (.git/info/exclude)."


def test_links_and_other_things(tmp_path: Path) -> None:
    """A link to the folder itself, a dead link, a pipe: nothing is followed or opened."""
    tree(tmp_path, "a.py")
    os.symlink(tmp_path, tmp_path / "loop")
    os.symlink(tmp_path / "none", tmp_path / "dead.py")
    os.mkfifo(tmp_path / "pipe.py")

    found = reasons(tmp_path)

    assert [path for path, why in found.items() if not why] == ["a.py"]
    assert found["loop"] == found["dead.py"] == reason(tmp_path, "loop/a.py") == "It is a link."
    assert found["pipe.py"] == reason(tmp_path, "pipe.py")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_folder_that_cannot_be_listed(tmp_path: Path) -> None:
    """Is named; the others are read."""
    tree(tmp_path, "a.py", "shut/b.py")
    (tmp_path / "shut").chmod(0)

    found = reasons(tmp_path)
    (tmp_path / "shut").chmod(0o700)

    assert found["a.py"] == ""
    assert "cannot be listed" in found["shut/"]


def test_a_folder_that_vanishes_while_it_is_walked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Is named; nothing is raised."""
    tree(tmp_path, "a.py", "sub/b.py")
    walk = scan(tmp_path)
    first = next(walk)
    (tmp_path / "sub" / "b.py").unlink()
    (tmp_path / "sub").rmdir()

    assert first.path == "a.py"
    assert ["cannot be listed" in entry.reason for entry in walk] == [True]


def test_a_folder_without_end_is_read_to_a_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And says so."""
    tree(tmp_path, *(f"{n}/a.py" for n in range(30)))
    monkeypatch.setattr(scanning, "MAX_ENTRIES", 40)

    found = reasons(tmp_path)

    assert len(found) == 11
    assert "more than 40 entries" in found[""]


@pytest.mark.parametrize(
    "name", ["new\nline.py", "quote's\".py", "A.py", "a.py", "ä b.py", "-- .py"]
)
def test_names_of_any_kind(tmp_path: Path, name: str) -> None:
    """Are names."""
    tree(tmp_path, name)

    assert reasons(tmp_path) == {name: ""}


def test_a_name_that_is_no_text(tmp_path: Path) -> None:
    """Bytes that are not UTF-8 come back as what Python makes of them."""
    with open(os.fsencode(tmp_path) + b"/\xff.py", "w") as file:
        file.write("x = 1\n")

    (path,) = reasons(tmp_path)

    assert os.fsencode(path) == b"\xff.py"
    assert isinstance(read(tmp_path, path), Text)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"a\0b", "binary"),
        (bytes(range(128, 256)) * 9, "encoding"),
        (b"var a=1;" * 4_000, "minified"),
        (b"#" * (MAX_FILE_BYTES + 1), "too large"),
    ],
)
def test_what_is_not_text_somebody_wrote(tmp_path: Path, data: bytes, expected: str) -> None:
    """By what is in it, with the reason and the stamp, so that it is not read again."""
    (tmp_path / "a.py").write_bytes(data)

    found = read(tmp_path, "a.py")

    assert isinstance(found, Refusal)
    assert expected in found.reason
    assert found.stamp[1] == len(data)


def test_a_file_of_200_megabytes_is_not_read(tmp_path: Path) -> None:
    """Its size is enough; the file is sparse, but would fill the memory."""
    with open(tmp_path / "huge.py", "wb") as file:
        file.truncate(200_000_000)

    assert "200.0 MB" in reasons(tmp_path)["huge.py"]


def test_a_file_that_went_has_no_stamp(tmp_path: Path) -> None:
    """That is how its end is told from one that must not be read."""
    found = read(tmp_path, "gone.py")

    assert isinstance(found, Refusal)
    assert found.stamp == NO_STAMP


@pytest.mark.parametrize(
    ("text", "generated"),
    [
        ("# Code generated by protoc. DO NOT EDIT.\n", True),
        ("// @generated\n", True),
        ("def generate(): ...\n", False),
        ("x = 1\n" * 200 + "# DO NOT EDIT\n", False),
    ],
)
def test_files_that_say_a_program_wrote_them(tmp_path: Path, text: str, generated: bool) -> None:
    """Near their beginning."""
    (tmp_path / "a.py").write_text(text)

    found = read(tmp_path, "a.py")

    assert isinstance(found, Text)
    assert found.generated == generated
