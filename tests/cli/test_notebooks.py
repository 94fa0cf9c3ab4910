"""Notebooks in the terminal: results by cell."""

import json
from pathlib import Path

import pytest

from ownstack.cli import main
from tests.support.notebooks import code, notebook, prose

pytestmark = pytest.mark.process

STUDY = notebook(
    prose("# Study"),
    code("\ndef load_parcels(depot):\n    return open(depot)"),
    code("load_parcels('north')"),
)


@pytest.fixture
def study(tmp_path: Path) -> Path:
    folder = tmp_path / "study"
    folder.mkdir()
    (folder / "study.ipynb").write_text(STUDY)
    (folder / "plain.py").write_text("def plain_function(): pass\n")
    return folder


def printed(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    assert main([str(argument) for argument in arguments]) == 0
    return capsys.readouterr().out


def test_places(study: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Of results and of symbols: the cell, and the lines within it."""
    found = printed(capsys, "search", "load_parcels", "--path", study, "--limit", 1)
    symbols = printed(capsys, "symbols", "load_parcels", "--path", study)
    of_file = printed(capsys, "symbols", study / "study.ipynb")
    plain = printed(capsys, "symbols", "plain_function", "--path", study)

    assert found.split("\n")[:3] == [
        "study.ipynb:cell 2:1-3  function load_parcels",
        "     1  ",
        "     2  def load_parcels(depot):",
    ]
    assert "study.ipynb:cell 2:2" in symbols
    assert [line.split()[-2:] for line in of_file.splitlines()[1:]] == [
        ["cell", "1:1"],
        ["cell", "2:2"],
    ]
    assert "plain.py:1" in plain


def test_json(study: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Programs are told the cell by a key of its own, which other files do not have."""
    path = ("--path", study, "--json")
    [hit] = json.loads(printed(capsys, "search", "load_parcels", "--limit", 1, *path))
    [symbol] = json.loads(printed(capsys, "symbols", "load_parcels", *path))
    [plain] = json.loads(printed(capsys, "symbols", "plain_function", *path))
    maps = {file["path"]: file for file in json.loads(printed(capsys, "map", study, "--json"))}

    assert (hit["path"], hit["cell"], hit["start_line"], hit["end_line"]) == (
        "study.ipynb",
        2,
        1,
        3,
    )
    assert (symbol["cell"], symbol["start_line"], symbol["end_line"]) == (2, 2, 3)
    assert "cell" not in plain
    [mapped] = maps["study.ipynb"]["symbols"]
    assert (mapped["cell"], mapped["line"], mapped["name"]) == (2, 2, "load_parcels")
    assert "cell" not in maps["plain.py"]["symbols"][0]
