"""The first line each way."""

import pytest

from ownstack.daemon.handshake import (
    Hello,
    Welcome,
    decode_hello,
    decode_welcome,
    encode,
    newer,
)
from ownstack.errors import DaemonError


def test_a_hello_survives_the_wire() -> None:
    """What a client says is what the daemon reads, on one line."""
    hello = Hello("stop", token="secret", only_if_idle=True)

    line = encode(hello)

    assert line.count(b"\n") == 1
    assert hello == decode_hello(line)


def test_a_welcome_survives_the_wire() -> None:
    """What the daemon says is what a client reads."""
    welcome = Welcome(ok=False, reason="version", version="9.9", pid=7, sessions=2)

    assert welcome == decode_welcome(encode(welcome))


def test_fields_of_a_later_version_are_ignored() -> None:
    """A daemon understands the hello of a client that knows more than it does."""
    assert Hello("session", version="2.0") == decode_hello(
        b'{"want": "session", "version": "2.0", "protocol": 1, "color": "red"}\n'
    )


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"GET / HTTP/1.1\r\n",
        b"[]\n",
        b"{}\n",
        b'{"want": "coffee"}\n',
        b'{"want": "session", "version": 1}\n',
        b"\xff\xfe\n",
        b"[" * 60_000 + b"\n",
        b'{"want": ["session"]}\n',
    ],
)
def test_anything_else_is_refused(line: bytes) -> None:
    """A stranger on the socket is told apart from a client."""
    with pytest.raises(DaemonError):
        decode_hello(line)


@pytest.mark.parametrize(
    ("version", "other", "expected"),
    [
        ("0.2.0", "0.1.0", True),
        ("0.1.0", "0.2.0", False),
        ("0.1.0", "0.1.0", False),
        ("0.10.0", "0.9.0", True),
        ("1.0.0rc1", "0.9", True),
        ("odd", "0.1.0", False),
    ],
)
def test_versions_compare_by_number(version: str, other: str, expected: bool) -> None:
    """Ten comes after nine."""
    assert expected == newer(version, other)
