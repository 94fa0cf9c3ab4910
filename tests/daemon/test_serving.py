"""`ownstack serve` as a process: the daemon serves for as long as it runs, and again if it died."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from ownstack.api.keys import KeyStore
from ownstack.daemon import lifecycle
from ownstack.daemon.address import TRANSPORT, connect
from ownstack.daemon.handshake import Hello
from ownstack.paths import Home
from tests.support.gguf_models import CHAT_TEMPLATE, make_gguf

pytestmark = [
    pytest.mark.process,
    pytest.mark.skipif(TRANSPORT != "unix", reason="These tests kill Unix processes."),
]

TIMEOUT_S = 120


@pytest.fixture(autouse=True)
def cleaned(home: Home) -> Iterator[None]:
    """No daemon outlives its test."""
    yield
    lifecycle.stop(home)


@pytest.fixture
def key(home: Home) -> str:
    """A key that opens what is served."""
    return KeyStore(home.keys_file).add("tester")


class Command:
    """`ownstack serve`, running."""

    def __init__(self, *arguments: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "ownstack", "serve", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
            # What a shell starts in the background ignores Ctrl-C, and so would this.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )

    def url(self) -> str:
        """Return the next address that it says."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            said = re.search(r"http://\S+", line)
            if said:
                return said[0]
        assert self.process.stderr is not None
        raise AssertionError(self.process.stderr.read())

    def end(self, number: int = signal.SIGINT) -> int:
        self.process.send_signal(number)
        self.process.communicate(timeout=TIMEOUT_S)
        return self.process.returncode


@pytest.fixture
def command(request: pytest.FixtureRequest) -> Iterator[Command]:
    """The command on any free port; further arguments are the test's parameter."""
    made = Command("--port", "0", *getattr(request, "param", ()))
    yield made
    if made.process.poll() is None:
        made.end(signal.SIGKILL)


def models(url: str, key: str) -> list[str]:
    answer = httpx.get(f"{url}/models", headers={"authorization": f"Bearer {key}"}, timeout=60)
    return [model["id"] for model in answer.raise_for_status().json()["data"]]


def gone(url: str) -> bool:
    """Wait until nobody listens there."""
    address = ("127.0.0.1", httpx.URL(url).port)
    deadline = time.monotonic() + TIMEOUT_S
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(address):  # type: ignore[arg-type]
                return True
    return False


def test_the_daemon_serves_until_the_command_ends(home: Home, key: str, command: Command) -> None:
    """The models are the daemon's, its status says where, and nothing is left behind."""
    url = command.url()
    welcome = lifecycle.ask(home, Hello("status"))

    assert "builtin" not in models(url, key)
    assert welcome is not None
    assert welcome.sessions == 0
    assert welcome.status["serving"] == [url]

    assert command.end() == 0
    assert gone(url)
    after = lifecycle.ask(home, Hello("status"))
    assert after is not None
    assert after.status["serving"] == []


def test_a_command_that_is_killed_leaves_nothing(home: Home, key: str, command: Command) -> None:
    """The daemon hears that the connection has ended."""
    url = command.url()
    command.end(signal.SIGKILL)

    assert gone(url)


def test_a_daemon_that_died_serves_again(home: Home, key: str, command: Command) -> None:
    """Another one, at the same port."""
    url = command.url()
    welcome = lifecycle.ask(home, Hello("status"))
    assert welcome is not None
    psutil.Process(welcome.pid).kill()

    assert command.url() == url
    assert models(url, key) == []


def test_a_daemon_that_serves_is_not_idle(home: Home, command: Command) -> None:
    """It does not leave for a newer one meanwhile."""
    command.url()
    connection = connect(home)
    assert connection is not None
    welcome = connection.ask(Hello("stop", only_if_idle=True))
    connection.close()

    assert welcome is not None
    assert welcome.reason == "busy"


@pytest.mark.parametrize("command", [("--in-process",)], indirect=True)
def test_without_a_daemon(home: Home, key: str, command: Command) -> None:
    """It serves by itself, and starts none."""
    url = command.url()

    assert models(url, key) == []
    assert connect(home) is None
    assert command.end() == 0


def test_a_port_that_is_taken(home: Home) -> None:
    """The daemon says why not, and the command what to do."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        made = Command("--port", str(taken.getsockname()[1]))
        _, said = made.process.communicate(timeout=TIMEOUT_S)

    assert made.process.returncode == 1
    assert "--port" in said


@pytest.mark.parametrize("wish", [b"\n", b"[]\n", b'{"host": 7}\n', b'{"host":"::1","port":"x"}\n'])
def test_a_wish_that_is_none(home: Home, wish: bytes) -> None:
    """The daemon says so and goes on."""
    connection = lifecycle.attach(home, want="serve")
    connection.socket.sendall(wish)
    with connection.socket.makefile("rb") as stream:
        assert b'"error"' in stream.readline()
    connection.close()

    assert lifecycle.ask(home, Hello("status")) is not None


@pytest.mark.native
def test_a_real_model_is_shared_by_name(
    home: Home, key: str, command: Command, tmp_path: Path
) -> None:
    """What is made known while it serves is served, by llama.cpp in the daemon."""
    from ownstack.models.registry import ModelRegistry

    url = command.url()
    file = make_gguf(tmp_path / "m.gguf", chat_template=CHAT_TEMPLATE, says=[" Good", " day", "!"])
    ModelRegistry(home.models_file).add(file, "polite")
    answer = httpx.post(
        f"{url}/chat/completions",
        headers={"authorization": f"Bearer {key}"},
        json={"model": "polite", "messages": [{"role": "user", "content": "Hi"}]},
        timeout=TIMEOUT_S,
    )

    assert answer.json()["choices"][0]["message"]["content"] == " Good day!"
