"""`ownstack chat` with tools: each call is a line, and edits wait for a command of the user's."""

from __future__ import annotations

import functools
import io
import json
from pathlib import Path

import pytest

import ownstack.app.host
from ownstack.app.engines.engine_pool import Progress
from ownstack.app.host import Host
from ownstack.chat.tools.tool import Approval
from ownstack.cli import main
from ownstack.cli.chat import asking
from ownstack.engine.chat import ToolCall
from ownstack.engine.messages import ToolCallPart
from ownstack.engine.protocol import Engine
from ownstack.engine.scripted import ScriptedEngine
from ownstack.models.reference import ModelReference
from ownstack.paths import Home
from ownstack.settings import EngineSettings
from tests.support.gguf_models import CHAT_TEMPLATE, make_gguf

pytestmark = pytest.mark.process
"""Projects are read by worker processes."""
Capture = pytest.CaptureFixture[str]
Patch = pytest.MonkeyPatch


@pytest.fixture
def model(tmp_path: Path) -> str:
    """A model's file, of which only the header is read."""
    made = make_gguf(tmp_path / "talker.gguf", chat_template=CHAT_TEMPLATE, says=["In"])
    return str(made)


@pytest.fixture
def engine(monkeypatch: Patch) -> ScriptedEngine:
    scripted = ScriptedEngine(context_tokens=8_192)

    async def opened(
        _reference: ModelReference, _name: str, _settings: EngineSettings, _progress: Progress
    ) -> Engine:
        scripted.closed = False
        return scripted

    monkeypatch.setattr(ownstack.app.host, "Host", functools.partial(Host, open_engine=opened))
    return scripted


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: Patch) -> Path:
    root = tmp_path / "shop"
    root.mkdir()
    (root / "shop.py").write_bytes(b"def open_shop(door):\r\n    return door.unlock()\r\n")
    monkeypatch.chdir(root)
    return root


def pipe(monkeypatch: Patch, *lines: str) -> None:
    data = "".join(f"{line}\n" for line in lines).encode()
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(data)))


def asks(name: str, **arguments: object) -> ToolCall:
    return ToolCall(ToolCallPart("c", name, json.dumps(arguments)))


def test_an_edit_is_shown_applied_and_restored(
    home: Home, shop: Path, model: str, engine: ScriptedEngine, capsys: Capture, monkeypatch: Patch
) -> None:
    """Byte for byte, with the line ends of the file."""
    before = (shop / "shop.py").read_bytes()
    change = {"path": "shop.py", "find": "door.unlock()", "replace": "door.open()"}
    engine.enqueue([asks("read", path="shop.py")])
    engine.enqueue([asks("propose_edit", **change)])
    engine.enqueue("It opens the door now.")
    pipe(monkeypatch, "Have it open the door.", "/diff", "/apply", "/diff", "/tools")
    assert main(["chat", "--model", model, "--tools", "on"]) == 0
    out, err = capsys.readouterr()

    assert "· read path=shop.py → shop.py, lines 1-2 of 2:" in err
    assert "· propose_edit path=shop.py, find=door.unlock()" in err
    assert "  1  shop.py (+1 -1)" in out
    assert "-    return door.unlock()\n+    return door.open()" in out
    assert "Applied: shop.py. /restore takes it back." in out
    assert "No edit is proposed." in out
    assert "search  Find code" in out
    assert (shop / "shop.py").read_bytes() == before.replace(b"unlock", b"open")

    pipe(monkeypatch, "/restore", "/restore")
    assert main(["chat", "--model", model, "--tools", "on", "--continue"]) == 1
    out, err = capsys.readouterr()
    assert "As before: shop.py." in out
    assert "No edit was applied that could be taken back" in err
    assert (shop / "shop.py").read_bytes() == before


def test_edits_are_refused_and_numbers_checked(
    home: Home, shop: Path, model: str, engine: ScriptedEngine, capsys: Capture, monkeypatch: Patch
) -> None:
    engine.enqueue([asks("propose_edit", path="new.py", replace="x = 1\n")])
    engine.enqueue("A new file.")
    pipe(monkeypatch, "/apply", "Make one.", "/apply 7", "/apply one", "/refuse 1", "/restore")
    assert main(["chat", "--model", model, "--tools", "on"]) == 1
    out, err = capsys.readouterr()

    assert "No edit is proposed. Ask for a change first." in err
    assert "There are 1 proposed edits" in err
    assert "one is no number of an edit" in err
    assert "Refused: new.py." in out
    assert not (shop / "new.py").exists()


def test_what_is_proposed_stands_in_json(
    home: Home, shop: Path, model: str, engine: ScriptedEngine, capsys: Capture, monkeypatch: Patch
) -> None:
    engine.enqueue([asks("propose_edit", path="new.py", replace="x = 1\n")])
    engine.enqueue("A new file.")
    pipe(monkeypatch, "Make one.")
    assert main(["chat", "--json", "--model", model, "--tools", "on"]) == 0

    said = json.loads(capsys.readouterr().out)
    assert said["text"] == "A new file."
    (proposal,) = said["proposals"]
    assert proposal["path"] == "new.py"
    assert proposal["diff"].endswith("+x = 1")


def test_without_a_terminal_nothing_is_allowed(
    home: Home, shop: Path, model: str, engine: ScriptedEngine, capsys: Capture, monkeypatch: Patch
) -> None:
    """The next line of the input is no answer."""
    (shop / "conftest.py").write_text("open('ran', 'w')\n", "utf-8")
    engine.enqueue([asks("run_tests")])
    engine.enqueue("Not run.")
    engine.enqueue("Yes what?")
    pipe(monkeypatch, "Run the tests.", "y")
    assert main(["chat", "--model", model, "--tools", "on"]) == 0
    _out, err = capsys.readouterr()

    assert "Nobody is there to allow it." in err
    assert "· run_tests  failed → Error: The user did not allow" in err
    assert not (shop / "ran").exists()


@pytest.mark.parametrize(("use", "offered"), [("on", True), ("off", False), ("auto", False)])
def test_who_is_given_tools(
    home: Home,
    shop: Path,
    model: str,
    engine: ScriptedEngine,
    capsys: Capture,
    monkeypatch: Patch,
    use: str,
    offered: bool,
) -> None:
    """A model that was not measured is not, unless it is said so; it is shown code at once."""
    engine.enqueue("Fine.")
    pipe(monkeypatch, "How is the shop opened?", "/tools")
    assert main(["chat", "--model", model, "--tools", use]) == 0

    assert bool(engine.chats[0].tools) is offered
    assert ("door.unlock()" in engine.chats[0].messages[-1].text) is not offered
    assert ("The model has no tools here" in capsys.readouterr().out) is not offered


def test_servers_that_cannot_be_used_are_named(
    home: Home, shop: Path, model: str, engine: ScriptedEngine, capsys: Capture, monkeypatch: Patch
) -> None:
    """A file of the project has no say in it."""
    home.config.mkdir(parents=True)
    home.tool_servers_file.write_text('[servers.docs]\ncommand = "no-such-program"\n', "utf-8")
    (shop / "mcp.toml").write_text('[servers.evil]\ncommand = "evil"\n', "utf-8")
    engine.enqueue("Fine.")
    pipe(monkeypatch, "Hi?")
    assert main(["chat", "--model", model, "--tools", "on"]) == 0

    err = capsys.readouterr().err
    assert "docs cannot be started" in err
    assert "evil" not in err


@pytest.mark.parametrize(
    ("typed", "can_be_always", "answer"),
    [
        ("y", True, "once"),
        ("a", True, "always"),
        ("a", False, "once"),
        ("", True, "no"),
        ("sure", True, "no"),
        (KeyboardInterrupt, True, "no"),
        (EOFError, True, "no"),
    ],
)
async def test_what_the_user_answers(
    monkeypatch: Patch, capsys: Capture, typed: object, can_be_always: bool, answer: str
) -> None:
    """What is asked is shown with all that a terminal would obey."""

    class Session:
        async def prompt_async(self, _text: str) -> str:
            if isinstance(typed, type):
                raise typed
            return str(typed)

    monkeypatch.setattr(asking, "is_terminal", lambda: True)
    monkeypatch.setattr("prompt_toolkit.PromptSession", Session)

    said = await asking.approve(Approval("May it?", "rm \x1b[2J", can_be_always))

    assert said == answer
    assert "rm \\x1b[2J" in capsys.readouterr().out


def test_mcp_says_what_it_needs(monkeypatch: Patch, capsys: Capture) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)

    assert main(["mcp"]) == 1
    assert 'pip install "ownstack[mcp]"' in capsys.readouterr().err
