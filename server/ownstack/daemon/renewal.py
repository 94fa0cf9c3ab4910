"""A daemon without windows begins anew, as small as it was: the same process, lock and socket.

Of the 400 MB that it takes with windows, libraries and heaps in pieces keep 240 when everything
that they hold is freed; a new program in the same process takes a tenth.
"""

from __future__ import annotations

import os
import socket
import stat
import sys
from dataclasses import dataclass

from ownstack.daemon.address import Transport
from ownstack.errors import DaemonError

COMMAND = (sys.executable, "-c", "from ownstack.cli import main; raise SystemExit(main())")
"""Not `-m`, which imports modules from the folder that it is started in before our own."""


@dataclass(frozen=True, slots=True)
class Handed:
    """What a daemon hands to the program that takes its place."""

    lock: int
    """Descriptor of the file that it holds locked."""
    listener: int
    """Descriptor of the socket on which it listens, so that nobody is turned away meanwhile."""
    idle_s: float
    """It leaves after so long, if no window comes."""

    @classmethod
    def read(cls, text: str) -> Handed:
        """Read what `begin` wrote.

        Raises:
            DaemonError: that is no such text, or these are no such descriptors.
        """
        try:
            lock, listener, idle_s = text.split(":")
            handed = cls(int(lock), int(listener), float(idle_s))
            sound = stat.S_ISREG(os.fstat(handed.lock).st_mode) and stat.S_ISSOCK(
                os.fstat(handed.listener).st_mode
            )
        except (ValueError, OSError, OverflowError):
            sound = False
        if not sound:
            raise DaemonError("A daemon was handed nothing that it can use.", "Start it without.")
        for descriptor in (handed.lock, handed.listener):
            os.set_inheritable(descriptor, False)
        return handed

    def socket(self) -> socket.socket:
        return socket.socket(fileno=self.listener)


def is_possible(transport: Transport) -> bool:
    """Say whether a process of this system can do it."""
    return transport == "unix" and os.name == "posix"


def begin(handed: Handed) -> None:
    """Begin anew. Returns only if that fails.

    Raises:
        OSError: the program cannot be started; everything is as it was.
    """
    descriptors = (handed.lock, handed.listener)
    try:
        for descriptor in descriptors:
            os.set_inheritable(descriptor, True)
        text = f"{handed.lock}:{handed.listener}:{handed.idle_s:.1f}"
        os.execv(sys.executable, [*COMMAND, "daemon", "run", "--handed", text])
    finally:
        for descriptor in descriptors:
            os.set_inheritable(descriptor, False)
