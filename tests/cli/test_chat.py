"""`ownstack chat`: lines in, answers with their sources out; the next day it goes on from there."""

from __future__ import annotations

import functools
import io
import json
import os
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import ownstack.app.host
from ownstack.app.engines.engine_pool import Progress
from ownstack.app.host import Host
from ownstack.chat.retrieval import Project
from ownstack.cli import main
from ownstack.cli.chat import lines, terminal
from ownstack.cli.chat.lines import offers
from ownstack.cli.editing import edited
from ownstack.engine.protocol import Engine
from ownstack.engine.scripted import ScriptedEngine
from ownstack.errors import UsageError
from ownstack.memory.entries.entry import unnamed
from ownstack.models.reference import ModelReference
from ownstack.paths import Home
from ownstack.settings import EngineSettings
from tests.memory.entries.conftest import kept, write
from tests.support.gguf_models import CHAT_TEMPLATE, make_gguf
from tests.support.searchable import TOY, searchable

pytestmark = pytest.mark.process
"""Projects are read by worker processes."""


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A model's file; with `engine`, only its header is read."""
    path = tmp_path_factory.mktemp("models") / "talker.gguf"
    made = make_gguf(path, chat_template=CHAT_TEMPLATE, says=["In", " shop.py:1", "."])
    return str(made)


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> ScriptedEngine:
    """The engine of whatever model is asked for."""
    scripted = ScriptedEngine(context_tokens=2_048)

    async def opened(
        _reference: ModelReference, _name: str, _settings: EngineSettings, _progress: Progress
    ) -> Engine:
        scripted.closed = False  # Each command loads it anew.
        return scripted

    monkeypatch.setattr(ownstack.app.host, "Host", functools.partial(Host, open_engine=opened))
    return scripted


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The project; it is the current folder."""
    root = tmp_path / "shop"
    root.mkdir()
    (root / "shop.py").write_text("def open_shop(door):\n    return door.unlock()\n", "utf-8")
    (root / "AGENTS.md").write_text("Be brief.", "utf-8")
    monkeypatch.chdir(root)
    return root


def pipe(monkeypatch: pytest.MonkeyPatch, *lines: str) -> None:
    data = "".join(f"{line}\n" for line in lines).encode()
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(data)))


Capture = pytest.CaptureFixture[str]
Patch = pytest.MonkeyPatch


def test_a_conversation(
    home: Home, shop: Path, model: str, engine: ScriptedEngine, capsys: Capture, monkeypatch: Patch
) -> None:
    """Answers and sources on standard output, what they cost on standard error."""
    engine.enqueue("By `open_shop`, shop.py:1-2.")
    engine.enqueue("Yes.")
    pipe(monkeypatch, "How is the shop opened?", "", "Sure?", "/quit", "not asked")

    assert main(["chat", "--model", model]) == 0

    out, err = capsys.readouterr()
    answer = "By `open_shop`, shop.py:1-2.\nSources:\n  shop.py:1-2  open_shop\n"
    assert out.startswith(f"{answer}Yes.\n")
    assert "window" in err
    assert len(engine.chats) == 2
    assert "Be brief." in engine.chats[0].messages[0].text
    assert "door.unlock()" in engine.chats[0].messages[-1].text


def test_the_next_day(
    home: Home, shop: Path, model: str, engine: ScriptedEngine, capsys: Capture, monkeypatch: Patch
) -> None:
    """A conversation is listed, gone on with and found again; an empty one is not kept."""
    engine.enqueue("Blue.")
    pipe(monkeypatch, "Which colour has the door?", "/rename Colours of doors")
    assert main(["chat", "--model", model]) == 0
    pipe(monkeypatch, "/context")
    assert main(["chat", "--model", model]) == 0
    capsys.readouterr()

    assert main(["chat", "--list", "--json"]) == 0
    (listed,) = json.loads(capsys.readouterr().out)
    assert (listed["title"], listed["turns"]) == ("Colours of doors", 1)

    engine.enqueue("Blue, I said.")
    pipe(monkeypatch, "Again?", "/recall colour door", "/resume", "/export")
    assert main(["chat", "--model", model, "--resume", listed["id"][-8:]]) == 0
    out = capsys.readouterr().out
    assert "turn 1, user] Which colour has the door?" in out
    assert f"{listed['id'][-8:]}  " in out
    assert "# Colours of doors" in out
    assert [message.text for message in engine.chats[-1].messages][-2] == "Blue."

    engine.enqueue("Still blue.")
    pipe(monkeypatch, "And now?")
    assert main(["chat", "--model", model, "--continue"]) == 0
    assert [message.text for message in engine.chats[-1].messages][-2] == "Blue, I said."


def test_resuming_the_conversation_that_is_open_loses_nothing(
    home: Home, shop: Path, capsys: Capture, monkeypatch: Patch
) -> None:
    """Also before anything was said in it."""
    pipe(monkeypatch, "/rename Doors", "/resume Doors", "How is the shop opened?")
    assert main(["chat"]) == 0
    assert "That is the conversation that is open." in capsys.readouterr().out

    assert main(["chat", "--list", "--json"]) == 0
    (listed,) = json.loads(capsys.readouterr().out)
    assert (listed["title"], listed["turns"]) == ("Doors", 1)


def test_an_entry_without_a_name_is_rejected_by_how_it_is_listed(
    home: Home, shop: Path, capsys: Capture, monkeypatch: Patch
) -> None:
    write(shop, "- Use tin.\n- Use steel.\n")
    pipe(monkeypatch, f"/reject {unnamed('Use tin.')}", f"/reject {unnamed('Use steel.').lower()}")

    assert main(["chat"]) == 0

    assert "is rejected: Use tin." in capsys.readouterr().out
    assert kept(shop) == ""


def test_compaction_by_hand(
    home: Home, shop: Path, model: str, engine: ScriptedEngine, capsys: Capture, monkeypatch: Patch
) -> None:
    """What it came to is shown, and it is taken back."""
    for number in range(6):
        engine.enqueue(f"Door {number}: " + "all that is known of this door and of its lock. " * 12)
    questions = [f"What about door {number}?" for number in range(6)]
    pipe(monkeypatch, *questions, "/compact doors", "/context", "/undo", "/undo")

    assert main(["chat", "--model", model]) == 0

    out, err = capsys.readouterr()
    assert "Compacted: " in err
    assert " tokens (" in err
    assert "checkpoint" in out
    assert "is shown to the model again" in out


def test_a_summary_in_the_users_editor(
    home: Home, shop: Path, model: str, engine: ScriptedEngine, capsys: Capture, monkeypatch: Patch
) -> None:
    """It is shown, edited by what $EDITOR names, pinned, and let go of."""
    change = "import sys; open(sys.argv[1], 'a').write('- doors are green')"
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.setenv("EDITOR", shlex.join([sys.executable, "-c", change]))
    for number in range(6):
        engine.enqueue(f"Door {number}: " + "all that is known of this door and of its lock. " * 12)
    questions = [f"What about door {number}?" for number in range(6)]
    after = ("/summary edit", "/summary", "/pin", "/unpin", "/unpin", "/summary all")
    pipe(monkeypatch, "/summary", *questions, "/compact", *after)

    assert main(["chat", "--model", model]) == 1

    out, err = capsys.readouterr()
    assert "Nothing is summed up yet" in out
    assert out.count("- doors are green") >= 2  # In /context after the edit, and in /summary.
    assert "Stays word for word: " in out
    assert "1 pinned texts may be" in out
    assert "Nothing is pinned." in out
    assert "/summary all is not known" in err


@pytest.mark.parametrize(
    ("editor", "message"),
    [("", "No editor is set"), ("no-such-editor", "cannot be run"), ("false", "The editor failed")],
)
def test_an_editor_that_cannot_be_used(monkeypatch: Patch, editor: str, message: str) -> None:
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.setenv("EDITOR", editor)

    with pytest.raises(UsageError, match=message):
        edited("text")


def test_json(
    home: Home, shop: Path, model: str, engine: ScriptedEngine, capsys: Capture, monkeypatch: Patch
) -> None:
    """One question, of several lines if need be, and all that is known of the answer."""
    engine.enqueue("See shop.py:1.")
    pipe(monkeypatch, "How is it opened?", "I mean the shop.")

    assert main(["chat", "--json", "--model", model]) == 0

    said = json.loads(capsys.readouterr().out)
    assert (said["text"], said["finish"], said["turn"]) == ("See shop.py:1.", "stop", 1)
    assert said["citations"] == [
        {"path": "shop.py", "kind": "cited", "name": "open_shop", "start_line": 1, "end_line": 1}
    ]
    assert said["context"]["window"] == 2_048
    assert engine.chats[0].messages[-1].text.endswith("How is it opened?\nI mean the shop.")


def test_memory_from_day_to_day(
    home: Home, shop: Path, model: str, engine: ScriptedEngine, capsys: Capture, monkeypatch: Patch
) -> None:
    """What is decided on one day is accepted on another, and known on the third."""
    engine.enqueue("Noted.")
    pipe(monkeypatch, "We decided to use blue for every door.", "/memory")
    assert main(["chat", "--model", model]) == 0
    out, err = capsys.readouterr()
    assert "New in the inbox: P001." in err
    assert "P001  inbox, for decisions" in out

    # Nothing is said in this one, and what was accepted is kept.
    pipe(monkeypatch, "/accept p001", "/remember SKU means stock keeping unit", "/reject P001",
         "/remember We decided to use red for every door.")  # fmt: skip
    assert main(["chat", "--model", model]) == 1
    out, err = capsys.readouterr()
    assert "Written to .ownstack/memory/decisions.md as M001." in out
    assert "Written to .ownstack/memory/glossary.md as M002." in out
    assert "P001 was accepted before as M001" in err
    assert "It waits as P002: /accept P002 replace" in out

    engine.enqueue("Blue.")
    pipe(monkeypatch, "Which colour?")
    assert main(["chat", "--model", model]) == 0
    system = engine.chats[-1].messages[0].text
    assert "M001 (tier 0.8): We decided to use blue for every door." in system
    assert "red" not in system


def test_without_a_model(home: Home, shop: Path, capsys: Capture, monkeypatch: Patch) -> None:
    """The index answers, and how to get a model is said."""
    pipe(monkeypatch, "open_shop", "/compact", "/context")

    assert main(["chat"]) == 1

    out, err = capsys.readouterr()
    assert out.startswith("shop.py:1-2  open_shop\n```py\ndef open_shop(door):")
    assert "ownstack models" in err
    assert "Without a chat model" in err
    assert "Without a chat model" in out


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("/nonsense", "line 2: There is no command /nonsense"),
        ("/recall", "/recall retries"),
        ("/rename", "/rename TITLE"),
        ("/accept", "/accept P001"),
        ("/accept P001 moon", "no moon in project memory"),
        ("/reject", "/reject P001"),
        ("/reject Q", "has an entry Q"),
        ("/remember", "/remember Colours"),
        ("/remember ???", "says something"),
        ("/resume nobody", "No conversation is called"),
        ("/export shop.py", "is there already"),
        ("/export none/x.md", "cannot be written"),
        ("\x7fELF\0\0", "line 2: What is piped in is no text"),
    ],
)
def test_bad_lines_end_nothing_else(
    home: Home,
    shop: Path,
    model: str,
    engine: ScriptedEngine,
    capsys: Capture,
    monkeypatch: Patch,
    line: str,
    message: str,
) -> None:
    """Which line failed is said, and by the exit status that one did."""
    pipe(monkeypatch, "", line, "/context")

    assert main(["chat", "--model", model]) == 1

    assert message in capsys.readouterr().err


def test_what_is_wrong_with_a_question_that_is_answered_is_no_failure(
    home: Home, shop: Path, model: str, engine: ScriptedEngine, capsys: Capture, monkeypatch: Patch
) -> None:
    pipe(monkeypatch, "@../secret.txt?")

    assert main(["chat", "--model", model]) == 0

    assert "outside of the project" in capsys.readouterr().err


def test_a_line_that_fails_ends_nothing_on_a_terminal(
    home: Home, shop: Path, capsys: Capture, monkeypatch: Patch
) -> None:
    """The user has seen it: the program has not failed."""
    typed = iter(["/nonsense", "/context", None])

    async def read() -> str | None:
        return next(typed)

    monkeypatch.setattr(terminal, "is_terminal", lambda: True)
    monkeypatch.setattr(lines, "edited_lines", lambda _history, _project: read)

    assert main(["chat"]) == 0

    out, err = capsys.readouterr()
    assert "ownstack: There is no command /nonsense" in err
    assert "no window to fill" in out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--model", "nobody"], "nobody"),
        (["--resume", "nobody"], "No conversation is called"),
        (["--continue"], "no conversation about this project yet"),
        (["--json"], "no question"),
        (["--path", "/none/such"], "no file or folder"),
    ],
)
def test_bad_arguments_are_one_line(
    home: Home, shop: Path, capsys: Capture, monkeypatch: Patch, arguments: list[str], message: str
) -> None:
    pipe(monkeypatch)

    assert main(["chat", *arguments]) != 0

    out, err = capsys.readouterr()
    assert out == ""
    assert message in err.splitlines()[-1]


def test_what_a_terminal_would_obey_is_shown(
    home: Home, shop: Path, model: str, engine: ScriptedEngine, capsys: Capture, monkeypatch: Patch
) -> None:
    engine.enqueue("\x1b[2Jgone")
    pipe(monkeypatch, "Hi?", "/export")

    assert main(["chat", "--model", model]) == 0

    assert "\x1b" not in capsys.readouterr().out


def test_an_export_is_written(
    home: Home, shop: Path, model: str, engine: ScriptedEngine, capsys: Capture, monkeypatch: Patch
) -> None:
    engine.enqueue("Fine.")
    pipe(monkeypatch, "How are you?", "/export talk.json", "/export talk.md")

    assert main(["chat", "--model", model]) == 0

    kinds = [event["kind"] for event in json.loads(Path("talk.json").read_text("utf-8"))["events"]]
    assert kinds[-2:] == ["user", "assistant"]
    assert "Fine." in Path("talk.md").read_text("utf-8")


def test_names_are_offered(tmp_path: Path) -> None:
    """Commands at the beginning of a line, files after an @."""
    snapshot = searchable(tmp_path, {"a/shop.py": "x = 1\n", "shop.py": "y = 2\n"})
    project = Project(tmp_path, lambda: snapshot, TOY)

    assert offers("/com", project) == [("/compact", "/com"), ("/commit", "/com")]
    assert offers("See @sho", project) == [("@shop.py", "@sho"), ("@a/shop.py", "@sho")]
    assert offers("See sho", project) == offers("", project) == offers("x /co", project) == []


@pytest.mark.native
def test_a_real_model(
    home: Home, shop: Path, model: str, capsys: Capture, monkeypatch: Patch
) -> None:
    pipe(monkeypatch, "Where is open_shop?", "Again?")

    assert main(["chat", "--model", model]) == 0

    out, err = capsys.readouterr()
    answer = "In shop.py:1.\nSources:\n  shop.py:1  open_shop\n"
    assert out == answer * 2
    assert "of them new" in err


_DIES = """
import asyncio, sys
import ownstack.app.host as host
from functools import partial
from ownstack.cli import main
from ownstack.engine.scripted import ScriptedEngine

async def opened(*_arguments):
    engine = ScriptedEngine()
    # It never gets to the end: between two pieces there are as many loop turns as it takes.
    engine.enqueue([f"{number} " for number in range(3_500)])
    return engine

host.Host = partial(host.Host, open_engine=opened)
main(["chat", "--model", sys.argv[1]])
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL there")
def test_a_killed_process_loses_nothing_that_was_shown(
    home: Home, shop: Path, model: str, engine: ScriptedEngine, capsys: Capture, monkeypatch: Patch
) -> None:
    """The next one goes on from what came."""
    talking = subprocess.Popen(
        [sys.executable, "-c", _DIES, model],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert talking.stdin is not None
    assert talking.stdout is not None
    with talking:
        talking.stdin.write(b"Count.\n")
        talking.stdin.flush()
        shown = talking.stdout.read(60)
        os.kill(talking.pid, signal.SIGKILL)
        shown += talking.stdout.read()
    engine.enqueue("On I go.")
    pipe(monkeypatch, "Go on.")

    assert main(["chat", "--model", model, "--continue"]) == 0

    kept = engine.chats[0].messages[-2].text
    assert kept.startswith(shown.decode().rstrip("\n").partition("\nSources")[0])
    assert "it: 0 1 2" in capsys.readouterr().err


def test_an_empty_name_resumes_nothing(
    shop: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A script whose variable is empty must not begin another conversation unnoticed."""
    pipe(monkeypatch, "Which door?")

    assert main(["chat", "--json", "--resume", ""]) == 2

    assert "--resume needs the title or the id" in capsys.readouterr().err
