"""A daemon after its last window: small, there for the next one, and gone when it should be."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from ownstack.cli import main
from ownstack.daemon import lifecycle, renewal
from ownstack.daemon.address import TRANSPORT
from ownstack.daemon.handshake import Hello
from ownstack.daemon.renewal import Handed
from ownstack.errors import DaemonError
from ownstack.locking import FileLock
from ownstack.paths import Home
from tests.support.editor import PATIENCE_S, Editor

pytestmark = [
    pytest.mark.process,
    pytest.mark.skipif(TRANSPORT != "unix", reason="Windows cannot do it."),
]

DAEMON = """
import sys
from ownstack.cli import main
from ownstack.daemon import service

service.REST_S = 0.2
service.MINUTE_S = float(sys.argv[1])
raise SystemExit(main(["daemon", "run"]))
"""


@pytest.fixture(autouse=True)
def cleaned(home: Home) -> Iterator[None]:
    """No daemon outlives its test."""
    yield
    lifecycle.stop(home)


def started(home: Home, minute_s: float) -> subprocess.Popen[bytes]:
    """Start a daemon that frees soon, and whose minutes last so long."""
    daemon = subprocess.Popen([sys.executable, "-c", DAEMON, str(minute_s)])
    while lifecycle.ask(home, Hello("status")) is None:
        assert daemon.poll() is None
    return daemon


async def window(home: Home, project: Path) -> Editor:
    editor = Editor()
    await editor.connect(lifecycle.attach(home).socket)
    await editor.hello({"models": {"completion": "none"}}, folder=project.as_uri())
    await editor.told(lambda status: [folder.state for folder in status.index] == ["ready"])
    return editor


async def leave(editor: Editor) -> None:
    await editor.shutdown_session()
    await editor.stop()


async def until_renewed(process: psutil.Process, before: list[str]) -> None:
    """Wait until the process runs the program that takes the place of `before`."""
    for _ in range(int(PATIENCE_S / 0.02)):
        command = process.cmdline()  # Empty while it begins.
        if "--handed" in command and command != before:
            return
        await asyncio.sleep(0.02)
    raise AssertionError("It did not begin anew.")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "client.py").write_text("class ShopClient:\n    def send_order(self): ...\n")
    return folder


async def test_without_windows_it_is_small_and_serves_the_next(home: Home, project: Path) -> None:
    """The same process, which nobody who asks meanwhile finds away; twice."""
    daemon = started(home, 60.0)
    process = psutil.Process(daemon.pid)
    for _ in range(2):
        editor = await window(home, project)
        before, command = process.memory_full_info().uss, process.cmdline()
        assert process.children()

        await leave(editor)
        renewed = asyncio.ensure_future(until_renewed(process, command))
        while not renewed.done():
            welcome = await asyncio.to_thread(lifecycle.ask, home, Hello("status"))
            assert welcome is not None
            assert welcome.pid == daemon.pid
        await renewed
        after = await asyncio.to_thread(lifecycle.ask, home, Hello("status"))

        assert after is not None
        assert (after.pid, after.sessions) == (daemon.pid, 0)
        assert process.children() == []
        assert process.memory_full_info().uss < before / 2
        assert FileLock.take(home.runtime / "daemon.lock") is None
    lifecycle.stop(home)
    assert daemon.wait(PATIENCE_S) == 0


async def test_it_leaves_when_it_would_have(home: Home, project: Path) -> None:
    """Beginning anew does not begin the wait anew: what is left of it is handed on."""
    daemon = started(home, 0.6)
    editor = await window(home, project)

    await leave(editor)
    process = psutil.Process(daemon.pid)
    await until_renewed(process, [sys.executable, "-c", DAEMON, "0.6"])
    text = process.cmdline()[-1]

    assert 0.0 < float(text.split(":")[2]) <= 10 * 0.6 - 0.2
    assert await asyncio.to_thread(daemon.wait, PATIENCE_S) == 0
    assert not (home.runtime / "daemon.sock").exists()


async def test_a_window_that_comes_back_at_once_finds_all_as_it_was(
    home: Home, project: Path
) -> None:
    """Nothing is freed while a window is there."""
    daemon = started(home, 60.0)
    first = await window(home, project)
    second = await window(home, project)

    await leave(first)
    for _ in range(20):
        await second.status()
        await asyncio.sleep(0.03)

    assert "--handed" not in psutil.Process(daemon.pid).cmdline()
    await leave(second)
    await asyncio.to_thread(lifecycle.stop, home)
    assert await asyncio.to_thread(daemon.wait, PATIENCE_S) == 0


@pytest.mark.parametrize("text", ["", "a:b:c", "1:2", "99999:99998:5", "0:1:x"])
def test_what_is_no_handing_over_is_refused(text: str) -> None:
    """Nobody but the daemon itself calls it so."""
    with pytest.raises(DaemonError, match="nothing that it can use"):
        Handed.read(text)


def test_the_command_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    """As one line and an exit status."""
    assert main(["daemon", "run", "--handed", "1:2"]) == 1
    assert "nothing that it can use" in capsys.readouterr().err


def test_a_program_that_cannot_be_started_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The daemon goes on, and hands its descriptors to no child."""
    monkeypatch.setattr(renewal.sys, "executable", str(tmp_path / "no-python"))
    reader, writer = os.pipe()

    with pytest.raises(FileNotFoundError):
        renewal.begin(Handed(reader, writer, 5.0))

    assert not os.get_inheritable(reader)
    assert not os.get_inheritable(writer)
    os.close(reader)
    os.close(writer)
