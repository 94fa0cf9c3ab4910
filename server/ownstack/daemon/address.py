"""Where the daemon listens, and how a client gets there.

A Unix socket in a private folder; on Windows, loopback TCP with a random token in a file that
only this user can read.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import socket
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ownstack.daemon import handshake
from ownstack.daemon.handshake import Hello, Welcome
from ownstack.errors import DaemonError
from ownstack.paths import Home, private_folder, short_hash

Transport = Literal["unix", "tcp"]
TRANSPORT: Transport = "unix" if os.name != "nt" and hasattr(socket, "AF_UNIX") else "tcp"

MAX_SOCKET_PATH_BYTES = 100
"""`sun_path` holds 104 bytes on macOS and 108 on Linux, the closing zero included."""
ANSWER_S = 15.0
"""A busy machine may take long to answer; a dead daemon's socket fails at once."""


@dataclass(frozen=True, slots=True)
class Tcp:
    """What the address file of a TCP daemon holds."""

    port: int
    token: str


def socket_path(home: Home) -> Path:
    """Return the path of the Unix socket: in the home, or in the temporary folder if too long.

    Raises:
        DaemonError: even that is too long.
    """
    path = home.runtime / "daemon.sock"
    if len(os.fsencode(path)) > MAX_SOCKET_PATH_BYTES:
        name = f"ownstack-{os.getuid()}-{short_hash(str(path))}"
        path = Path(tempfile.gettempdir()) / name / "daemon.sock"
    if len(os.fsencode(path)) > MAX_SOCKET_PATH_BYTES:
        raise DaemonError(f"The path {path} is too long for a socket.", "Set a shorter TMPDIR.")
    return path


def address_file(home: Home) -> Path:
    return home.runtime / "daemon.json"


def write_address(home: Home, port: int) -> Tcp:
    """Write the address file of a TCP daemon, with a new token."""
    address = Tcp(port, secrets.token_hex(32))
    file = private_folder(home.runtime) / "daemon.json"
    with contextlib.suppress(FileNotFoundError):
        file.unlink()
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(descriptor, "w", encoding="ascii") as stream:
        json.dump({"port": address.port, "token": address.token}, stream)
    return address


def read_address(home: Home) -> Tcp | None:
    """Return what the address file says, or None if there is no usable one."""
    try:
        raw = json.loads(address_file(home).read_text("ascii"))
        return Tcp(int(raw["port"]), str(raw["token"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


@dataclass
class Connection:
    """A client's end of a connection to the daemon."""

    socket: socket.socket
    token: str = ""

    def ask(self, hello: Hello) -> Welcome | None:
        """Say hello and return the answer; None if the daemon left without one.

        Raises:
            DaemonError: it does not answer, or not in our protocol.
        """
        hello = Hello(hello.want, hello.version, hello.protocol, self.token, hello.only_if_idle)
        self.socket.settimeout(ANSWER_S)
        line = b""
        try:
            self.socket.sendall(handshake.encode(hello))
            # Byte by byte: what follows the line belongs to somebody else.
            while not line.endswith(b"\n") and len(line) < handshake.MAX_LINE_BYTES:
                byte = self.socket.recv(1)
                if not byte:
                    return None
                line += byte
        except TimeoutError:
            raise DaemonError(
                "The daemon does not answer.", "Run `ownstack daemon stop`."
            ) from None
        except OSError:
            return None
        self.socket.settimeout(None)
        return handshake.decode_welcome(line)

    def close(self) -> None:
        self.socket.close()


def connect(home: Home, transport: Transport = TRANSPORT) -> Connection | None:
    """Connect to the daemon; None if nobody listens (no socket, or a stale one).

    Raises:
        DaemonError: the address cannot be used at all.
    """
    token = ""
    target: str | tuple[str, int]
    if transport == "unix":
        family, target = socket.AF_UNIX, str(socket_path(home))
    else:
        address = read_address(home)
        if address is None:
            return None
        family, target, token = socket.AF_INET, ("127.0.0.1", address.port), address.token
    client = socket.socket(family, socket.SOCK_STREAM)
    try:
        client.settimeout(ANSWER_S)
        client.connect(target)
    except OSError:
        # Missing, stale, or refused while the daemon is leaving: for a client it is all the same.
        client.close()
        return None
    return Connection(client, token)
