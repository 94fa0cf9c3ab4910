"""`ownstack chat`: conversations written to archives, and gone on from in any project."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import pytest

from ownstack.cli import main
from ownstack.cli.chat.exporting import file_and_mode, write_new
from ownstack.engine.scripted import ScriptedEngine
from ownstack.errors import FileError, UsageError
from ownstack.paths import Home
from tests.cli.test_chat import Capture, Patch, engine, model, pipe, shop
from tests.memory.log.test_store import a_full_disk

__all__ = ["engine", "model", "shop"]
pytestmark = pytest.mark.process
"""Projects are read by worker processes."""


@pytest.fixture
def other(tmp_path: Path) -> Path:
    """Another project."""
    root = tmp_path / "pier"
    root.mkdir()
    (root / "pier.py").write_text("def moor(boat):\n    return boat.rope()\n", "utf-8")
    return root


def session_id(capsys: Capture) -> str:
    capsys.readouterr()
    assert main(["chat", "--list", "--json"]) == 0
    return str(json.loads(capsys.readouterr().out)[0]["id"])


def test_an_archive_goes_to_another_project(
    home: Home,
    shop: Path,
    other: Path,
    model: str,
    engine: ScriptedEngine,
    capsys: Capture,
    monkeypatch: Patch,
) -> None:
    """The model is shown the conversation, and whose decisions are whose; nothing is taken over."""
    engine.enqueue("Noted.")
    pipe(monkeypatch, "We decided to use SQLite for the door log of shop.py.", "/export a.yaml",
         "/export b.yaml --mode lossless", "/export b.yaml", "/export c.md --mode normal",
         "/export d.yaml --mode all", "/export --mode normal")  # fmt: skip
    assert main(["chat", "--model", model]) == 1
    err = capsys.readouterr().err
    for message in ("b.yaml is there already", "--mode is for archives", "A mode is one of",
                    "/export FILE.yaml --mode normal"):  # fmt: skip
        assert message in err
    first = session_id(capsys)
    assert main(["chat", "--export", first[-8:], "again.yaml"]) == 0
    assert Path("again.yaml").read_text("utf-8") == Path("a.yaml").read_text("utf-8")
    assert main(["archive", "check", "b.yaml"]) == 0
    out = capsys.readouterr().out
    assert "decisions    0         1     0       0    1" in out
    assert "1 turns word for word" in out

    archive = str((shop / "a.yaml").resolve())
    monkeypatch.chdir(other)
    engine.enqueue("As before.")
    engine.enqueue("Really?")
    pipe(monkeypatch, "Go on.", "We decided to use Postgres for the door log.", "/take",
         "/take nobody/D009", "/take shop/D001", "/context", "/undo")  # fmt: skip
    assert main(["chat", "--model", model, "--continue", archive]) == 1

    out, err = capsys.readouterr()
    assert "Not in this project: shop.py." in err
    assert "Shown to the model as decided in shop: shop/D001." in err
    request = engine.chats[-2]
    assert "shop/D001 (tier 0.7) We decided to use SQLite" in request.messages[0].text
    assert "SQLite for the door log" in request.messages[1].text
    assert 'Not noted: "We decided to use Postgres for the door log." contradicts shop/D001' in err
    assert "Noted as D001: We decided to use Postgres for the door log." in out
    assert "No other project that is shown has a decision nobody/D009" in err
    assert "Noted as D002: We decided to use SQLite" in out
    assert f"It goes on from {first[-8:]} (We decided to use SQLite" in out
    assert "No compaction is there to take back." in out

    assert main(["chat", "--list"]) == 0
    assert f"  {first[-8:]}  We decided" in capsys.readouterr().out
    engine.enqueue("Fine.")
    pipe(monkeypatch, "And on the next day?")
    assert main(["chat", "--model", model, "--continue"]) == 0
    assert "shop/D001 (tier 0.7)" in engine.chats[-1].messages[0].text


def test_a_continued_conversation_in_which_nothing_is_said_is_not_kept(
    home: Home, shop: Path, model: str, engine: ScriptedEngine, capsys: Capture, monkeypatch: Patch
) -> None:
    engine.enqueue("Fine.")
    pipe(monkeypatch, "How are you?", "/export a.yaml")
    assert main(["chat", "--model", model]) == 0
    pipe(monkeypatch)
    assert main(["chat", "--model", model, "--continue", "a.yaml"]) == 0
    capsys.readouterr()

    assert main(["chat", "--list", "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)) == 1


def test_what_was_not_checked_for_long_is_told(
    home: Home, shop: Path, other: Path, capsys: Capture, monkeypatch: Patch
) -> None:
    """When an archive is checked, and when a conversation goes on from it, here and elsewhere."""
    pipe(monkeypatch, "We decided to use SQLite for the door log.", "/export a.YAML")
    assert main(["chat"]) == 0
    old = re.sub(r"last_validated: \S+", "last_validated: '2020-01-01'", Path("a.YAML").read_text())
    (other / "old.yaml").write_text(old, "utf-8")
    monkeypatch.chdir(other)
    capsys.readouterr()

    assert main(["archive", "check", "old.yaml"]) == 0
    assert "D001 was not checked for " in capsys.readouterr().out
    assert main(["archive", "check", "old.yaml", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["stale"] == ["D001"]
    pipe(monkeypatch)
    assert main(["chat", "--continue", "old.yaml"]) == 0
    assert "ask whether they still hold: shop/D001." in capsys.readouterr().err

    # Its own project's log says that it was made today.
    pipe(monkeypatch)
    assert main(["chat", "--path", str(shop), "--continue", "old.yaml"]) == 0
    assert "ask whether they still hold" not in capsys.readouterr().err


@pytest.mark.skipif(sys.platform == "win32", reason="no limits of files there")
def test_of_an_export_that_has_no_room_nothing_is_left(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    with a_full_disk(10_000), pytest.raises(FileError, match="cannot be written"):
        write_new(file, b"x" * 100_000)
    assert not file.exists()

    write_new(file, b"mine")
    with pytest.raises(FileError, match="there already"):
        write_new(file, b"another")
    assert file.read_bytes() == b"mine"


def test_another_project_as_context(
    home: Home,
    shop: Path,
    other: Path,
    model: str,
    engine: ScriptedEngine,
    capsys: Capture,
    monkeypatch: Patch,
) -> None:
    engine.enqueue("Noted.")
    pipe(monkeypatch, "We decided to use SQLite for the door log.", "Never block the loop.")
    assert main(["chat", "--model", model]) == 0
    monkeypatch.chdir(other)
    pipe(monkeypatch, "We decided to use Postgres for the door log.")
    capsys.readouterr()

    assert main(["chat", "--json", "--model", model, "--context", str(shop)]) == 0

    said = json.loads(capsys.readouterr().out)
    assert said["notes"][0].startswith('Not noted: "We decided to use Postgres')
    system = engine.chats[-1].messages[0].text
    assert "Another project, shop, decided what follows." in system
    assert "- asked for: Never block the loop." in system


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("a: &a [x]\nb: [*a, *a]\n", "anchors (&a) are not read"),
        ("a: !!python/object/apply:os.system ['id']", "tags"),
        ("ownstack_archive: 9\n", "newer version"),
        ("\x1b[2Jnonsense", "This is no archive"),
        ("\x00\x01", "This is no archive"),
        ("", "This is no archive"),
    ],
)
def test_archives_that_are_none(
    home: Home, shop: Path, capsys: Capture, monkeypatch: Patch, content: str, message: str
) -> None:
    """Refused with one line, by both that read them; and no conversation is begun."""
    Path("x.yaml").write_text(content, "utf-8")
    pipe(monkeypatch, "Hi?")
    for command in (["archive", "check", "x.yaml"], ["chat", "--continue", "x.yaml"]):
        assert main(command) == 1
        out, err = capsys.readouterr()
        assert out == ""
        assert message in err
        assert err.count("\n") == 1
        assert "\x1b" not in err


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["--continue", ""], 2, "--continue needs a file"),
        (["--continue", "none.yaml"], 1, "none.yaml cannot be read"),
        (["--export", "nobody", "x.yaml"], 1, "No conversation is called"),
        (["--mode", "normal"], 2, "--mode is for --export"),
        (["--context", "."], 2, "is this project"),
        (["--context", "/none/such"], 1, "no file or folder"),
        (["--context", "../pier"], 2, "Nothing was decided or asked for"),
    ],
)
def test_bad_arguments(
    home: Home,
    shop: Path,
    other: Path,
    capsys: Capture,
    monkeypatch: Patch,
    arguments: list[str],
    status: int,
    message: str,
) -> None:
    pipe(monkeypatch)

    assert main(["chat", *arguments]) == status

    out, err = capsys.readouterr()
    assert out == ""
    assert message in err.splitlines()[-1]


@pytest.mark.parametrize(
    ("argument", "expected"),
    [
        ("", ("", "")),
        ("a b.yaml", ("a b.yaml", "")),
        ("a b.yaml --mode lossless", ("a b.yaml", "lossless")),
        ("a.yaml --mode=partial ", ("a.yaml", "partial")),
        ("--mode partial", ("", "partial")),
        ("my--mode file.md", ("my--mode file.md", "")),
    ],
)
def test_what_export_is_told(argument: str, expected: tuple[str, str]) -> None:
    assert file_and_mode(argument) == expected


def test_a_mode_that_says_nothing() -> None:
    with pytest.raises(UsageError, match="lossless, normal, partial"):
        file_and_mode("a.yaml --mode")
