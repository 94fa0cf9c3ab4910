"""Real processes with a real model: over standard input and output, and over the daemon."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from concurrent.futures import Future
from pathlib import Path

import psutil
import pytest
from lsprotocol import types
from pygls.exceptions import JsonRpcException

from ownstack.app.chats.values import ChatDelta, ChatProgress
from ownstack.daemon import lifecycle
from ownstack.daemon.address import TRANSPORT
from ownstack.daemon.handshake import Hello
from ownstack.lsp import chat_messages, protocol
from ownstack.models.registry import ModelRegistry
from ownstack.paths import Home
from tests.support.chatting import Panel
from tests.support.editor import PATIENCE_S, Editor
from tests.support.gguf_models import CHAT_TEMPLATE, make_gguf

pytestmark = [
    pytest.mark.process,
    pytest.mark.skipif(TRANSPORT != "unix", reason="These tests kill Unix processes."),
]

TEXT = "def add(a, b):\n    return$0\n"
GHOST = "(first, second)"
"""What the model says after anything."""
EAGER = {"completion": {"eagerness": "eager", "deadlineMs": 5000}}
"""The tiny model is mixed with echo, its line judged for what it is; a busy machine has time."""


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("models") / "tiny.gguf"
    return make_gguf(path, order="spm", says=["(first", ", second", ")"])


@pytest.fixture
def chosen(home: Home, model: Path) -> None:
    registry = ModelRegistry(home.models_file)
    registry.use(registry.add(model, "tiny").name, "completion")


@pytest.fixture(autouse=True)
def cleaned(home: Home) -> Iterator[None]:
    """No daemon outlives its test."""
    yield
    lifecycle.stop(home)


@pytest.fixture
def chatting(home: Home, tmp_path: Path) -> None:
    """Choose a tiny model that writes on and on for chat."""
    path = make_gguf(tmp_path / "talker.gguf", chat_template=CHAT_TEMPLATE)
    registry = ModelRegistry(home.models_file)
    registry.use(registry.add(path, "talker").name, "chat")


Start = Callable[..., Awaitable[Editor]]


@pytest.fixture
async def start() -> AsyncIterator[Start]:
    """Return a function that starts `ownstack lsp` for one more window."""
    editors: list[Editor] = []

    async def make(*arguments: str) -> Editor:
        editor = Editor()
        await editor.start_server(*arguments)
        editors.append(editor)
        return editor

    yield make
    for editor in editors:
        if editor._server is not None and editor._server.returncode is None:
            await editor.shutdown_session()
        await editor.stop()


async def ready(editor: Editor) -> None:
    await editor.told(lambda status: status.state == "ready")


@pytest.mark.parametrize("arguments", [("--in-process",), ("--in-process", "--stdio"), ()])
async def test_a_real_model_completes(
    start: Start, chosen: None, arguments: tuple[str, ...]
) -> None:
    """From the keystroke to the text, through every layer there is."""
    editor = await start(*arguments)
    await editor.hello(EAGER)
    await ready(editor)

    assert await editor.ghost(editor.open(TEXT)) == GHOST

    status = await editor.status()
    assert status.mode == ("inProcess" if arguments else "daemon")
    assert status.figures["decodeTokensPerSecond"] > 0
    assert (await editor.explain()).evaluated_tokens > 0


async def test_two_windows_share_one_daemon_and_one_model(
    start: Start, home: Home, chosen: None
) -> None:
    """The second window is served by the same process, from the model the first one loaded."""
    first, second = await start(), await start()
    await first.hello(EAGER)
    await second.hello(EAGER)
    await ready(first)
    await ready(second)

    assert await first.ghost(first.open(TEXT)) == GHOST
    assert await second.ghost(second.open(TEXT)) == GHOST

    assert (await first.status()).pid == (await second.status()).pid
    welcome = lifecycle.ask(home, Hello("status"))
    assert welcome is not None
    [loaded] = welcome.status["models"]
    assert (loaded["name"], loaded["users"]) == ("tiny", 2)


async def test_a_window_outlives_its_neighbour(start: Start, home: Home, chosen: None) -> None:
    """One says goodbye properly, one is killed; the third still completes."""
    polite, killed, stays = await start(), await start(), await start()
    for editor in (polite, killed, stays):
        await editor.hello(EAGER)
        await ready(editor)
    await polite.shutdown_session()
    assert polite._server is not None
    assert await polite._server.wait() == 0
    assert killed._server is not None
    killed._server.kill()

    await stays.told(lambda status: status.sessions == 1)

    assert await stays.ghost(stays.open(TEXT)) == GHOST


async def test_a_killed_daemon_ends_the_relay_and_the_next_starts_another(
    start: Start, chosen: None
) -> None:
    """The editor's client sees an exit status that makes it try again, and that works."""
    editor = await start()
    await editor.hello(EAGER)
    await ready(editor)
    old = (await editor.status()).pid
    assert editor._server is not None

    os.kill(old, signal.SIGKILL)

    assert await editor._server.wait() == 1
    again = await start()
    await again.hello(EAGER)
    await ready(again)
    assert await again.ghost(again.open(TEXT)) == GHOST
    assert (await again.status()).pid != old


async def test_windows_part_from_a_daemon_that_leaves(start: Start, home: Home) -> None:
    """Who restarts the server is told, even while it says hello, and ends the session itself."""
    told, late, other = await start(), await start(), await start()
    await told.hello(restarts=True)
    await other.hello()
    while (welcome := lifecycle.ask(home, Hello("status"))) is None or welcome.sessions < 3:
        await asyncio.sleep(0)
    stopped = asyncio.create_task(asyncio.to_thread(lifecycle.stop, home))
    await asyncio.wait_for(told.left.wait(), PATIENCE_S)
    await late.hello(restarts=True)
    await asyncio.wait_for(late.left.wait(), PATIENCE_S)

    for editor in (told, late):
        await editor.shutdown_session()

    processes = [editor._server for editor in (told, late, other)]
    assert [await process.wait() for process in processes if process] == [0, 0, 1]
    assert not other.left.is_set()
    assert await stopped


CRASHES = """
import faulthandler
from ownstack.cli import main
from ownstack.engine.llama.infill import slots

def crash(*_, **__):
    faulthandler._sigsegv()

slots.InfillSlot.answer = slots.InfillSlot.score = crash
main(["daemon", "run"])
"""


async def crash(start: Start, home: Home) -> None:
    """Let a daemon crash in native code when it is asked for a completion."""
    daemon = await asyncio.create_subprocess_exec(sys.executable, "-c", CRASHES)
    while await asyncio.to_thread(lifecycle.ask, home, Hello("status")) is None:
        await asyncio.sleep(0.05)
    editor = await start()
    await editor.hello(EAGER)
    await ready(editor)
    asked = asyncio.ensure_future(editor.ghost(editor.open(TEXT), invoked=True))
    assert await asyncio.wait_for(daemon.wait(), PATIENCE_S) == -signal.SIGSEGV
    assert editor._server is not None
    await editor._server.wait()
    asked.cancel()


async def test_a_model_that_crashed_two_daemons_is_set_aside(
    start: Start, home: Home, chosen: None
) -> None:
    """The third does without, says so, and echo completes; one command gives it another chance."""
    for _ in range(2):
        await crash(start, home)
    editor = await start()
    await editor.hello(EAGER)

    status = await editor.told(lambda status: status.state == "error")

    assert "crashed the engine 2 times and is set aside" in status.reason
    assert status.completer == "echo"
    command = ["models", "use", "tiny", "--for", "completion"]
    assert f"ownstack {' '.join(command)}" in status.reason
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "ownstack", *command)
    assert await process.wait() == 0
    await ready(editor)


async def test_a_model_is_not_set_aside_because_daemons_were_killed(
    start: Start, chosen: None
) -> None:
    """It may be a container that was stopped, or an editor that ends what it has started."""
    for _ in range(3):
        editor = await start()
        await editor.hello(EAGER)
        await ready(editor)
        os.kill((await editor.status()).pid, signal.SIGKILL)
        assert editor._server is not None
        await editor._server.wait()
    editor = await start()
    await editor.hello(EAGER)

    await ready(editor)


async def test_a_model_is_not_set_aside_because_servers_were_killed(
    start: Start, chosen: None
) -> None:
    """The same without a daemon."""
    for _ in range(3):
        editor = await start("--in-process")
        await editor.hello(EAGER)
        await ready(editor)
        assert editor._server is not None
        editor._server.kill()
        await editor._server.wait()
    editor = await start("--in-process")
    await editor.hello(EAGER)

    await ready(editor)


async def test_an_idle_daemon_leaves(start: Start, chosen: None) -> None:
    """When its last window has gone, after the time in the settings: here at once."""
    editor = await start()
    await editor.hello({**EAGER, "daemon": {"idleMinutes": 0}})
    await ready(editor)
    daemon = psutil.Process((await editor.status()).pid)

    await editor.shutdown_session()

    daemon.wait(PATIENCE_S)
    assert not daemon.is_running()


async def test_a_home_that_cannot_be_written_is_served_in_process(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Completion works all the same, and the status says why nothing is shared."""
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("OWNSTACK_HOME", str(tmp_path / "file"))
    editor = await start()
    await editor.hello(EAGER)

    status = await editor.told(lambda status: status.state == "noModel")

    assert status.mode == "inProcess"
    assert "This window does not share its model" in status.reason
    text = "connection = open_connection(host, port)\n"
    at = editor.open(f"{text}print(1)\n{text}print(1)\nconnection = open_con$0\n")
    assert await editor.ghost(at) == "nection(host, port)"


@pytest.mark.parametrize(("trusted", "expected"), [(True, "nection(host, port)"), (False, "")])
async def test_an_untrusted_folder_is_not_read(
    start: Start, tmp_path: Path, trusted: bool, expected: str
) -> None:
    """What is in the files beside the open one is used only when the user trusts them."""
    (tmp_path / "beside.py").write_text("connection = open_connection(host, port)\nprint(1)\n" * 3)
    (tmp_path / "main.py").write_text("")
    editor = await start("--in-process")
    await editor.hello(EAGER, folder=tmp_path.as_uri(), trusted=trusted)
    await editor.told(lambda status: status.state == "noModel")
    uri = (tmp_path / "main.py").as_uri()
    at = editor.open("import x\nconnection = open_con$0\n", uri)

    # The first answer waits a tenth of a second for the files, which may be too short when busy.
    for _ in range(200 if trusted else 5):
        found = await editor.ghost(at, uri, invoked=True)
        if found:
            break

    assert found == expected


async def test_a_model_of_an_untrusted_folder_is_not_loaded(
    start: Start, tmp_path: Path, model: Path
) -> None:
    """A folder's own settings cannot name a file in it to be loaded before it is trusted."""
    inside = tmp_path / "evil.gguf"
    inside.write_bytes(model.read_bytes())
    editor = await start("--in-process")
    await editor.hello(
        {"models": {"completion": str(inside)}}, folder=tmp_path.as_uri(), trusted=False
    )

    status = await editor.told(lambda status: status.state == "error")

    assert "not trusted" in status.reason


async def test_requests_that_make_no_sense_are_answered(start: Start) -> None:
    """Unknown methods and wrong parameters get an error, and the server goes on."""
    editor = await start("--in-process")
    await editor.hello(EAGER)
    for method, params in (
        ("ownstack/unknown", {}),
        (types.TEXT_DOCUMENT_INLINE_COMPLETION, {"position": "here"}),
        ("ownstack/useModel", {"name": 1}),
    ):
        answer: Future[object] = Future()
        editor.protocol._request_futures[method] = answer
        editor.protocol._send_data(
            {"jsonrpc": "2.0", "id": method, "method": method, "params": params}
        )
        with pytest.raises(JsonRpcException):
            await asyncio.wrap_future(answer)

    assert (await editor.status()).state == "noModel"
    assert editor.messages == []


@pytest.mark.parametrize("arguments", [("--in-process",), ()], ids=["in process", "daemon"])
async def test_the_index_is_served_by_real_processes(
    start: Start, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    """An editor searches; meanwhile the terminal reads the same index."""
    project = tmp_path / "shop"
    project.mkdir()
    (project / "client.py").write_text("class ShopClient:\n    def send_order(self): ...\n")
    editor = await start(*arguments)
    await editor.hello(folder=project.as_uri())
    await editor.told(lambda status: [folder.state for folder in status.index] == ["ready"])

    params = protocol.SearchParams("who sends an order")
    result = await editor.protocol.send_request_async(protocol.SEARCH, params)
    symbols = await editor.workspace_symbol_async(types.WorkspaceSymbolParams("shopcl"))
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "ownstack", "search", "ShopClient", "--path", str(project)),
        "--json",
        stdout=asyncio.subprocess.PIPE,
    )
    printed, _ = await process.communicate()

    assert result.hits[0].path == "client.py"
    assert [symbol.name for symbol in symbols or ()] == ["ShopClient"]
    assert [hit["path"] for hit in json.loads(printed)] == ["client.py"]


async def test_the_index_outlives_a_killed_daemon(start: Start, home: Home, tmp_path: Path) -> None:
    """The next window finds everything, and reads what has changed meanwhile."""
    project = tmp_path / "shop"
    project.mkdir()
    for number in range(60):
        (project / f"part_{number}.py").write_text(f"def part_{number}(): return {number}\n")
    first = await start()
    await first.hello(folder=project.as_uri())
    await first.told(lambda status: [folder.state for folder in status.index] == ["ready"])

    os.kill((await first.status()).pid, signal.SIGKILL)
    (project / "part_0.py").write_text("def written_meanwhile(): return 0\n")
    second = await start()
    await second.hello(folder=project.as_uri())
    await second.told(lambda status: [folder.state for folder in status.index] == ["ready"])

    params = protocol.SearchParams("written_meanwhile")
    result = await second.protocol.send_request_async(protocol.SEARCH, params)
    assert result.hits[0].path == "part_0.py"
    assert (await second.status()).index[0].files == 60


async def test_a_conversation_with_a_real_model_outlives_its_server(
    start: Start, tmp_path: Path, chatting: None
) -> None:
    """What was shown of an answer when the process was killed is there in the next one."""
    first = await start("--in-process")
    panel = Panel(first)
    await first.hello(folder=tmp_path.as_uri())
    await panel.open()
    asked = panel.editor.protocol.send_request_async(
        chat_messages.ASK, chat_messages.ChatAskParams(panel.session, "Hi?", "q")
    )
    asking = asyncio.ensure_future(asked)
    await panel.told(ChatDelta)
    shown = panel.streamed("q")
    process = first._server
    assert process is not None
    process.kill()
    await process.wait()
    asking.cancel()

    second = Panel(await start("--in-process"))
    await second.editor.hello(folder=tmp_path.as_uri())
    state = await second.open(panel.session)

    [turn] = state.turns
    assert shown
    assert turn.answer.startswith(shown)
    assert (turn.text, turn.finish, turn.model) == ("Hi?", "interrupted", "talker")
    reading = [news for news in panel.all(ChatProgress) if news.phase == "reading"]
    assert reading[-1].done == reading[-1].total > 0
