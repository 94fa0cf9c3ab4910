"""The folder of the socket, and who is met there: nobody but this user."""

import asyncio
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from ownstack.daemon import lifecycle
from ownstack.daemon.address import TRANSPORT, connect, read_address, socket_path, write_address
from ownstack.daemon.handshake import Hello, Welcome
from ownstack.daemon.listener import Listener
from ownstack.daemon.peer import peer_uid
from ownstack.errors import DaemonError
from ownstack.paths import Home

pytestmark = pytest.mark.skipif(TRANSPORT != "unix", reason="There are no Unix sockets.")
as_root = pytest.mark.skipif(os.getuid() != 0, reason="Only root can be two users.")

TIMEOUT_S = 60
STRANGER = 65_534


@pytest.fixture
def shared(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A temporary folder for all users, with a short path."""
    with tempfile.TemporaryDirectory(prefix="s", dir="/tmp") as name:
        os.chmod(name, 0o1777)
        monkeypatch.setattr(tempfile, "tempdir", name)
        yield Path(name)


@pytest.fixture
def far(shared: Path, tmp_path: Path) -> Home:
    """A home whose path is too long for a socket, which so lies in the shared folder."""
    home = Home.below(tmp_path / ("x" * 120))
    assert socket_path(home).parent.parent == shared
    return home


class Impostor:
    """Listens in the place of the daemon, and hears what windows say."""

    def __init__(self, path: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.bind(str(path))
        self._socket.listen()
        self.heard = b""
        self._thread = threading.Thread(target=self._listen)
        self._thread.start()

    def _listen(self) -> None:
        while True:
            try:
                client, _ = self._socket.accept()
            except OSError:
                return
            with client:
                self.heard += client.recv(65_536)

    def end(self) -> bytes:
        """Return what was heard."""
        self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join(TIMEOUT_S)
        self._socket.close()
        return self.heard


def test_a_folder_that_is_a_link_is_not_entered(
    far: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever made the link listens behind it; a window says nothing there, and says why."""
    trap = tmp_path / "t"
    trap.mkdir(mode=0o755)
    socket_path(far).parent.symlink_to(trap)
    monkeypatch.chdir(trap)  # Its path, too, is too long to listen at.
    impostor = Impostor(Path("daemon.sock"))

    with pytest.raises(DaemonError, match=r"is a link\. Remove it, or set OWNSTACK_HOME"):
        lifecycle.attach(far)
    with pytest.raises(DaemonError, match="is a link"):
        lifecycle.ask(far, Hello("status"))

    assert impostor.end() == b""
    assert trap.stat().st_mode & 0o777 == 0o755


async def test_a_daemon_removes_nothing_behind_a_link(far: Home, tmp_path: Path) -> None:
    """And changes no mode there."""
    victim = tmp_path / "victim"
    victim.mkdir(mode=0o755)
    (victim / "daemon.sock").write_text("precious")
    socket_path(far).parent.symlink_to(victim)

    with pytest.raises(DaemonError, match="is a link"):
        await listen(far)

    assert (victim / "daemon.sock").read_text() == "precious"
    assert victim.stat().st_mode & 0o777 == 0o755


@as_root
async def test_a_folder_of_another_user_is_not_entered(far: Home) -> None:
    """Neither by a window nor by a daemon."""
    folder = socket_path(far).parent
    folder.mkdir(mode=0o777)
    impostor = Impostor(socket_path(far))
    os.chown(folder, STRANGER, STRANGER)

    with pytest.raises(DaemonError, match="belongs to another user"):
        lifecycle.attach(far)
    with pytest.raises(DaemonError, match="belongs to another user"):
        await listen(far)

    assert impostor.end() == b""


def test_a_temporary_folder_whose_folders_can_be_exchanged_is_not_used(
    far: Home, shared: Path
) -> None:
    """Without the sticky bit the next look may find another folder."""
    shared.chmod(0o777)
    socket_path(far).parent.mkdir(mode=0o700)
    impostor = Impostor(socket_path(far))

    with pytest.raises(DaemonError, match=r"Others may exchange the folders .* Set TMPDIR"):
        connect(far)

    assert impostor.end() == b""


def test_a_folder_that_was_open_is_closed_before_anything_is_said(far: Home) -> None:
    """It may have been made by hand."""
    socket_path(far).parent.mkdir()
    os.chmod(socket_path(far).parent, 0o777)

    assert connect(far) is None

    assert socket_path(far).parent.stat().st_mode & 0o777 == 0o700


@pytest.mark.process
def test_a_daemon_with_a_long_home_is_found(far: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """The folder that is checked is the one that is used."""
    monkeypatch.setenv("OWNSTACK_HOME", str(far.config.parent))
    monkeypatch.setenv("TMPDIR", str(tempfile.tempdir))
    try:
        assert lifecycle.start(far).ok
        assert socket_path(far).parent.stat().st_mode & 0o777 == 0o700
    finally:
        lifecycle.stop(far)


LISTEN = """
import os, socket, sys
listener = socket.socket(socket.AF_UNIX)
listener.bind("daemon.sock")
os.setuid(int(sys.argv[1]))
listener.listen()
print("ready", flush=True)
client, _ = listener.accept()
print(client.recv(65536), flush=True)
"""
CONNECT = """
import os, socket, sys
os.setuid(int(sys.argv[1]))
client = socket.socket(socket.AF_UNIX)
client.connect("daemon.sock")
try:
    client.sendall(b'{"want": "status", "protocol": 1}\\n')
    print(client.recv(65536))
except ConnectionError:
    print(b"")
"""


@pytest.mark.process
@as_root
def test_another_users_process_is_told_nothing(home: Home) -> None:
    """Though it listens at a socket of ours: the kernel says who it is."""
    home.runtime.mkdir(mode=0o700, parents=True)
    command = [sys.executable, "-c", LISTEN, str(STRANGER)]
    impostor = subprocess.Popen(command, cwd=home.runtime, stdout=subprocess.PIPE)
    assert impostor.stdout is not None
    assert impostor.stdout.readline() == b"ready\n"

    with pytest.raises(DaemonError, match=r"Another user listens at .*\. Remove "):
        lifecycle.attach(home)

    heard, _ = impostor.communicate(timeout=TIMEOUT_S)
    assert heard == b"b''\n"


@pytest.mark.process
@as_root
async def test_another_user_is_not_served(home: Home) -> None:
    """Even if the folder has been opened to all."""
    listener = await listen(home)
    home.runtime.chmod(0o755)
    socket_path(home).chmod(0o777)

    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", CONNECT, str(STRANGER)),
        cwd=home.runtime,
        stdout=asyncio.subprocess.PIPE,
    )
    heard, _ = await process.communicate()

    assert heard == b"b''\n"
    await listener.close()


@pytest.mark.process
@as_root
def test_a_socket_that_another_user_left_is_replaced(home: Home) -> None:
    """It was made while the folder was open; who listens there is not asked."""
    home.runtime.mkdir(mode=0o700, parents=True)
    impostor = Impostor(socket_path(home))
    os.chown(socket_path(home), STRANGER, STRANGER)
    try:
        assert lifecycle.start(home).ok
    finally:
        lifecycle.stop(home)
        heard = impostor.end()

    assert heard == b""


def test_the_kernel_says_who_is_at_the_other_end() -> None:
    """And knows nobody where there is no Unix socket."""
    ours, theirs = socket.socketpair()
    assert peer_uid(ours) == os.getuid()
    ours.close()
    theirs.close()


def test_an_address_behind_a_link_is_not_read(home: Home, tmp_path: Path) -> None:
    """Over TCP the file says where to connect, so it is as much to be trusted as a socket."""
    address = write_address(home, 1)
    assert read_address(home) == address
    file = home.runtime / "daemon.json"
    (tmp_path / "theirs.json").write_text(json.dumps({"port": 2, "token": "x"}))
    file.unlink()
    file.symlink_to(tmp_path / "theirs.json")

    assert read_address(home) is None


async def listen(home: Home) -> Listener:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        raise AssertionError("nobody is served")

    return await Listener.open(home, answer=lambda hello: Welcome(ok=True), serve=serve)
