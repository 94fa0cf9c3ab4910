"""`ownstack memory`: what is kept is listed, changed by name, and checked again in time."""

from __future__ import annotations

import datetime
import json
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import pytest

from ownstack.cli import main
from ownstack.memory.log.conversation_log import ConversationLog
from ownstack.paths import Home
from tests.memory.entries.conftest import kept, write

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The project; it is the current folder."""
    root = tmp_path / "shop"
    root.mkdir()
    monkeypatch.chdir(root)
    return root


def listed(capsys: Capture) -> dict[str, list[dict[str, object]]]:
    capsys.readouterr()
    assert main(["memory", "list", "--json"]) == 0
    made: dict[str, list[dict[str, object]]] = json.loads(capsys.readouterr().out)
    return made


def test_nothing_is_kept_yet(shop: Path, home: Home, capsys: Capture) -> None:
    """And looking leaves no trace."""
    assert main(["memory", "list"]) == 0

    assert "Nothing is kept of this project yet" in capsys.readouterr().out
    log = ConversationLog.open(home.conversations_file, home.recall_file)
    assert log.sessions.list() == []
    log.close()


def test_add_list_edit_and_reject(shop: Path, capsys: Capture) -> None:
    assert main(["memory", "add", "Use SQLite for the log."]) == 0
    assert main(["memory", "add", "--into", "glossary", "SKU: stock keeping unit"]) == 0
    assert main(["memory", "edit", "m001", "Use one SQLite file for the log."]) == 0
    assert main(["memory", "reject", "M002"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "Written to .ownstack/memory/decisions.md as M001.",
        "Written to .ownstack/memory/glossary.md as M002.",
        "M001 in .ownstack/memory/decisions.md says now: Use one SQLite file for the log.",
        "M002 is rejected: SKU: stock keeping unit",
    ]

    (entry,) = listed(capsys)["entries"]
    assert (entry["name"], entry["text"]) == ("M001", "Use one SQLite file for the log.")
    assert main(["chat", "--list"]) == 0
    assert "There is no conversation" in capsys.readouterr().out


def test_a_log_of_a_newer_version_leaves_the_files_alone(
    shop: Path, home: Home, capsys: Capture
) -> None:
    """An error means that nothing was written."""
    assert main(["memory", "add", "Use SQLite for the log."]) == 0
    before = kept(shop)
    with closing(sqlite3.connect(home.conversations_file)) as db:
        db.execute("PRAGMA user_version = 99")

    assert main(["memory", "add", "Write prices in cents."]) != 0
    assert "newer version" in capsys.readouterr().err
    assert kept(shop) == before


def test_preferences(shop: Path, home: Home, capsys: Capture) -> None:
    """They are in the user's own file, and known in every project."""
    assert main(["memory", "add", "--personal", "Answer in German."]) == 0

    assert "Answer in German." in (home.config / "preferences.md").read_text("utf-8")
    (shop / "other").mkdir()
    assert main(["memory", "list", "--path", "other"]) == 0
    assert "U001  preferences.md" in capsys.readouterr().out


def test_what_was_not_checked_for_long_is_told(shop: Path, capsys: Capture) -> None:
    long_ago = datetime.date.today() - datetime.timedelta(days=400)
    write(shop, f"- Use tin.\n  <!-- M001; tier 1; validated {long_ago}; by hand -->\n")

    assert main(["memory", "list"]) == 0
    assert "If it still holds: ownstack memory validate M001" in capsys.readouterr().out
    assert listed(capsys)["entries"][0]["stale"] is True
    assert main(["memory", "validate", "M001"]) == 0
    assert listed(capsys)["entries"][0]["stale"] is False


def test_a_contradiction_needs_a_choice(shop: Path, capsys: Capture) -> None:
    assert main(["memory", "add", "Use steel for the frame"]) == 0

    assert main(["memory", "add", "Use carbon for the frame"]) == 1
    assert "It contradicts M001" in capsys.readouterr().err
    assert main(["memory", "add", "Use carbon for the frame", "--conflict", "replace"]) == 0
    assert "steel" not in kept(shop)


def test_a_file_written_by_hand_is_read_and_told_of(shop: Path, capsys: Capture) -> None:
    write(shop, "Hello\n- Bells \x1b[2J are brass.\n  <!-- M001; tier ten -->\n")

    assert main(["memory", "list"]) == 0

    out, err = capsys.readouterr()
    assert "Bells \\x1b[2J are brass." in out
    assert "decisions.md:3: this comment is not understood" in err
    assert "decisions.md:1: text outside of the list" in err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["accept", "P001"], "P001 is not in the inbox"),
        (["reject", "M001"], "has an entry M001"),
        (["validate", "D001"], "no decision D001"),
        (["edit", "M001", "x"], "has an entry M001"),
        (["edit", "M001"], "no M001 to edit"),
        (["add", "  "], "says something"),
        (["add", "x" * 700], "at most 600"),
        (["add", "x", "--path", "/none/such"], "no file or folder"),
    ],
)
def test_bad_names_are_one_line(
    shop: Path, capsys: Capture, arguments: list[str], message: str
) -> None:
    assert main(["memory", *arguments]) != 0

    out, err = capsys.readouterr()
    assert out == ""
    assert message in err
    assert not (shop / ".ownstack").exists()


@pytest.mark.process
@pytest.mark.skipif(sys.platform == "win32", reason="the editor is a shell's")
@pytest.mark.parametrize(
    ("editor", "status", "told"),
    [
        ("sed -i s/steel/brass/", 0, "says now: Use brass."),
        ("true", 0, "M001 is as it was."),
        ("false", 2, "The editor failed"),
        ("/none/such", 2, "cannot be run"),
        ("", 2, "No editor is set"),
    ],
)
def test_an_editor(
    shop: Path,
    capsys: Capture,
    monkeypatch: pytest.MonkeyPatch,
    editor: str,
    status: int,
    told: str,
) -> None:
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.setenv("EDITOR", editor)
    main(["memory", "add", "Use steel."])

    assert main(["memory", "edit", "M001"]) == status

    out, err = capsys.readouterr()
    assert told in out + err
