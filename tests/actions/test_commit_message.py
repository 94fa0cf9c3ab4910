"""A commit message is written from what is staged, and committed as it was shown, or not."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from ownstack.actions import commit_message
from ownstack.engine.scripted import ScriptedEngine
from ownstack.errors import BadAnswerError, ToolError, UsageError
from tests.support.repository import git, make_repository

pytestmark = pytest.mark.process
"""git is run."""
KEY = "AKIA" + "IOSFODNN7EXAMPLQ"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A repository with one commit."""
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "shop.py").write_text("door = 1\n", "utf-8")
    make_repository(folder)
    return folder


def staged(root: Path, text: str = "door = 2\n") -> None:
    (root / "shop.py").write_text(text, "utf-8")
    git(root, "add", ".")


def said(subject: str, *body: str) -> str:
    return json.dumps({"subject": subject, "body": body})


async def test_what_is_staged_comes_before_what_is_changed(root: Path) -> None:
    """The whole repository, wherever in it the project is; a new file counts once it is staged."""
    (root / "part").mkdir()
    (root / "new.py").write_text("x = 1\n", "utf-8")
    with pytest.raises(UsageError, match="git add stages new ones"):
        await commit_message.changes(root)

    (root / "shop.py").write_text("door = 2\n", "utf-8")
    changed = await commit_message.changes(root / "part")
    assert not changed.is_staged
    assert "+door = 2" in changed.diff

    git(root, "add", "new.py")
    only = await commit_message.changes(root / "part")
    assert only.is_staged
    assert "new.py" in only.stat
    assert "door" not in only.diff


async def test_the_model_is_shown_the_change_and_the_style(root: Path) -> None:
    """As side work, with a bounded diff, and without what is secret."""
    staged(root, f'key = "{KEY}"\n' + "line = 1\n" * 20_000)
    engine = ScriptedEngine(said("Lock the door", "Thieves came."), context_tokens=2_048)
    what = await commit_message.changes(root)

    style = await commit_message.subjects(root)
    message = await commit_message.written(engine, what, style, "thieves", "c1")

    assert message == "Lock the door\n\nThieves came."
    assert what.holds_secrets
    (request,) = engine.chats
    told = request.messages[-1].text
    assert request.passing
    assert request.conversation == "c1:commit"
    assert request.json_schema is not None
    assert "- Open the shop" in told
    assert "shop.py" in told
    assert "The author says what it is for: thieves" in told
    assert KEY not in told
    assert engine.count(told) < 2_048 * 0.7


async def test_before_the_first_commit(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    (tmp_path / "a.py").write_text("x = 1\n", "utf-8")
    git(tmp_path, "add", ".")

    assert (await commit_message.changes(tmp_path)).is_staged
    assert await commit_message.subjects(tmp_path) == ()


async def test_no_repository(tmp_path: Path) -> None:
    with pytest.raises(ToolError, match="git cannot tell: fatal: not a git repository"):
        await commit_message.changes(tmp_path)


async def test_conflicts_come_first(root: Path) -> None:
    """No message is written for what git would not commit."""
    git(root, "checkout", "-q", "-b", "other")
    staged(root)
    git(root, "commit", "-q", "-m", "Lock")
    git(root, "checkout", "-q", "-")
    staged(root, "door = 5\n")
    git(root, "commit", "-q", "-m", "Paint")
    subprocess.run(["git", "merge", "other"], cwd=root, check=False, capture_output=True)

    with pytest.raises(UsageError, match="A merge has conflicts"):
        await commit_message.changes(root)


async def test_what_a_terminal_or_git_would_obey_is_left_out(root: Path) -> None:
    """A subject is one line; marks that turn text around, and control codes, are no part of it."""
    staged(root)
    engine = ScriptedEngine(said("Lock\n\x1b[2J the \u202edoor", "a\tb " * 40, " "))
    what = await commit_message.changes(root)

    message = await commit_message.written(engine, what, ())

    subject, empty, *body = message.split("\n")
    assert (subject, empty) == ("Lock [2J the door", "")
    assert all(len(line) <= 72 for line in body)


async def test_an_answer_that_is_no_message(root: Path) -> None:
    staged(root)
    what = await commit_message.changes(root)

    with pytest.raises(BadAnswerError, match="no subject"):
        await commit_message.written(ScriptedEngine(said("\u200b")), what, ())


async def test_a_commit_is_git_s_own(root: Path) -> None:
    """What is not staged stays as it is, and no line of the message is taken for a remark."""
    git(root, "config", "commit.cleanup", "strip")
    staged(root)
    (root / "shop.py").write_text("door = 3\n", "utf-8")
    what = await commit_message.changes(root)

    told = await commit_message.commit(root, "-q; touch x $(touch x)\n\n# Why.", what)

    assert "1 file changed" in told
    assert git(root, "log", "-1", "--format=%B").strip() == "-q; touch x $(touch x)\n\n# Why."
    assert git(root, "show", "HEAD:shop.py") == "door = 2\n"
    assert not (root / "x").exists()


async def test_what_was_not_shown_is_not_committed(root: Path) -> None:
    staged(root)
    what = await commit_message.changes(root)
    staged(root, "door = 4\n")

    with pytest.raises(UsageError, match="Something else is staged"):
        await commit_message.commit(root, "Lock", what)

    assert git(root, "log", "--format=%s") == "Open the shop\n"


async def test_one_of_very_many_files_is_another(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More of them than are kept of what git says."""
    monkeypatch.setattr("ownstack.chat.tools.git.MAX_BYTES", 1_000)
    for number in range(40):
        (root / f"{number:02}.py").write_text("one\n", "utf-8")
    git(root, "add", ".")
    what = await commit_message.changes(root)
    (root / "20.py").write_text("two\n", "utf-8")
    git(root, "add", ".")

    with pytest.raises(UsageError, match="Something else is staged"):
        await commit_message.commit(root, "Build", what)


async def test_hooks_are_named_and_run_at_the_commit_alone(root: Path) -> None:
    """One that refuses is heard."""
    hook = root / "hooks" / "pre-commit"
    hook.parent.mkdir()
    hook.write_text("#!/bin/sh\ntouch ran\necho the tests fail\nexit 1\n", "utf-8")
    hook.chmod(0o755)
    (hook.parent / "commit-msg.sample").write_text("", "utf-8")
    (hook.parent / "reference-transaction").write_text("#!/bin/sh\nexit 0\n", "utf-8")
    (hook.parent / "reference-transaction").chmod(0o755)
    git(root, "config", "core.hooksPath", "hooks")
    git(root, "config", "hook.mine.command", "true")
    staged(root)

    what = await commit_message.changes(root)
    named = ("pre-commit", "reference-transaction", "hook.mine.command")
    assert await commit_message.hooks(root) == named
    assert not (root / "ran").exists()

    with pytest.raises(ToolError, match="git did not commit: the tests fail"):
        await commit_message.commit(root, "Lock", what)
    assert (root / "ran").exists()
    assert git(root, "log", "--format=%s") == "Open the shop\n"
