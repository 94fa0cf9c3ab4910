"""Daemons that run and do not answer: noticed, not waited for, and ended by who is asked to."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator

import psutil
import pytest

from ownstack.daemon import address, lifecycle
from ownstack.daemon import holder as daemon_holder
from ownstack.daemon.address import TRANSPORT
from ownstack.daemon.handshake import Hello
from ownstack.daemon.holder import DaemonWatch, holder, lock_file, note_file
from ownstack.errors import DaemonError, DaemonSilentError
from ownstack.locking import FileLock
from ownstack.paths import Home

pytestmark = [
    pytest.mark.process,
    pytest.mark.skipif(TRANSPORT != "unix", reason="These tests stop Unix processes."),
]

TIMEOUT_S = 60
HOLDS = """
import os, signal, socket, sys, time
from ownstack.daemon.address import socket_path
from ownstack.daemon.holder import leave_note, lock_file
from ownstack.locking import FileLock
from ownstack.paths import Home

home, listens, then = Home.default(), sys.argv[1] == "listens", sys.argv[2]
lock = FileLock.take(lock_file(home))
leave_note(home)
if listens:
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(socket_path(home)))
    listener.listen()
if then == "deaf":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("ready", flush=True)
if then == "stops":
    os.kill(os.getpid(), signal.SIGSTOP)
while True:
    time.sleep(0 if then == "spins" else 3600)
"""
"""Holds the daemon's lock, and does what a daemon never should."""

Hold = Callable[[bool, str], psutil.Popen]


@pytest.fixture(autouse=True)
def cleaned(home: Home) -> Iterator[None]:
    """No daemon outlives its test."""
    yield
    lifecycle.stop(home)


@pytest.fixture
def hold() -> Iterator[Hold]:
    children: list[psutil.Popen] = []

    def start(listens: bool, then: str) -> psutil.Popen:
        words = ["listens" if listens else "is silent", then]
        child = psutil.Popen([sys.executable, "-c", HOLDS, *words], stdout=subprocess.PIPE)
        assert child.stdout.readline() == b"ready\n"
        children.append(child)
        return child

    yield start
    for child in children:
        if child.poll() is None:
            child.kill()
        child.communicate(timeout=TIMEOUT_S)


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who cannot tell a stuck daemon from a busy one waits for ever."""
    monkeypatch.setattr(address, "ANSWER_S", 1e6)
    monkeypatch.setattr(lifecycle, "START_S", 1e6)


def test_a_stopped_daemon_is_not_waited_for(home: Home, patient: None) -> None:
    """By no window, and by nobody who asks; what to do is said."""
    pid = lifecycle.start(home).pid
    os.kill(pid, signal.SIGSTOP)

    with pytest.raises(DaemonSilentError) as said:
        lifecycle.attach(home)
    with pytest.raises(DaemonSilentError):
        lifecycle.ask(home, Hello("status"))

    assert str(said.value) == (
        f"The daemon (process {pid}) does not answer. Run `ownstack daemon stop`."
    )


def test_a_daemon_that_goes_on_is_found_again(home: Home, patient: None) -> None:
    """Stopping it did it no harm."""
    pid = lifecycle.start(home).pid
    os.kill(pid, signal.SIGSTOP)
    with pytest.raises(DaemonSilentError):
        lifecycle.attach(home)

    os.kill(pid, signal.SIGCONT)

    lifecycle.attach(home).close()
    assert lifecycle.start(home).pid == pid


@pytest.mark.parametrize("listens", [True, False], ids=["listening", "before it listens"])
@pytest.mark.parametrize("then", ["stops", "sleeps"])
def test_whatever_it_is_stuck_at(
    home: Home, patient: None, hold: Hold, listens: bool, then: str
) -> None:
    """Stopped or asleep for good, before it listens or after."""
    hold(listens, then)

    with pytest.raises(DaemonSilentError):
        lifecycle.attach(home)


@pytest.mark.parametrize(("then", "stuck"), [("spins", False), ("sleeps", True)])
def test_a_busy_daemon_is_waited_for(
    home: Home, hold: Hold, monkeypatch: pytest.MonkeyPatch, then: str, stuck: bool
) -> None:
    """One that uses the processor, or waits for it, may answer yet."""
    monkeypatch.setattr(daemon_holder, "STILL_S", 0.2)
    hold(True, then)
    watch, pause = DaemonWatch(home), threading.Event()

    assert any(pause.wait(0.05) or watch.stuck() for _ in range(40)) == stuck


def test_stopping_a_stopped_daemon_ends_it(home: Home, patient: None) -> None:
    """It cannot be asked, but it can be ended."""
    daemon = psutil.Process(lifecycle.start(home).pid)
    daemon.suspend()

    assert lifecycle.stop(home) is True

    assert not daemon.is_running() or daemon.status() == psutil.STATUS_ZOMBIE
    assert lifecycle.ask(home, Hello("status")) is None


@pytest.mark.parametrize("listens", [True, False], ids=["listening", "before it listens"])
def test_one_that_hears_nothing_is_killed(
    home: Home, patient: None, hold: Hold, monkeypatch: pytest.MonkeyPatch, listens: bool
) -> None:
    """After its time to leave."""
    monkeypatch.setattr(lifecycle, "SILENT_S", 0.2)
    monkeypatch.setattr(lifecycle, "STOP_S", 0.2)
    child = hold(listens, "deaf")

    assert lifecycle.stop(home) is True

    assert child.wait(TIMEOUT_S) == -signal.SIGKILL


def test_a_polite_stop_ends_nobody(home: Home, patient: None) -> None:
    """Nobody knows whether windows are attached to it."""
    daemon = psutil.Process(lifecycle.start(home).pid)
    daemon.suspend()

    with pytest.raises(DaemonSilentError):
        lifecycle.stop(home, only_if_idle=True)

    assert daemon.status() == psutil.STATUS_STOPPED


def test_a_process_that_is_not_the_daemon_is_left_alone(home: Home) -> None:
    """Its number was once a daemon's, or somebody wrote it down: the start or the lock tells."""
    innocent = psutil.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    note = note_file(home)
    note.parent.mkdir(parents=True, mode=0o700)
    lock = FileLock.take(lock_file(home))
    assert lock is not None
    for wrong in (
        {"pid": innocent.pid, "started": innocent.create_time() - 100},
        {"pid": innocent.pid},
        {"pid": str(innocent.pid) * 50, "started": 0},
        [innocent.pid],
    ):
        note.write_text(json.dumps(wrong))
        assert holder(home) is None
    note.write_text(json.dumps({"pid": innocent.pid, "started": innocent.create_time()}))
    assert holder(home) == innocent

    lock.release()

    assert holder(home) is None
    assert lifecycle.stop(home) is False
    assert innocent.is_running()
    innocent.communicate(b"\n", timeout=TIMEOUT_S)


def test_a_daemon_that_is_killed_while_it_starts_is_started_again(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A window does not do without it for good because of one accident."""
    spawned = kill_first(monkeypatch, 2)

    lifecycle.attach(home).close()

    assert len(spawned) == 3


def test_daemons_that_are_killed_again_and_again_are_given_up(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With what became of them."""
    spawned = kill_first(monkeypatch, 99)

    with pytest.raises(DaemonError, match=r"did not start \(exit status -9\)"):
        lifecycle.attach(home)

    assert len(spawned) == 3


def kill_first(monkeypatch: pytest.MonkeyPatch, n: int) -> list[int]:
    """Kill the first `n` daemons as soon as they are started; return the numbers of all."""
    spawned: list[int] = []
    spawn = lifecycle.spawn

    def spawn_and_kill(home: Home) -> subprocess.Popen[bytes]:
        child = spawn(home)
        spawned.append(child.pid)
        if len(spawned) <= n:
            child.kill()
        return child

    monkeypatch.setattr(lifecycle, "spawn", spawn_and_kill)
    return spawned
