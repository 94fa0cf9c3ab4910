"""`ownstack explain`: the model sees the lines, who calls them and what they use."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ownstack.cli import main
from ownstack.engine.scripted import ScriptedEngine
from ownstack.paths import Home
from tests.cli.test_chat import Capture, engine, model, shop

__all__ = ["engine", "model", "shop"]
pytestmark = pytest.mark.process
"""Projects are read by worker processes."""


@pytest.fixture
def called(shop: Path) -> Path:
    (shop / "main.py").write_text(
        "from shop import open_shop\n\n\ndef main(doors):\n    return open_shop(doors[0])\n",
        "utf-8",
    )
    return shop


def test_an_explanation(
    home: Home, called: Path, model: str, engine: ScriptedEngine, capsys: Capture
) -> None:
    """Printed while it comes; what it cost stands on standard error."""
    engine.enqueue(("It opens ", "the shop."))

    assert main(["explain", "shop.py:2", "--model", model]) == 0

    out, err = capsys.readouterr()
    assert out == "It opens the shop.\n"
    assert "tokens read" in err
    asked = engine.chats[0].messages[-1].text
    assert "return open_shop(doors[0])" in asked
    assert "def open_shop(door):\n    return door.unlock()" in asked
    assert asked.endswith("Explain `open_shop` (@shop.py:1-2).")


def test_json(
    home: Home, called: Path, model: str, engine: ScriptedEngine, capsys: Capture
) -> None:
    engine.enqueue("It opens the shop.")

    assert main(["explain", "shop.py:1-2", "--model", model, "--json"]) == 0

    said = json.loads(capsys.readouterr().out)
    assert (said["text"], said["path"]) == ("It opens the shop.", "shop.py")
    assert (said["startLine"], said["endLine"]) == (1, 2)
    assert said["callers"] == ["main.py:5"]


@pytest.mark.parametrize(
    ("place", "status", "message"),
    [
        ("none.py", 1, "There is no file"),
        ("shop.py:99", 2, "There is no line 99"),
        (".env", 1, "holds secrets"),
        ("a.ipynb", 2, "Notebooks are not read here"),
        ("binary.py", 1, "binary"),
        (".", 1, "is a folder"),
    ],
)
def test_bad_places_are_one_line(
    home: Home,
    shop: Path,
    model: str,
    engine: ScriptedEngine,
    capsys: Capture,
    place: str,
    status: int,
    message: str,
) -> None:
    (shop / ".env").write_text("TOKEN=abc\n", "utf-8")
    (shop / "a.ipynb").write_text('{"cells": []}', "utf-8")
    (shop / "binary.py").write_bytes(b"\x7fELF\0\0\x01")

    assert main(["explain", place, "--model", model]) == status

    out, err = capsys.readouterr()
    assert out == ""
    assert message in err
    assert err.count("\n") == 1
    assert engine.chats == []


def test_what_is_only_read_may_be_generated_or_read_only(
    home: Home, shop: Path, model: str, engine: ScriptedEngine
) -> None:
    (shop / "api_pb2.py").write_text("def f():\n    return 1\n", "utf-8")
    (shop / "api_pb2.py").chmod(0o444)

    assert main(["explain", "api_pb2.py", "--model", model]) == 0
