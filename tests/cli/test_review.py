"""`ownstack review`: findings by their places, of what is changed or of lines."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ownstack.cli import main
from ownstack.engine.scripted import ScriptedEngine
from ownstack.paths import Home
from tests.cli.test_chat import Capture, engine, model, shop
from tests.cli.test_edit import status_of
from tests.support.repository import make_repository

__all__ = ["engine", "model", "shop"]
pytestmark = pytest.mark.process


@pytest.fixture
def repository(shop: Path) -> Path:
    """The project with one commit, and a change."""
    make_repository(shop)
    (shop / "shop.py").write_text("def open_shop(door):\n    return door.lock()\n", "utf-8")
    return shop


def says(engine: ScriptedEngine, *findings: dict[str, Any]) -> None:
    engine.enqueue(json.dumps({"findings": findings}))


LOCKS = {
    "file": "shop.py", "line": 2, "code": "return door.lock()", "end_line": 2,
    "severity": "error", "title": "The door is locked.", "detail": "Unlock it.",
}  # fmt: skip


def test_changes(
    home: Home, repository: Path, model: str, engine: ScriptedEngine, capsys: Capture
) -> None:
    """As compilers print what they find."""
    says(engine, LOCKS)

    assert main(["review", "--model", model]) == 0

    out, err = capsys.readouterr()
    assert out == "shop.py:2: error: The door is locked.\n  Unlock it.\n"
    assert "scripted: 1 finding" in err
    asked = engine.chats[0].messages[-1].text
    assert "- " + "    return door.unlock()" in asked
    assert "Be brief." in asked


def test_json(
    home: Home, repository: Path, model: str, engine: ScriptedEngine, capsys: Capture
) -> None:
    says(engine, LOCKS, {**LOCKS, "code": "return window.lock()"})

    assert main(["review", "--model", model, "--json", "--diff", "HEAD"]) == 0

    out, err = capsys.readouterr()
    said = json.loads(out)
    assert err == ""
    assert said["model"] == "scripted"
    assert said["findings"] == [
        {
            "path": "shop.py", "startLine": 2, "endLine": 2, "severity": "error",
            "title": "The door is locked.", "detail": "Unlock it.",
        }
    ]  # fmt: skip


def test_lines(home: Home, shop: Path, model: str, engine: ScriptedEngine, capsys: Capture) -> None:
    """Without a repository."""
    says(engine)

    assert main(["review", "shop.py:1-2", "--model", model]) == 0

    out, err = capsys.readouterr()
    assert out == ""
    assert "scripted: no findings" in err


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (("shop.py", "--diff", "HEAD"), 2, "Name one of them"),
        (("--diff", "--output=x"), 2, "expected one argument"),
        (("--diff=--output=x",), 2, "no range"),
        (("--diff", "nobody"), 1, "git cannot tell"),
        (("none.py",), 1, "There is no file"),
        (("--path", "none"), 1, "There is no file or folder"),
    ],
)
def test_bad_input_is_one_line(
    home: Home,
    repository: Path,
    model: str,
    engine: ScriptedEngine,
    capsys: Capture,
    arguments: tuple[str, ...],
    status: int,
    message: str,
) -> None:
    assert status_of("review", *arguments, "--model", model) == status

    out, err = capsys.readouterr()
    assert out == ""
    assert message in err.splitlines()[-1]
    assert engine.chats == []


def test_nothing_is_changed(
    home: Home, repository: Path, model: str, engine: ScriptedEngine, capsys: Capture
) -> None:
    assert main(["review", "--diff", "staged", "--model", model]) == 2
    assert "Nothing is changed in staged" in capsys.readouterr().err


@pytest.mark.parametrize("answer", ["", "Looks good to me!"])
def test_a_model_that_only_talks(
    home: Home,
    repository: Path,
    model: str,
    engine: ScriptedEngine,
    capsys: Capture,
    answer: str,
) -> None:
    for _ in range(2):
        engine.enqueue(answer)

    assert main(["review", "--model", model]) == 1
    assert "not of the schema" in capsys.readouterr().err.splitlines()[-1]
