"""`ownstack lsp`: bytes from the editor to the daemon, and back."""

from __future__ import annotations

import os
import re
import socket
import threading

CHUNK_BYTES = 65_536
DAEMON_DIED = 1

_EXIT = re.compile(rb'"method"\s*:\s*"exit"')
_EXIT_WINDOW_BYTES = 256


class Relay:
    """A copy of bytes both ways, until the daemon closes the connection.

    The editor closing its end is passed on as a half-close, so that answers under way still
    arrive. Only threads: asyncio would double the start time of what is started most often.
    """

    def __init__(self, daemon: socket.socket, read_fd: int = 0, write_fd: int = 1) -> None:
        self._daemon = daemon
        self._read_fd = read_fd
        self._write_fd = write_fd
        self._tail = b""
        self._editor_left = threading.Event()

    def run(self) -> int:
        """Copy until the end; return the exit status.

        0 if the editor said `exit` or left first. Otherwise the daemon died: a status that makes
        the editor's client start the relay, and so the daemon, again.
        """
        threading.Thread(target=self._up, name="relay-up", daemon=True).start()
        self._down()
        said_exit = _EXIT.search(self._tail) is not None
        return 0 if said_exit or self._editor_left.is_set() else DAEMON_DIED

    def _up(self) -> None:
        while True:
            try:
                data = os.read(self._read_fd, CHUNK_BYTES)
            except OSError:
                data = b""
            if not data:
                break
            self._tail = (self._tail + data)[-_EXIT_WINDOW_BYTES:]
            try:
                self._daemon.sendall(data)
            except OSError:
                # The daemon is gone; the other direction notices and decides the status.
                return
        self._editor_left.set()
        try:
            self._daemon.shutdown(socket.SHUT_WR)
        except OSError:
            # Already closed by the other side, which is what a half-close would lead to.
            return

    def _down(self) -> None:
        while True:
            try:
                data = self._daemon.recv(CHUNK_BYTES)
            except OSError:
                return
            if not data:
                return
            view = memoryview(data)
            while view:
                try:
                    view = view[os.write(self._write_fd, view) :]
                except OSError:
                    # The editor does not read any more: as good as gone.
                    self._editor_left.set()
                    self._daemon.close()
                    return
