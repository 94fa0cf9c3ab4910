"""Find the daemon, start it, ask it, stop it: the client's side of its life."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

from ownstack import __version__
from ownstack.daemon.address import TRANSPORT, Connection, Transport, connect, silent
from ownstack.daemon.handshake import Hello, Want, Welcome, newer
from ownstack.daemon.renewal import COMMAND
from ownstack.errors import DaemonError, DaemonSilentError
from ownstack.paths import Home, private_folder

if TYPE_CHECKING:
    from ownstack.daemon.holder import DaemonWatch

START_S = 30.0
"""A cold start reads a lot of Python from disk."""
STOP_S = 10.0
SILENT_S = 3.0
"""How long one that did not answer has to leave in good order, all the same."""
_POLL_S = 0.02
MAX_KILLS = 2
"""Of daemons that were killed while they started; it may be done to each of them."""
ALREADY_RUNNING = 3
"""Exit status of a daemon that found another one at work."""

_MAX_STDERR_BYTES = 1_000_000


def attach(home: Home, transport: Transport = TRANSPORT, want: Want = "session") -> Connection:
    """Return a connection on which what is wanted may begin; start a daemon if there is none.

    Several callers may do this at once: each may start a daemon, the lock lets one of them live,
    and all callers end up with that one.

    Raises:
        DaemonError: no daemon of this version can be had; the message says why.
    """
    starter = _Starter(home)
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        connection = connect(home, transport)
        try:
            welcome = connection.ask(Hello(want)) if connection else None
        except DaemonError:
            if connection:
                connection.close()
            raise
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
    """Ask the daemon to leave and see to it that it does; False if there was none.

    One that does not answer, or has not left after `STOP_S`, is ended. With `only_if_idle` nobody
    is: a daemon that does not answer cannot say whether it is.

    Raises:
        DaemonError: it refuses, or cannot be ended.
    """
    from ownstack.daemon import holder
    from ownstack.processes import gone

    try:
        welcome = ask(home, Hello("stop", only_if_idle=only_if_idle), transport)
    except DaemonSilentError:
        process = None if only_if_idle else holder.holder(home)
        if process is None:
            raise
        holder.end(process, SILENT_S)
        return True
    process = holder.holder(home)
    if welcome is None:
        # It may be on its way up or down.
        if process is None or only_if_idle:
            return False
        holder.end(process, STOP_S)
        return True
    if not welcome.ok and welcome.reason != "leaving":
        raise DaemonError(f"The daemon does not leave: {welcome.reason}.")
    if process is not None:
        if not gone(process, STOP_S):
            holder.end(process, 0.0)
        return True
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
    """Who starts daemons, one at a time."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._child: subprocess.Popen[bytes] | None = None
        self._kills_left = MAX_KILLS
        self._watch: DaemonWatch | None = None

    def start_unless_starting(self) -> None:
        """Start a daemon, unless the one that was started is still on its way.

        One that somebody killed meanwhile is started again.

        Raises:
            DaemonSilentError: another one is at work, but stuck before it listens.
            DaemonError: it cannot be started, or ends at once.
        """
        status = self._child.poll() if self._child is not None else 0
        if status is None:
            return
        if status == ALREADY_RUNNING:
            self._expect_other()
        elif status < 0 and self._kills_left:
            self._kills_left -= 1
        elif self._child is not None:
            raise DaemonError(
                f"The daemon did not start (exit status {status}).",
                f"Its log is {self._home.log_file}.",
            )
        try:
            self._child = spawn(self._home)
        except OSError as error:
            raise DaemonError(f"The daemon cannot be started: {error}.") from error

    def _expect_other(self) -> None:
        from ownstack.daemon.holder import DaemonWatch

        self._watch = self._watch or DaemonWatch(self._home)
        if self._watch.stuck():
            raise silent(self._watch.pid)


def spawn(home: Home) -> subprocess.Popen[bytes]:
    """Start a daemon process that outlives this one and shares nothing with its terminal.

    Raises:
        OSError: no folder for its files, or no process.
    """
    folder = private_folder(home.runtime)
    stderr = stderr_file(home)
    private_folder(stderr.parent)
    mode = "ab" if stderr.exists() and stderr.stat().st_size < _MAX_STDERR_BYTES else "wb"
    with open(stderr, mode) as log:
        child = subprocess.Popen(
            [*COMMAND, "daemon", "run"],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=folder,  # Not the editor's, in which there may be modules with names of ours.
            env=_SMALL_HEAPS | os.environ,
            start_new_session=os.name != "nt",
            creationflags=_DETACHED,
        )
    # Somebody has to collect its exit status for as long as this process lives.
    threading.Thread(target=child.wait, name="daemon-wait", daemon=True).start()
    return child


def stderr_file(home: Home) -> Path:
    """Return where native code, which knows no logging, leaves its last words."""
    return home.state / "daemon.stderr.log"


_SMALL_HEAPS = {"MALLOC_ARENA_MAX": "2"}
"""Of glibc, which has a heap for every thread otherwise, and gives none of it back."""

_DETACHED: int = (
    getattr(subprocess, "DETACHED_PROCESS", 0)
    | getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)
    | getattr(subprocess, "CREATE_NO_WINDOW", 0)
    if os.name == "nt"
    else 0
)
