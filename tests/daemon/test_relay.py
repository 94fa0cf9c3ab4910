"""The byte relay, between two pipes and a socket pair."""

import os
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from ownstack.daemon.relay import DAEMON_DIED, Relay

TIMEOUT_S = 10


@dataclass
class Ends:
    """A running relay: what an editor holds, and what a daemon holds."""

    daemon: socket.socket
    to_relay: int
    from_relay: int
    relay: Relay
    status: list[int] = field(default_factory=list)

    def start(self) -> None:
        self.thread = threading.Thread(target=lambda: self.status.append(self.relay.run()))
        self.thread.start()

    def end(self) -> int:
        """Wait for the relay's exit status."""
        self.thread.join(TIMEOUT_S)
        assert not self.thread.is_alive()
        return self.status[0]


@pytest.fixture
def ends() -> Iterator[Ends]:
    ours, theirs = socket.socketpair()
    theirs.settimeout(TIMEOUT_S)
    stdin_read, stdin_write = os.pipe()
    stdout_read, stdout_write = os.pipe()
    made = Ends(theirs, stdin_write, stdout_read, Relay(ours, stdin_read, stdout_write))
    made.start()
    yield made
    theirs.close()
    for descriptor in {made.to_relay, stdout_read, stdout_write, stdin_read}:
        try:
            os.close(descriptor)
        except OSError:
            assert descriptor in (made.to_relay, stdout_read)
    made.thread.join(TIMEOUT_S)
    ours.close()


def read(stream: socket.socket, n: int) -> bytes:
    data = b""
    while len(data) < n:
        data += stream.recv(n - len(data))
    return data


def test_bytes_go_both_ways(ends: Ends) -> None:
    """What one side writes is what the other reads, whatever the bytes are."""
    os.write(ends.to_relay, bytes(range(256)))
    ends.daemon.sendall(b"\x00\r\n\xff")

    assert bytes(range(256)) == read(ends.daemon, 256)
    assert os.read(ends.from_relay, 100) == b"\x00\r\n\xff"


def test_an_editor_that_closes_still_gets_its_answers(ends: Ends) -> None:
    """Closing standard input is half a goodbye: the daemon sees the end, then may still write."""
    os.close(ends.to_relay)
    assert ends.daemon.recv(1) == b""

    ends.daemon.sendall(b"late answer")
    assert os.read(ends.from_relay, 100) == b"late answer"
    ends.daemon.close()

    assert ends.end() == 0


def test_a_dead_daemon_is_an_error(ends: Ends) -> None:
    """The editor's client restarts a server whose exit status is not zero."""
    ends.daemon.close()

    assert ends.end() == DAEMON_DIED


def test_a_session_that_ended_as_asked_is_none(ends: Ends) -> None:
    """After `exit`, the daemon closing the connection is what was wanted."""
    message = b'Content-Length: 33\r\n\r\n{"jsonrpc":"2.0","method":"exit"}'
    os.write(ends.to_relay, message)
    assert message == read(ends.daemon, len(message))
    ends.daemon.close()

    assert ends.end() == 0


def test_an_editor_that_stops_reading_ends_the_relay(ends: Ends) -> None:
    """A closed standard output is an editor that has gone."""
    os.close(ends.from_relay)

    ends.daemon.sendall(b"x")

    assert ends.end() == 0
