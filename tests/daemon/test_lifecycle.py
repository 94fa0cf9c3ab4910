"""Real daemon processes: start, race, death, version, idle, stop."""

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from ownstack.cli import main
from ownstack.daemon import lifecycle
from ownstack.daemon.address import TRANSPORT, Connection, connect, socket_path
from ownstack.daemon.handshake import Hello, Welcome, decode_hello, encode
from ownstack.errors import DaemonError
from ownstack.paths import Home

pytestmark = [
    pytest.mark.process,
    pytest.mark.skipif(TRANSPORT != "unix", reason="These tests kill Unix processes."),
]

TIMEOUT_S = 60


@pytest.fixture(autouse=True)
def cleaned(home: Home) -> Iterator[None]:
    """No daemon outlives its test."""
    yield
    lifecycle.stop(home)


def test_the_first_window_starts_a_daemon_and_the_next_finds_it(home: Home) -> None:
    """One process, whatever the number of windows."""
    first, second = lifecycle.attach(home), lifecycle.attach(home)

    welcome = lifecycle.ask(home, Hello("status"))

    assert welcome is not None
    assert welcome.sessions == 2
    first.close()
    second.close()


def test_windows_that_start_at_once_share_one_daemon(home: Home) -> None:
    """Each may start a process; the lock lets one of them live."""
    found: list[Connection] = []
    threads = [
        threading.Thread(target=lambda: found.append(lifecycle.attach(home))) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(TIMEOUT_S)

    welcome = lifecycle.ask(home, Hello("status"))

    assert welcome is not None
    assert welcome.sessions == 4
    for connection in found:
        connection.close()


def test_a_second_daemon_leaves_at_once(home: Home) -> None:
    """With a status that tells why."""
    lifecycle.start(home)

    done = subprocess.run(
        [sys.executable, "-m", "ownstack", "daemon", "run"], check=False, timeout=TIMEOUT_S
    )

    assert done.returncode == lifecycle.ALREADY_RUNNING


def test_the_daemon_is_detached(home: Home) -> None:
    """A terminal or an editor that goes does not take it along, and its files are private."""
    daemon = psutil.Process(lifecycle.start(home).pid)

    assert os.getsid(daemon.pid) == daemon.pid
    assert daemon.cwd() == str(home.runtime)
    assert home.runtime.stat().st_mode & 0o777 == 0o700
    assert socket_path(home).stat().st_mode & 0o077 == 0


def test_a_killed_daemon_is_replaced(home: Home) -> None:
    """Its socket stays behind, stale; the next window gets a new daemon all the same."""
    connection = lifecycle.attach(home)
    old = lifecycle.ask(home, Hello("status"))
    assert old is not None
    process = psutil.Process(old.pid)
    os.kill(old.pid, signal.SIGKILL)
    assert connection.socket.recv(1) == b""
    process.wait(TIMEOUT_S)
    assert socket_path(home).exists()
    assert connect(home) is None

    new = lifecycle.start(home)

    assert new.pid != old.pid
    connection.close()


def test_a_stale_socket_of_an_unknown_past_is_replaced(home: Home) -> None:
    """Even if it is an ordinary file."""
    home.runtime.mkdir(parents=True)
    socket_path(home).write_text("not a socket")

    assert lifecycle.start(home).ok


def test_stopping_ends_the_process(home: Home) -> None:
    """And stopping when there is nothing to stop is no error."""
    daemon = psutil.Process(lifecycle.start(home).pid)

    assert lifecycle.stop(home) is True
    daemon.wait(TIMEOUT_S)

    assert lifecycle.stop(home) is False
    assert not socket_path(home).exists()


def test_only_a_daemon_of_one_environment_is_stopped(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An environment can be removed without ending the daemon of another one."""
    monkeypatch.setattr(Home, "default", lambda: home)
    lifecycle.start(home)

    elsewhere = main(["daemon", "stop", "--from", str(home.data)])
    kept = lifecycle.ask(home, Hello("status"))
    here = main(["daemon", "stop", "--from", sys.prefix])

    assert (elsewhere, here) == (0, 0)
    assert kept is not None
    assert lifecycle.ask(home, Hello("status")) is None


def test_a_busy_daemon_may_be_asked_politely(home: Home) -> None:
    """With a window attached, it stays."""
    connection = lifecycle.attach(home)

    with pytest.raises(DaemonError, match="busy"):
        lifecycle.stop(home, only_if_idle=True)

    connection.close()


def test_sigterm_ends_it_in_good_order(home: Home) -> None:
    """As a system that shuts down would."""
    daemon = psutil.Process(lifecycle.start(home).pid)

    daemon.terminate()
    daemon.wait(TIMEOUT_S)

    assert not socket_path(home).exists()


def test_a_home_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    """No folder for the socket: no daemon, and the reason is the system's."""
    (tmp_path / "file").write_text("")

    with pytest.raises((DaemonError, OSError)):
        lifecycle.attach(Home.below(tmp_path / "file"))


def test_a_long_home_gets_a_short_socket(tmp_path: Path) -> None:
    """A socket's path has room for a hundred bytes; a home may be longer."""
    home = Home.below(tmp_path / ("x" * 120))

    assert len(os.fsencode(socket_path(home))) <= 100


class OtherDaemon:
    """A daemon of another version: says so to whoever wants a session, and can be stopped."""

    def __init__(self, home: Home, version: str, sessions: int) -> None:
        home.runtime.mkdir(parents=True, mode=0o700)
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.bind(str(socket_path(home)))
        self._socket.listen()
        self._version, self._sessions = version, sessions
        self.wants: list[str] = []
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        while "stop" not in self.wants:
            client, _ = self._socket.accept()
            with client, client.makefile("rb") as lines:
                hello = decode_hello(lines.readline())
                self.wants.append(hello.want)
                agrees = hello.want != "session"
                client.sendall(
                    encode(
                        Welcome(
                            ok=agrees,
                            reason="" if agrees else "version",
                            version=self._version,
                            sessions=self._sessions,
                        )
                    )
                )
        self._socket.close()

    def end(self, home: Home) -> None:
        if self._thread.is_alive():
            lifecycle.ask(home, Hello("stop"))
        self._thread.join(TIMEOUT_S)


def test_an_idle_older_daemon_makes_room(home: Home) -> None:
    """It is asked to leave, and one of this version takes its place."""
    other = OtherDaemon(home, "0.0.1", sessions=0)

    connection = lifecycle.attach(home)

    welcome = lifecycle.ask(home, Hello("status"))
    assert welcome is not None
    assert (welcome.version != "0.0.1", welcome.sessions) == (True, 1)
    assert other.wants[:2] == ["session", "stop"]
    connection.close()
    other.end(home)


@pytest.mark.parametrize(
    ("version", "sessions", "hint"),
    [("0.0.1", 1, "Close the other windows"), ("99.0.0", 0, "Update this editor's extension")],
    ids=["busy-older", "newer"],
)
def test_another_daemon_is_left_alone(home: Home, version: str, sessions: int, hint: str) -> None:
    """A window of another version does not disturb those at work; it is told what to do."""
    other = OtherDaemon(home, version, sessions)

    with pytest.raises(DaemonError, match=hint):
        lifecycle.attach(home)

    assert other.wants == ["session"]
    other.end(home)
