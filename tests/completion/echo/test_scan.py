"""Which files are read, and what becomes of odd ones."""

import os
from pathlib import Path

import pytest

from ownstack.completion.echo.scan import MAX_FILE_BYTES, counts, read
from ownstack.files import scan as scanning
from ownstack.files.listing import look, look_at


def tree(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("x = 1\n")


def names(folder: Path) -> list[str]:
    return [path for path, entry in look(folder).entries.items() if counts(entry)]


def accepts(folder: Path, name: str) -> bool:
    """Say it of a single file that is told of."""
    entry = (look_at(folder, [name]) or {}).get(name)
    return entry is not None and counts(entry)


def test_text_files_near_the_top_first(tmp_path: Path) -> None:
    """Breadth first, so that a limit leaves out what is deep down."""
    tree(tmp_path, "b/c/deep.py", "b/in.go", "top.rs", "Makefile")

    assert names(tmp_path) == ["Makefile", "top.rs", "b/in.go", "b/c/deep.py"]


def test_ignore_files_of_every_folder(tmp_path: Path) -> None:
    """The deepest rule that says something decides; a folder that is ignored is not entered."""
    tree(tmp_path, "a.py", "a.gen.py", "sub/a.gen.py", "sub/kept.gen.py", "sub/own.py", "out/a.py")
    (tmp_path / ".gitignore").write_text("*.gen.py\n/out/\n")
    (tmp_path / "sub" / ".gitignore").write_text("!kept.gen.py\nown.py\n")
    expected = ["a.py", "sub/kept.gen.py"]

    assert [name for name in names(tmp_path) if name.endswith(".py")] == expected
    everything = [path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.py")]
    assert sorted(name for name in everything if accepts(tmp_path, name)) == expected


@pytest.mark.parametrize(
    "name",
    [
        "node_modules/a/index.js",
        ".git/config",
        "venv/lib/a.py",
        ".env",
        "deploy/secrets.yaml",
        "id_rsa",
        "logo.png",
        "package-lock.json",
        "dist/app.min.js",
    ],
)
def test_what_is_never_read(tmp_path: Path, name: str) -> None:
    """What others made, what is not text, and what holds secrets by custom."""
    tree(tmp_path, name)

    assert names(tmp_path) == []
    assert not accepts(tmp_path, name)


def test_links_are_not_followed(tmp_path: Path) -> None:
    """Neither round in circles nor out of the folder."""
    outside, inside = tmp_path / "outside", tmp_path / "inside"
    tree(outside, "secret.py")
    tree(inside, "a.py")
    try:
        os.symlink(inside, inside / "round", target_is_directory=True)
        os.symlink(outside, inside / "out", target_is_directory=True)
        os.symlink(outside / "secret.py", inside / "link.py")
    except OSError:
        pytest.skip("this system makes no links for us")

    assert names(inside) == ["a.py"]
    assert [accepts(inside, name) for name in ("out/secret.py", "link.py", "a.py")] == [
        False,
        False,
        True,
    ]


def test_the_number_of_entries_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder without end is read to the limit."""
    tree(tmp_path, *(f"{n:03}.py" for n in range(50)))
    monkeypatch.setattr(scanning, "MAX_ENTRIES", 20)

    assert len(names(tmp_path)) == 20


@pytest.mark.parametrize(
    "data",
    [
        b"binary\0with a .py name",
        bytes(range(128, 256)) * 4,
        b"x" * 1_000_000,
        b"x" * 30_000 + b"\n" + b"a = 1\n",
        (b"var a=1;" * 100 + b"\n") * 100,
        b"y" * (MAX_FILE_BYTES + 1),
    ],
    ids=["nul", "no encoding", "one line", "a long line", "minified", "too large"],
)
def test_what_is_not_text_somebody_wrote(tmp_path: Path, data: bytes) -> None:
    """By what is in it, whatever its name."""
    (tmp_path / "a.py").write_bytes(data)

    assert read(tmp_path, "a.py") is None


def test_text_is_read_with_plain_line_ends(tmp_path: Path) -> None:
    """And without a byte order mark; the stamp is that of the file."""
    (tmp_path / "a.py").write_bytes("\ufeffä = 1\r\nb = 2\rc\n".encode())
    status = (tmp_path / "a.py").stat()

    source = read(tmp_path, "a.py")

    assert source is not None
    assert source.text.decode() == "ä = 1\nb = 2\nc\n"
    assert source.stamp == (status.st_mtime_ns, status.st_size)


def test_a_few_wrong_bytes_do_not_hide_a_file(tmp_path: Path) -> None:
    """A byte that is none of UTF-8, among thousands of characters that are."""
    text = "# für Köln, größer\n".encode() + b"# by J\xf6rg\n" + b"value = 1\n" * 100
    (tmp_path / "a.py").write_bytes(text)

    source = read(tmp_path, "a.py")

    assert source is not None
    assert source.text.startswith("# für Köln, größer\n# by J\ufffdrg".encode())


def test_what_is_gone_or_unreadable(tmp_path: Path) -> None:
    """Is not there; nothing is raised."""
    assert read(tmp_path, "missing.py") is None
    assert names(tmp_path / "missing") == []
