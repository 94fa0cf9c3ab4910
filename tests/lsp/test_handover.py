"""Windows that are served without a daemon, until one can be had: real processes."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import psutil
import pytest
from lsprotocol import types

from ownstack.app.chats.values import ChatChanged
from ownstack.app.status import Status
from ownstack.daemon import lifecycle
from ownstack.daemon.address import TRANSPORT
from ownstack.daemon.handshake import Hello
from ownstack.models.registry import ModelRegistry
from ownstack.paths import Home
from tests.support.chatting import Panel
from tests.support.editor import PATIENCE_S, Editor
from tests.support.gguf_models import make_gguf
from tests.support.open_notebook import OpenNotebook

pytestmark = [
    pytest.mark.process,
    pytest.mark.skipif(TRANSPORT != "unix", reason="These tests stop Unix processes."),
]

GHOST = "(first, second)"
EAGER = {"completion": {"eagerness": "eager", "deadlineMs": 5000}}
SERVES = """
import subprocess, sys
from ownstack.cli import main
from ownstack.daemon import lifecycle
from ownstack.lsp import handover

handover.FIRST_S, handover.LONGEST_S = 0.1, 0.5
spawn, left = lifecycle.spawn, int(sys.argv[1])

def spawn_and_kill(home):
    global left
    child = spawn(home)
    if left:
        left -= 1
        child.kill()
    return child

lifecycle.spawn = spawn_and_kill
raise SystemExit(main(["lsp"]))
"""
"""`ownstack lsp`, less patient, whose first daemons are killed while they start."""


@pytest.fixture(autouse=True)
def chosen(home: Home, model: Path) -> Iterator[None]:
    """A small model, and no daemon that outlives its test."""
    registry = ModelRegistry(home.models_file)
    registry.use(registry.add(model, "tiny").name, "completion")
    yield
    lifecycle.stop(home)


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("models") / "tiny.gguf"
    return make_gguf(path, order="spm", says=["(first", ", second", ")"])


@pytest.fixture
async def editor() -> AsyncIterator[Editor]:
    made = Editor()
    yield made
    if made._server is not None and made._server.returncode is None:
        await made.shutdown_session()
    await made.stop()


@pytest.fixture
def stopped(home: Home) -> psutil.Process:
    """A daemon that was stopped, so that windows do without it."""
    daemon = psutil.Process(lifecycle.start(home).pid)
    daemon.suspend()
    return daemon


async def alone(editor: Editor, n_killed: int = 0, *, notebooks: bool = False) -> Status:
    """Start a window and wait until it is served without a daemon."""
    await editor.start_io(sys.executable, "-c", SERVES, str(n_killed))
    await editor.hello(EAGER, notebooks=notebooks)
    return await editor.told(lambda status: (status.mode, status.state) == ("inProcess", "ready"))


async def handed_over(editor: Editor) -> Status:
    return await editor.told(lambda status: (status.mode, status.state) == ("daemon", "ready"))


async def test_a_window_is_handed_over_with_all_that_is_open(
    editor: Editor, home: Home, stopped: psutil.Process
) -> None:
    """The editor goes on as if nothing had happened; the second model is let go of."""
    status = await alone(editor, notebooks=True)
    assert "does not answer. Run `ownstack daemon stop`." in status.reason
    text = editor.open("def add(a, b):\n    # unsaved 😀\n    return$0\n")
    at = editor.type(text, " x")
    assert await editor.ghost(at) == GHOST
    study = OpenNotebook(editor)
    *_, cell = study.open(("markdown", "# Title"), "y = 1", "def sub(a, b):\n    return$0\n")
    cell = study.type(3, cell, " x")
    assert await study.ghost(3, cell) == GHOST
    large = "file:///project/large.py"
    in_large = editor.open(f"blob = '{'x' * 1_100_000}'\nvalue = f$0\n", large)
    assert list((home.state / "crashes").glob(f"using-{status.pid}.json"))

    stopped.resume()

    status = await handed_over(editor)
    assert (status.pid, status.sessions) == (stopped.pid, 1)
    assert "does not share" not in status.reason
    assert await editor.ghost(at) == GHOST
    at = editor.type(at, "yz")
    assert await editor.ghost(at) == GHOST
    assert await study.ghost(3, cell) == GHOST
    assert (await editor.explain()).path == "study.ipynb"
    await editor.ghost(in_large, large)
    assert "too large" in (await editor.explain()).reason
    assert not list((home.state / "crashes").glob(f"using-{alone_pid(editor)}.json"))
    assert editor.messages == []


def alone_pid(editor: Editor) -> int:
    return next(status.pid for status in editor.statuses if status.mode == "inProcess")


async def test_a_conversation_is_taken_up_again_after_the_handover(
    editor: Editor, home: Home, stopped: psutil.Process
) -> None:
    """The panel is told to open it again, and the daemon knows what was said."""
    panel = Panel(editor)
    await alone(editor)
    await panel.open()
    answer = await panel.ask("Hi?")

    stopped.kill()
    await handed_over(editor)
    await panel.told(ChatChanged, lambda news: news.what == "moved")
    state = await panel.open(panel.session)
    await panel.ask("Still there?")

    assert state.turns == [answer.turn]


async def test_a_window_whose_daemons_were_killed_while_they_started(
    editor: Editor, home: Home
) -> None:
    """Is not alone for good: the next daemon has it."""
    status = await alone(editor, 1 + lifecycle.MAX_KILLS)
    assert "did not start (exit status -9)" in status.reason

    status = await handed_over(editor)

    welcome = lifecycle.ask(home, Hello("status"))
    assert welcome is not None
    assert (welcome.pid, welcome.sessions) == (status.pid, 1)
    assert await editor.ghost(editor.open("def add(a, b):\n    return$0\n")) == GHOST


async def test_after_the_handover_a_dead_daemon_ends_the_relay(
    editor: Editor, stopped: psutil.Process
) -> None:
    """As it does where there was a daemon from the start."""
    await alone(editor)
    stopped.resume()
    daemon = (await handed_over(editor)).pid
    assert editor._server is not None

    os.kill(daemon, signal.SIGKILL)

    assert await asyncio.wait_for(editor._server.wait(), PATIENCE_S) == 1


async def test_after_the_handover_a_window_ends_as_asked(
    editor: Editor, stopped: psutil.Process
) -> None:
    """The daemon has one less."""
    await alone(editor)
    stopped.resume()
    await handed_over(editor)

    await editor.shutdown_session()

    assert editor._server is not None
    assert await asyncio.wait_for(editor._server.wait(), PATIENCE_S) == 0


async def test_settings_and_folders_of_now_are_handed_over(
    editor: Editor, stopped: psutil.Process
) -> None:
    """Not those of the beginning."""
    await alone(editor)
    settings = {"ownstack": {"completion": {"enabled": False}}, "trusted": False}
    for said in (settings, {"trusted": True}):
        editor.workspace_did_change_configuration(types.DidChangeConfigurationParams(said))
    await editor.told(lambda status: status.state == "off")
    added = types.WorkspaceFoldersChangeEvent([types.WorkspaceFolder("file:///other", "o")], [])
    editor.workspace_did_change_workspace_folders(types.DidChangeWorkspaceFoldersParams(added))

    stopped.resume()

    folders = ["/project", "/other"]
    status = await editor.told(
        lambda status: status.mode == "daemon" and [part.folder for part in status.index] == folders
    )
    assert status.state == "off"
