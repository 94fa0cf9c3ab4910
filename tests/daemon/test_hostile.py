"""Strangers' folders: whatever is in one window's, the other windows are served, and it ends."""

import asyncio
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest
from lsprotocol import types

from ownstack.app.status import Status
from ownstack.daemon import lifecycle
from ownstack.daemon.address import TRANSPORT
from ownstack.lsp import protocol
from ownstack.paths import Home
from tests.support.editor import Editor
from tests.support.hostile import BUFFERS, HOSTILE

pytestmark = [
    pytest.mark.process,
    pytest.mark.skipif(TRANSPORT != "unix", reason="Windows has no such files."),
]

WAIT_S = 240.0
"""For all of it, on a busy machine; only ever reached by a failing test."""
HEALTHY = "def healthy_function():\n    return 1\n"


@pytest.fixture
async def windows(home: Home, tmp_path: Path) -> AsyncIterator[list[Editor]]:
    """Two windows of one daemon, which is ended whatever became of it."""
    editors, pids = [Editor(), Editor()], list[int]()
    for editor in editors:
        await editor.start_server()
    (tmp_path / "calm").mkdir()
    (tmp_path / "calm" / "calm.py").write_text("def calm_function(): pass\n")
    await editors[1].hello(folder=(tmp_path / "calm").as_uri())
    pids.append((await editors[1].status()).pid)
    yield editors
    for pid in pids:
        if psutil.pid_exists(pid):
            psutil.Process(pid).kill()
    for editor in editors:
        await editor.stop()


def states(status: Status) -> list[str]:
    return [folder.state for folder in status.index]


async def paths(editor: Editor, query: str) -> set[str]:
    params = protocol.SearchParams(query)
    found = await editor.protocol.send_request_async(protocol.SEARCH, params)
    return {hit.path for hit in found.hits}


async def ask_on(editor: Editor, is_over: asyncio.Event) -> int:
    """Ask one thing after the other, each of which must be answered; return how many were."""
    n_answers = 0
    while not is_over.is_set():
        await editor.status()
        assert await paths(editor, "calm_function") <= {"calm.py"}
        await editor.workspace_symbol_async(types.WorkspaceSymbolParams("calm"))
        n_answers += 3
    return n_answers


async def test_a_folder_of_hostile_files(windows: list[Editor], tmp_path: Path, home: Home) -> None:
    """It is read to its end, what is healthy in it is found, and the daemon leaves when told."""
    hostile, calm = windows
    folder = tmp_path / "hostile"
    for number, make in enumerate(HOSTILE.values()):
        place = folder / f"case_{number}"
        place.mkdir(parents=True)
        (place / f"healthy_{number}.py").write_text(HEALTHY.replace("healthy", f"well_{number}"))
        make(place)
    is_over = asyncio.Event()
    asking = asyncio.ensure_future(ask_on(calm, is_over))

    async def everything() -> None:
        await hostile.hello(folder=folder.as_uri())
        while states(await hostile.status()) != ["ready"]:
            await asyncio.sleep(0.05)
        for number, name in enumerate(HOSTILE):
            found = await paths(hostile, f"well_{number}_function")
            # What a hostile ignore file hides beside it is hidden; its neighbours are not.
            assert f"case_{number}/healthy_{number}.py" in found or "ignore" in name, name

    await asyncio.wait_for(everything(), WAIT_S)
    is_over.set()

    assert await asyncio.wait_for(asking, WAIT_S) > 0
    process = psutil.Process((await calm.status()).pid)
    assert await asyncio.to_thread(lifecycle.stop, home)
    assert await asyncio.to_thread(process.wait, 60) is None
    # Python's own way goes down a call for each of a thousand folders.
    await asyncio.to_thread(subprocess.run, ["rm", "-rf", str(folder)], check=False)


@pytest.mark.parametrize("language", BUFFERS)
async def test_a_hostile_buffer(windows: list[Editor], tmp_path: Path, language: str) -> None:
    """Typed in and asked about in one window, while another one is answered."""
    hostile, calm = windows
    await hostile.hello(folder=tmp_path.as_uri())
    uri = (tmp_path / f"buffer.{language}").as_uri()
    is_over = asyncio.Event()
    asking = asyncio.ensure_future(ask_on(calm, is_over))

    async def type_and_ask() -> None:
        at = hostile.open("x$0\n" + BUFFERS[language], uri, language)
        for letter in "abcdef":
            at = hostile.type(at, letter, uri)
            await hostile.items(at, uri, invoked=letter == "f")

    await asyncio.wait_for(type_and_ask(), WAIT_S)
    is_over.set()

    assert await asyncio.wait_for(asking, WAIT_S) > 0
