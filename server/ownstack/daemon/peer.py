"""Who is at the other end of a Unix socket: the kernel knows, and nobody can tell it otherwise."""

from __future__ import annotations

import socket
import struct
import sys
from typing import Protocol

# <sys/un.h> of macOS and FreeBSD; Python has no names for them.
_SOL_LOCAL, _LOCAL_PEERCRED = 0, 1
_UCRED = struct.Struct("=iII")
"""Linux: process, user, group."""
_XUCRED = struct.Struct("=II")
"""macOS, FreeBSD: version, user; groups follow."""
_XUCRED_BYTES = 76


class _Socket(Protocol):
    def getsockopt(self, level: int, name: int, size: int, /) -> bytes: ...


def peer_uid(connection: _Socket) -> int | None:
    """Return the user who runs the process at the other end; None where the system cannot say.

    Of a connection that a client has made, that is whoever listens.
    """
    try:
        if sys.platform.startswith("linux"):
            raw = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _UCRED.size)
            return int(_UCRED.unpack(raw)[1])
        if sys.platform == "darwin" or sys.platform.startswith("freebsd"):
            raw = connection.getsockopt(_SOL_LOCAL, _LOCAL_PEERCRED, _XUCRED_BYTES)
            return int(_XUCRED.unpack(raw[: _XUCRED.size])[1])
    except OSError:
        # The other end has gone already, or it is no Unix socket.
        return None
    return None
