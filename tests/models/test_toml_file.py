"""A small file that several processes share."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from ownstack.models import toml_file


def test_what_is_written_is_read(tmp_path: Path) -> None:
    """Folders are made, and nothing is left beside the file but its lock."""
    file = tmp_path / "new" / "a.toml"

    toml_file.update(file, lambda content: content.update(x=1))
    toml_file.update(file, lambda content: content.update(y="é"))

    assert toml_file.read(file) == ({"x": 1, "y": "é"}, "")
    assert sorted(path.name for path in file.parent.iterdir()) == ["a.toml", "a.toml.lock"]


WRITTEN = """\
# What I use at home.

x   =  1 # the first
[table]
  y = 'two' # as I like it
"""


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_what_a_person_wrote_stays(tmp_path: Path, line_end: str) -> None:
    """Comments, order, quotes and blanks around what is changed."""
    file = tmp_path / "a.toml"
    file.write_bytes(WRITTEN.replace("\n", line_end).encode())

    def change(content: dict[str, Any]) -> None:
        content["x"] = 5
        content["table"]["z"] = True

    toml_file.update(file, change)

    changed = WRITTEN.replace("x   =  1", "x   =  5").replace("\n", line_end) + "z = true\n"
    assert file.read_bytes().decode().splitlines() == changed.splitlines()
    assert toml_file.read(file) == ({"x": 5, "table": {"y": "two", "z": True}}, "")


def test_a_folder_that_is_a_link_stays_one(tmp_path: Path) -> None:
    """People keep their settings elsewhere, and link to them."""
    (tmp_path / "elsewhere").mkdir(mode=0o755)
    try:
        (tmp_path / "config").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    except OSError as error:
        pytest.skip(f"links cannot be made here: {error}")
    mode = (tmp_path / "elsewhere").stat().st_mode

    toml_file.update(tmp_path / "config" / "a.toml", lambda content: content.update(x=1))

    assert toml_file.read(tmp_path / "elsewhere" / "a.toml") == ({"x": 1}, "")
    assert (tmp_path / "elsewhere").stat().st_mode == mode


def test_two_that_write_wait_for_each_other(tmp_path: Path) -> None:
    """No change is lost."""
    file = tmp_path / "a.toml"

    def count(content: dict[str, Any]) -> None:
        content["n"] = content.get("n", 0) + 1

    with ThreadPoolExecutor(4) as threads:
        for done in [threads.submit(toml_file.update, file, count) for _ in range(40)]:
            done.result()

    assert toml_file.read(file) == ({"n": 40}, "")


def test_a_change_that_fails_changes_nothing(tmp_path: Path) -> None:
    """The old content stays whole."""
    file = tmp_path / "a.toml"
    toml_file.update(file, lambda content: content.update(x=1))

    def fail(content: dict[str, Any]) -> None:
        content["x"] = 2
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        toml_file.update(file, fail)

    assert toml_file.read(file) == ({"x": 1}, "")


@pytest.mark.parametrize("content", [b"x = ", b"\xff\xfe"])
def test_damage_is_said_and_kept(tmp_path: Path, content: bytes) -> None:
    """Reading leaves a damaged file alone; writing puts it aside."""
    file = tmp_path / "a.toml"
    file.write_bytes(content)

    read, problem = toml_file.read(file)
    toml_file.update(file, lambda content: content.update(x=1))

    assert (read, "a.toml is damaged" in problem) == ({}, True)
    assert file.with_name("a.toml.broken").read_bytes() == content
    assert toml_file.read(file) == ({"x": 1}, "")


def test_a_folder_in_its_place_is_said(tmp_path: Path) -> None:
    """What cannot be opened is a problem, not an error."""
    read, problem = toml_file.read(tmp_path)

    assert (read, "cannot be read" in problem) == ({}, True)
