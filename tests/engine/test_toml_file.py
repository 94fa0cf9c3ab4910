"""A small file that several processes share."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ownstack.engine import toml_file


def test_what_is_written_is_read(tmp_path: Path) -> None:
    """Folders are made, and nothing is left beside the file but its lock."""
    file = tmp_path / "new" / "a.toml"

    toml_file.update(file, lambda content: content.update(x=1))
    toml_file.update(file, lambda content: content.update(y="é"))

    assert toml_file.read(file) == ({"x": 1, "y": "é"}, "")
    assert sorted(path.name for path in file.parent.iterdir()) == ["a.toml", "a.toml.lock"]


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
