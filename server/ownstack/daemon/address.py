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
import stat
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ownstack.daemon import handshake
from ownstack.daemon.handshake import Hello, Welcome
from ownstack.daemon.peer import peer_uid
from ownstack.errors import DaemonError, DaemonSilentError
from ownstack.files.opening import read_regular
from ownstack.paths import Home, make_private, private_folder, short_hash

Transport = Literal["unix", "tcp"]
TRANSPORT: Transport = "unix" if os.name != "nt" and hasattr(socket, "AF_UNIX") else "tcp"

MAX_SOCKET_PATH_BYTES = 100
"""`sun_path` holds 104 bytes on macOS and 108 on Linux, the closing zero included."""
MAX_ADDRESS_BYTES = 4_096
ANSWER_S = 15.0
"""A busy machine may take long to answer; a dead daemon's socket fails at once."""
_LOOK_S = 1.0
"""How often who waits for an answer looks whether the daemon is stuck."""


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


def private_socket_path(home: Home) -> Path:
    """Return the path of the Unix socket, whose folder nobody else can write to or exchange.

    Raises:
        FileNotFoundError: there is no such folder.
        DaemonError: its folder is a link or somebody else's, or the path is too long.
    """
    path = socket_path(home)
    hint = "Remove it, or set OWNSTACK_HOME to a folder of your own with a short path."
    try:
        make_private(path.parent)
    except PermissionError as error:
        raise DaemonError(f"The daemon's folder cannot be trusted: {error}.", hint) from error
    if path.parent != home.runtime:
        shared = path.parent.parent.stat()
        # Where the sticky bit is missing, anybody may put another folder in its place.
        if shared.st_mode & 0o022 and not shared.st_mode & stat.S_ISVTX:
            raise DaemonError(
                f"Others may exchange the folders in {path.parent.parent}.",
                "Set TMPDIR or OWNSTACK_HOME to a folder of your own with a short path.",
            )
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
    """Return what the address file says, or None if there is no usable one of this user."""
    try:
        make_private(home.runtime)
        content, status = read_regular(address_file(home), MAX_ADDRESS_BYTES)
        if hasattr(os, "getuid") and status.st_uid != os.getuid():
            return None
        raw = json.loads(content)
        return Tcp(int(raw["port"]), str(raw["token"]))
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None


@dataclass
class Connection:
    """A client's end of a connection to the daemon."""

    socket: socket.socket
    home: Home
    token: str = ""

    def ask(self, hello: Hello) -> Welcome | None:
        """Say hello and return the answer; None if the daemon left without one.

        Raises:
            DaemonSilentError: it does not answer.
            DaemonError: it answers, but not in our protocol.
        """
        hello = Hello(hello.want, hello.version, hello.protocol, self.token, hello.only_if_idle)
        self.socket.settimeout(_LOOK_S)
        line = b""
        try:
            self.socket.sendall(handshake.encode(hello))
            # Byte by byte: what follows the line belongs to somebody else.
            while not line.endswith(b"\n") and len(line) < handshake.MAX_LINE_BYTES:
                byte = self._byte()
                if not byte:
                    return None
                line += byte
        except OSError:
            return None
        self.socket.settimeout(None)
        return handshake.decode_welcome(line)

    def _byte(self) -> bytes:
        try:
            return self.socket.recv(1)
        except TimeoutError:
            # Only for who has to wait: an editor waits for what is imported here.
            from ownstack.daemon.holder import DaemonWatch

            watch, deadline_s = DaemonWatch(self.home), time.monotonic() + ANSWER_S - _LOOK_S
        while not watch.stuck() and time.monotonic() < deadline_s:
            try:
                return self.socket.recv(1)
            except TimeoutError:
                continue
        raise silent(watch.pid)

    def close(self) -> None:
        self.socket.close()


def silent(pid: int | None) -> DaemonSilentError:
    """Return the error that says that a daemon does not answer, and what to do."""
    process = "" if pid is None else f" (process {pid})"
    return DaemonSilentError(f"The daemon{process} does not answer.", "Run `ownstack daemon stop`.")


def connect(home: Home, transport: Transport = TRANSPORT) -> Connection | None:
    """Connect to the daemon; None if nobody listens (no socket, or a stale one).

    Raises:
        DaemonError: the address cannot be used at all, or another user listens there.
    """
    if transport == "unix":
        return _connect_unix(home)
    address = read_address(home)
    if address is None:
        return None
    client = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    return _connected(client, ("127.0.0.1", address.port), home, address.token)


def _connect_unix(home: Home) -> Connection | None:
    try:
        path = private_socket_path(home)
        status = path.lstat()
    except OSError:
        return None
    # Anything else was put there while the folder was open to others; a daemon replaces it.
    if not stat.S_ISSOCK(status.st_mode) or status.st_uid != os.getuid():
        return None
    client = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection = _connected(client, str(path), home)
    if connection is not None and peer_uid(client) not in (None, os.getuid()):
        client.close()
        raise DaemonError(f"Another user listens at {path}.", f"Remove {path.parent}.")
    return connection


def _connected(
    client: socket.socket, target: str | tuple[str, int], home: Home, token: str = ""
) -> Connection | None:
    try:
        client.settimeout(ANSWER_S)
        client.connect(target)
    except OSError:
        # Missing, stale, or refused while the daemon is leaving: for a client it is all the same.
        client.close()
        return None
    return Connection(client, home, token)
