"""Find the daemon, start it, ask it, stop it: the client's side of its life."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

from ownstack import __version__
from ownstack.daemon.address import TRANSPORT, Connection, Transport, connect
from ownstack.daemon.handshake import Hello, Welcome, newer
from ownstack.errors import DaemonError
from ownstack.paths import Home, private_folder

START_S = 30.0
"""A cold start reads a lot of Python from disk."""
STOP_S = 10.0
_POLL_S = 0.02
ALREADY_RUNNING = 3
"""Exit status of a daemon that found another one at work."""

_MAX_STDERR_BYTES = 1_000_000


def attach(home: Home, transport: Transport = TRANSPORT) -> Connection:
    """Return a connection on which a session may begin; start a daemon if there is none.

    Several callers may do this at once: each may start a daemon, the lock lets one of them live,
    and all callers end up with that one.

    Raises:
        DaemonError: no daemon of this version can be had; the message says why.
    """
    starter = _Starter(home)
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        connection = connect(home, transport)
        welcome = connection.ask(Hello("session")) if connection else None
        if connection and welcome and welcome.ok:
            return connection
        if connection:
            connection.close()
        if welcome and welcome.reason == "version":
            _replace(home, welcome, transport)
        elif welcome and welcome.reason != "leaving":
            raise DaemonError(f"The daemon refuses this window: {welcome.reason}.")
        elif connection is None:
            starter.start_unless_starting()
        time.sleep(_POLL_S)
    raise DaemonError("The daemon did not start in time.", f"Its log is {home.log_file}.")


def ask(home: Home, hello: Hello, transport: Transport = TRANSPORT) -> Welcome | None:
    """Ask the running daemon something; None if there is none.

    Raises:
        DaemonError: there is one, but it does not answer.
    """
    connection = connect(home, transport)
    if connection is None:
        return None
    try:
        return connection.ask(hello)
    finally:
        connection.close()


def start(home: Home, transport: Transport = TRANSPORT) -> Welcome:
    """Make sure that a daemon runs, and return what it says.

    Raises:
        DaemonError: it does not start.
    """
    starter = _Starter(home)
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        welcome = ask(home, Hello("status"), transport)
        if welcome is not None:
            return welcome
        starter.start_unless_starting()
        time.sleep(_POLL_S)
    raise DaemonError("The daemon did not start in time.", f"Its log is {home.log_file}.")


def stop(home: Home, *, only_if_idle: bool = False, transport: Transport = TRANSPORT) -> bool:
    """Ask the daemon to leave and wait until it has; False if there was none.

    Raises:
        DaemonError: it refuses, or does not leave.
    """
    welcome = ask(home, Hello("stop", only_if_idle=only_if_idle), transport)
    if welcome is None:
        return False
    if not welcome.ok:
        raise DaemonError(f"The daemon does not leave: {welcome.reason}.")
    deadline = time.monotonic() + STOP_S
    while time.monotonic() < deadline:
        if ask(home, Hello("status"), transport) is None:
            return True
        time.sleep(_POLL_S)
    raise DaemonError(f"The daemon (process {welcome.pid}) does not leave.", "End that process.")


def _replace(home: Home, old: Welcome, transport: Transport) -> None:
    """Make an idle older daemon leave.

    Raises:
        DaemonError: it is newer than we are, or at work.
    """
    if not newer(__version__, old.version):
        raise DaemonError(
            f"The running daemon is version {old.version}, this is {__version__}.",
            "Update this editor's extension.",
        )
    if old.sessions:
        raise DaemonError(
            f"The running daemon is version {old.version}, this is {__version__}.",
            "Close the other windows to update it.",
        )
    stop(home, only_if_idle=True, transport=transport)


class _Starter:
    """Starts daemons, one at a time."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._child: subprocess.Popen[bytes] | None = None

    def start_unless_starting(self) -> None:
        """Start a daemon, unless the one that was started is still on its way.

        Raises:
            DaemonError: it cannot be started, or died at once.
        """
        status = self._child.poll() if self._child is not None else ALREADY_RUNNING
        if status is None:
            return
        if status != ALREADY_RUNNING:
            raise DaemonError(
                f"The daemon did not start (exit status {status}).",
                f"Its log is {self._home.log_file}.",
            )
        try:
            self._child = spawn(self._home)
        except OSError as error:
            raise DaemonError(f"The daemon cannot be started: {error}.") from error


def spawn(home: Home) -> subprocess.Popen[bytes]:
    """Start a daemon process that outlives this one and shares nothing with its terminal.

    Raises:
        OSError: no folder for its files, or no process.
    """
    folder = private_folder(home.runtime)
    stderr = stderr_file(home)
    private_folder(stderr.parent)
    mode = "ab" if stderr.exists() and stderr.stat().st_size < _MAX_STDERR_BYTES else "wb"
    # Not the editor's folder: Python would import modules from it before our own.
    command = [sys.executable, "-c", "from ownstack.cli import main; raise SystemExit(main())"]
    with open(stderr, mode) as log:
        child = subprocess.Popen(
            [*command, "daemon", "run"],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=folder,
            start_new_session=os.name != "nt",
            creationflags=_DETACHED,
        )
    # Somebody has to collect its exit status for as long as this process lives.
    threading.Thread(target=child.wait, name="daemon-wait", daemon=True).start()
    return child


def stderr_file(home: Home) -> Path:
    """Return where native code, which knows no logging, leaves its last words."""
    return home.state / "daemon.stderr.log"


_DETACHED: int = (
    getattr(subprocess, "DETACHED_PROCESS", 0)
    | getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)
    | getattr(subprocess, "CREATE_NO_WINDOW", 0)
    if os.name == "nt"
    else 0
)
