"""Rules are what a project's own files say: bounded, once each, and never from elsewhere."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ownstack.memory import rules


def write(root: Path, name: str, text: str) -> None:
    file = root / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, "utf-8")


def test_all_files_are_read_in_their_order(tmp_path: Path) -> None:
    write(tmp_path, ".ownstack/rules.md", "Third.\n")
    write(tmp_path, "CLAUDE.md", "Second.")
    write(tmp_path, "AGENTS.md", "First.")

    read = rules.read(tmp_path)

    assert read.text == (
        "Rules of this project, by its own files:\n\n## AGENTS.md\nFirst.\n\n"
        "## CLAUDE.md\nSecond.\n\n## .ownstack/rules.md\nThird."
    )
    assert [path for path, _hash in read.files] == list(rules.NAMES)


def test_without_files_there_are_no_rules(tmp_path: Path) -> None:
    write(tmp_path, "AGENTS.md", " \n")

    assert rules.read(tmp_path) == rules.Rules()


def test_a_link_to_another_of_the_files_is_read_once(tmp_path: Path) -> None:
    write(tmp_path, "AGENTS.md", "Be brief.")
    os.symlink("AGENTS.md", tmp_path / "CLAUDE.md")

    read = rules.read(tmp_path)

    assert read.text.count("Be brief.") == 1
    assert not read.problems


def test_a_link_out_of_the_project_is_not_read(tmp_path: Path) -> None:
    write(tmp_path, "elsewhere/AGENTS.md", "secret")
    write(tmp_path, "elsewhere/.ownstack/rules.md", "secret")
    root = tmp_path / "project"
    root.mkdir()
    os.symlink("../elsewhere/AGENTS.md", root / "AGENTS.md")
    os.symlink("../elsewhere/.ownstack", root / ".ownstack")

    read = rules.read(root)

    assert read.text == ""
    assert [problem.split(" leads out")[0] for problem in read.problems] == [
        "AGENTS.md",
        ".ownstack/rules.md",
    ]


def test_a_long_file_is_cut_and_that_is_said(tmp_path: Path) -> None:
    write(tmp_path, "AGENTS.md", "a" * (rules.MAX_BYTES + 1))

    read = rules.read(tmp_path)

    assert read.text.endswith("\n" + "a" * rules.MAX_BYTES)
    assert "longer" in read.problems[0]


@pytest.mark.parametrize("make", [os.mkdir, getattr(os, "mkfifo", os.mkdir)])
def test_what_is_no_file_is_said(tmp_path: Path, make) -> None:  # type: ignore[no-untyped-def]
    make(tmp_path / "AGENTS.md")

    read = rules.read(tmp_path)

    assert read.text == ""
    assert read.problems[0].startswith("AGENTS.md cannot be read")
