"""A file is written whole or not at all, and may be read by those who might before."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from ownstack.files.writing import write_whole

posix = pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")


@pytest.fixture(autouse=True)
def mask() -> Iterator[None]:
    before = os.umask(0o027)
    yield
    os.umask(before)


def mode(file: Path) -> int:
    return stat.S_IMODE(file.lstat().st_mode)


def test_a_new_file_in_a_new_folder(tmp_path: Path) -> None:
    """Line ends are what was given."""
    file = tmp_path / "a/b" / ("ä" * 100)

    write_whole(file, b"one\n\r\n", is_lasting=True)

    assert file.read_bytes() == b"one\n\r\n"
    assert [each.name for each in file.parent.iterdir()] == [file.name]


@posix
@pytest.mark.parametrize(
    ("before", "said", "after"),
    [
        (None, {}, 0o640),
        (None, {"keeps_mode": True}, 0o640),
        (None, {"is_private": True}, 0o600),
        (0o666, {}, 0o640),
        (0o666, {"keeps_mode": True}, 0o666),
        (0o755, {"keeps_mode": True}, 0o755),
        (0o666, {"is_private": True}, 0o600),
    ],
)
def test_who_may_read_it(
    tmp_path: Path, before: int | None, said: dict[str, bool], after: int
) -> None:
    file = tmp_path / "file"
    if before is not None:
        file.write_text("old")
        file.chmod(before)

    write_whole(file, b"new", **said)

    assert (file.read_text(), mode(file)) == ("new", after)


def test_a_link_is_replaced(tmp_path: Path) -> None:
    """What it leads to is another's."""
    other, link = tmp_path / "other", tmp_path / "link"
    other.write_text("old")
    link.symlink_to(other)

    write_whole(link, b"new")

    assert (other.read_text(), link.read_text(), link.is_symlink()) == ("old", "new", False)


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_what_cannot_be_written_leaves_all_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """Whichever step fails: nothing half written is there, under no name."""
    file = tmp_path / "file"
    file.write_text("old")

    def full(*_: object) -> None:
        raise OSError("The disk is full.")

    monkeypatch.setattr(f"ownstack.files.writing.os.{step}", full)
    with pytest.raises(OSError, match="full"):
        write_whole(file, b"new", is_lasting=True)

    assert [each.name for each in tmp_path.iterdir()] == ["file"]
    assert file.read_text() == "old"
