"""`ownstack commit-message`: a message on standard output; nothing is committed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ownstack.cli import main
from ownstack.engine.scripted import ScriptedEngine
from ownstack.paths import Home
from tests.cli.test_chat import Capture, engine, model, shop
from tests.cli.test_chat_commit import repository, says
from tests.support.repository import git

__all__ = ["engine", "model", "repository", "shop"]
pytestmark = pytest.mark.process


def test_a_message(
    home: Home, repository: Path, model: str, engine: ScriptedEngine, capsys: Capture
) -> None:
    """For what is staged; the user's reason reaches the model."""
    says(engine, "Lock the door")

    assert main(["commit-message", "thieves came", "--model", model]) == 0

    assert capsys.readouterr().out == "Lock the door\n"
    assert "thieves came" in engine.chats[0].messages[-1].text
    assert git(repository, "log", "--format=%s") == "Open the shop\n"


def test_json_of_what_is_not_staged(
    home: Home, repository: Path, model: str, engine: ScriptedEngine, capsys: Capture
) -> None:
    git(repository, "reset", "-q")
    says(engine, "Lock the door")

    assert main(["commit-message", "--model", model, "--json"]) == 0

    out, err = capsys.readouterr()
    assert json.loads(out) == {"message": "Lock the door", "isStaged": False, "model": "scripted"}
    assert err == ""


def test_nothing_is_changed(
    home: Home, repository: Path, model: str, engine: ScriptedEngine, capsys: Capture
) -> None:
    git(repository, "commit", "-qam", "Lock the door")

    assert main(["commit-message", "--model", model]) == 2

    assert "Nothing is changed in files that git knows." in capsys.readouterr().err
    assert engine.chats == []
