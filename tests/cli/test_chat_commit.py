"""`/commit`: shown always, edited if wanted, committed by a yes and by nothing else."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ownstack.cli import main
from ownstack.cli.chat import asking, terminal
from ownstack.engine.scripted import ScriptedEngine
from ownstack.paths import Home
from tests.cli.test_chat import Capture, Patch, engine, model, pipe, shop
from tests.support.repository import git, make_repository

__all__ = ["engine", "model", "shop"]
pytestmark = pytest.mark.process


@pytest.fixture
def repository(shop: Path) -> Path:
    """The project, with one commit and something staged."""
    make_repository(shop)
    (shop / "shop.py").write_text("door = 2\n", "utf-8")
    git(shop, "add", ".")
    return shop


def says(engine: ScriptedEngine, subject: str) -> None:
    engine.enqueue(json.dumps({"subject": subject, "body": []}))


def types(monkeypatch: Patch, *answers: str) -> None:
    """Have a user sit at a terminal who types these."""
    left: Iterator[str] = iter(answers)

    async def typed(_question: str) -> str:
        return next(left)

    monkeypatch.setattr(terminal, "is_terminal", lambda: False)  # Questions come by a pipe.
    monkeypatch.setattr(asking, "is_terminal", lambda: True)
    monkeypatch.setattr(asking, "typed", typed)


def test_what_the_user_says(
    home: Home,
    repository: Path,
    model: str,
    engine: ScriptedEngine,
    capsys: Capture,
    monkeypatch: Patch,
) -> None:
    """Nothing but a yes commits, and what is committed is what was edited."""
    change = (
        "import sys; f = open(sys.argv[1], 'r+'); t = f.read().strip(); "
        "f.seek(0); f.write(t + ', edited')"
    )
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.setenv("EDITOR", shlex.join([sys.executable, "-c", change]))
    for subject in ("Never", "Nor this", "Nor that", "Lock the door"):
        says(engine, subject)
    types(monkeypatch, "n", "", "e", "no", "e", "yes")
    pipe(monkeypatch, *["/commit"] * 4)

    assert main(["chat", "--model", model]) == 0

    out = capsys.readouterr().out
    assert "Never\nNot committed.\nNor this\nNot committed.\nNor that\n" in out
    assert "Nor that, edited\nNot committed.\nLock the door\n" in out
    assert "1 file changed" in out
    assert git(repository, "log", "--format=%s") == "Lock the door, edited\nOpen the shop\n"


def test_a_yes_to_what_is_shown(
    home: Home,
    repository: Path,
    model: str,
    engine: ScriptedEngine,
    capsys: Capture,
    monkeypatch: Patch,
) -> None:
    """After it nothing is left to commit, which is a line that failed."""
    says(engine, "Lock the door")
    types(monkeypatch, "y")
    pipe(monkeypatch, "/commit", "/commit")

    assert main(["chat", "--model", model]) == 1

    assert git(repository, "log", "--format=%s") == "Lock the door\nOpen the shop\n"
    assert "line 2: Nothing is changed in files that git knows." in capsys.readouterr().err


def test_without_a_terminal_it_is_shown_alone(
    home: Home,
    repository: Path,
    model: str,
    engine: ScriptedEngine,
    capsys: Capture,
    monkeypatch: Patch,
) -> None:
    """The next line of the input is no answer, and the user's reasons reach the model."""
    says(engine, "Lock the door")
    pipe(monkeypatch, "/commit thieves came", "y")

    assert main(["chat", "--model", model]) == 0

    out, err = capsys.readouterr()
    assert out.startswith("Lock the door\n")
    assert "Nobody is there to say yes" in err
    assert "thieves came" in engine.chats[0].messages[-1].text
    assert git(repository, "log", "-1", "--format=%s").strip() == "Open the shop"


def test_nothing_is_staged_for_the_user(
    home: Home,
    repository: Path,
    model: str,
    engine: ScriptedEngine,
    capsys: Capture,
    monkeypatch: Patch,
) -> None:
    git(repository, "reset", "-q")
    says(engine, "Lock the door")
    types(monkeypatch)
    pipe(monkeypatch, "/commit")

    assert main(["chat", "--model", model]) == 0

    assert "Lock the door\nNothing is staged, so nothing is committed" in capsys.readouterr().out
    assert git(repository, "diff", "--cached") == ""


def test_hooks_are_named_before_anybody_is_asked(
    home: Home,
    repository: Path,
    model: str,
    engine: ScriptedEngine,
    capsys: Capture,
    monkeypatch: Patch,
) -> None:
    hook = repository / ".git" / "hooks" / "pre-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\ntouch ran\n", "utf-8")
    hook.chmod(0o755)
    says(engine, "Lock the door")
    types(monkeypatch, "n")
    pipe(monkeypatch, "/commit")

    assert main(["chat", "--model", model]) == 0

    assert "git runs hooks of this repository: pre-commit." in capsys.readouterr().out
    assert not (repository / "ran").exists()


def test_without_a_model(home: Home, shop: Path, capsys: Capture, monkeypatch: Patch) -> None:
    pipe(monkeypatch, "/commit")
    main(["chat"])

    assert "Without a chat model no message is written" in capsys.readouterr().err
