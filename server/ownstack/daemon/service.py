"""The daemon process: one host for all windows, until nobody has needed it for a while."""

from __future__ import annotations

import asyncio
import faulthandler
import logging
import logging.handlers
import os
import signal
import sys

from ownstack import __version__
from ownstack.daemon.address import TRANSPORT, Transport
from ownstack.daemon.handshake import Hello, Welcome
from ownstack.daemon.host import Host
from ownstack.daemon.lifecycle import ALREADY_RUNNING
from ownstack.daemon.listener import Listener, version_refusal
from ownstack.errors import DaemonError
from ownstack.lock import FileLock
from ownstack.paths import Home, private_folder

log = logging.getLogger(__name__)

LOG_BYTES = 2_000_000
LOG_FILES = 2


def main(home: Home, transport: Transport = TRANSPORT) -> int:
    """Be the daemon; return the exit status, `ALREADY_RUNNING` if there is one."""
    if hasattr(os, "umask"):
        os.umask(0o077)
    lock = FileLock.take(home.runtime / "daemon.lock")
    if lock is None:
        return ALREADY_RUNNING
    faulthandler.enable(sys.stderr)
    log_to_file(home)
    log.info("Daemon %s starts as process %d.", __version__, os.getpid())
    try:
        asyncio.run(Service(home, transport).run())
    except (DaemonError, OSError) as error:
        log.exception("The daemon cannot listen")
        print(f"ownstack: {error}", file=sys.stderr)
        return 1
    finally:
        log.info("Daemon process %d leaves.", os.getpid())
        lock.release()
    return 0


def log_to_file(home: Home) -> None:
    """Send this package's log to the home's log file, which is rotated."""
    private_folder(home.log_file.parent)
    handler = logging.handlers.RotatingFileHandler(
        home.log_file, maxBytes=LOG_BYTES, backupCount=LOG_FILES, encoding="utf-8"
    )
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.getLogger().addHandler(handler)
    logging.getLogger("ownstack").setLevel(logging.INFO)


class Service:
    """Listens, serves, counts windows, and leaves when idle."""

    def __init__(self, home: Home, transport: Transport = TRANSPORT) -> None:
        self.host = Host(home, mode="daemon")
        self._home = home
        self._transport = transport
        self._sessions: set[asyncio.Task[None]] = set()
        self._leaving = asyncio.Event()
        self._idle: asyncio.TimerHandle | None = None

    async def run(self) -> None:
        """Serve until told to leave, idle for too long, or signalled.

        Raises:
            DaemonError: the address cannot be used.
            OSError: nor can its folder.
        """
        listener = await Listener.open(
            self._home, answer=self._answer, serve=self._serve, transport=self._transport
        )
        self._catch_signals()
        self._rest()
        try:
            await self._leaving.wait()
        finally:
            await listener.close()
            for task in self._sessions:
                task.cancel()
            await asyncio.gather(*self._sessions, return_exceptions=True)
            await self.host.close()

    def leave(self) -> None:
        self._leaving.set()

    def _answer(self, hello: Hello) -> Welcome:
        n = len(self._sessions)
        if self._leaving.is_set():
            return Welcome(ok=False, reason="leaving")
        if hello.want == "stop":
            if hello.only_if_idle and n:
                return Welcome(ok=False, reason="busy", sessions=n)
            # After this turn of the loop, so that the answer goes out first.
            asyncio.get_running_loop().call_soon(self.leave)
            return Welcome(ok=True, sessions=n)
        if hello.want == "status":
            return Welcome(ok=True, sessions=n, status=self.host.report(n))
        return version_refusal(hello, n) or Welcome(ok=True, sessions=n)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # Imported by now or soon: the first session pays for it, the listener does not.
        from ownstack.lsp.server import serve

        task = asyncio.current_task()
        assert task is not None
        self._sessions.add(task)
        if self._idle is not None:
            self._idle.cancel()
            self._idle = None
        try:
            await serve(self.host, reader, writer)
        finally:
            self._sessions.discard(task)
            if not self._sessions:
                self._rest()

    def _rest(self) -> None:
        """Leave after the idle time, unless a window comes.

        A daemon that never had one waits a minute at least: whoever started it is on the way.
        """
        idle_s = self.host.idle_minutes * 60.0
        if not self.host.had_sessions:
            idle_s = max(idle_s, 60.0)
        self._idle = asyncio.get_running_loop().call_later(idle_s, self.leave)

    def _catch_signals(self) -> None:
        for name in ("SIGTERM", "SIGINT", "SIGHUP"):
            number = getattr(signal, name, None)
            if number is None:
                continue
            try:
                asyncio.get_running_loop().add_signal_handler(number, self.leave)
            except RuntimeError:
                # Windows, or a loop that is not in the main thread: the default action remains.
                return
