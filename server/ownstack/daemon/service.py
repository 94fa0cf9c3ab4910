"""The daemon process: one host for all windows, until nobody has needed it for a while."""

from __future__ import annotations

import asyncio
import faulthandler
import logging
import logging.handlers
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping

from ownstack import __version__
from ownstack.app.host import Host
from ownstack.app.memory import forget_tables, give_back
from ownstack.concurrency import Delay
from ownstack.daemon.address import TRANSPORT, Transport
from ownstack.daemon.handshake import Hello, Want, Welcome
from ownstack.daemon.holder import leave_note, lock_file
from ownstack.daemon.lifecycle import ALREADY_RUNNING
from ownstack.daemon.listener import Listener, version_refusal
from ownstack.daemon.renewal import Handed, begin, is_possible
from ownstack.errors import DaemonError
from ownstack.locking import FileLock
from ownstack.paths import Home, private_folder
from ownstack.terminal import LogFormatter, visible

log = logging.getLogger(__name__)

Serve = Callable[[Host, asyncio.StreamReader, asyncio.StreamWriter, asyncio.Event], Awaitable[None]]
"""Serves one client on a connection until it ends, or parts from it when the event is set."""
Serves = Mapping[Want, Serve]
"""For each of `LASTING`, who serves it."""

LOG_BYTES = 2_000_000
LOG_FILES = 2
PART_S = 5.0
"""Windows have so long to end their sessions when the daemon was told to leave."""
REST_S = 30.0
"""So long after the last window everything that windows need is freed; windows are reloaded."""
MINUTE_S = 60.0
POLL_S = 0.01
LEAVE_S = 30.0
"""A daemon that was told to leave is ended after so long, whatever holds it up."""


def main(
    home: Home, serves: Serves, transport: Transport = TRANSPORT, handed: Handed | None = None
) -> int:
    """Be the daemon; return the exit status, `ALREADY_RUNNING` if there is one.

    `handed`: what a daemon that began anew had.
    """
    if hasattr(os, "umask"):
        os.umask(0o077)
    lock = FileLock(handed.lock) if handed else FileLock.take(lock_file(home))
    if lock is None:
        return ALREADY_RUNNING
    leave_note(home)
    faulthandler.enable(sys.stderr)
    log_to_file(home)
    log.info("Daemon %s starts as process %d.", __version__, os.getpid())
    try:
        service = Service(home, serves, transport, _leave_in_time, lock.descriptor, handed)
        service.host.crashes.arm()
        asyncio.run(service.run())
    except (DaemonError, OSError) as error:
        log.exception("The daemon cannot listen")
        print(f"ownstack: {visible(str(error))}", file=sys.stderr)
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
    handler.setFormatter(LogFormatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.getLogger().addHandler(handler)
    logging.getLogger("ownstack").setLevel(logging.INFO)


def _leave_in_time() -> None:
    # Not a thread of Python's: native code may hold up all of those.
    faulthandler.dump_traceback_later(LEAVE_S, exit=True)


class Service:
    """Listens, serves, counts windows, and leaves when idle."""

    def __init__(
        self,
        home: Home,
        serves: Serves,
        transport: Transport = TRANSPORT,
        on_leave: Callable[[], None] | None = None,
        lock: int | None = None,
        handed: Handed | None = None,
    ) -> None:
        """`lock` is the descriptor of the daemon's lock, without which it does not begin anew."""
        self._on_leave = on_leave or (lambda: None)
        self.host = Host(home, mode="daemon")
        self._home = home
        self._serves = serves
        self._transport = transport
        self._sessions: dict[asyncio.Task[None], Want] = {}
        self._leaving = asyncio.Event()
        self._lock = lock
        self._handed = handed
        self._listener: Listener | None = None
        self._idle, self._rested = Delay(self.leave), Delay(self._begin_to_free)
        self._leaves_at = 0.0
        self._freeing: asyncio.Task[None] | None = None

    async def run(self) -> None:
        """Serve until told to leave, idle for too long, or signalled.

        Raises:
            DaemonError: the address cannot be used.
            OSError: nor can its folder.
        """
        listener = self._listener = await Listener.open(
            self._home,
            answer=self._answer,
            serve=self._count,
            transport=self._transport,
            handed=self._handed.socket() if self._handed is not None else None,
        )
        self._catch_signals()
        self._rest()
        try:
            await self._leaving.wait()
        finally:
            self.leave()
            self._on_leave()
            if self._sessions:
                # Relays that come back meanwhile are told to try again.
                await asyncio.wait(set(self._sessions), timeout=PART_S)
            await listener.close()
            for task in self._sessions:
                task.cancel()
            await asyncio.gather(*self._sessions, return_exceptions=True)
            await self.host.close()
            if self._freeing is not None:
                await asyncio.wait({self._freeing})

    def leave(self) -> None:
        self._leaving.set()

    def _answer(self, hello: Hello) -> Welcome:
        n = sum(want == "session" for want in self._sessions.values())
        if self._leaving.is_set():
            return Welcome(ok=False, reason="leaving")
        if hello.want == "stop":
            if hello.only_if_idle and self._sessions:
                return Welcome(ok=False, reason="busy", sessions=n)
            # After this turn of the loop, so that the answer goes out first.
            asyncio.get_running_loop().call_soon(self.leave)
            return Welcome(ok=True, sessions=n)
        if hello.want == "status":
            return Welcome(ok=True, sessions=n, status=self.host.report(n))
        return version_refusal(hello, n) or Welcome(ok=True, sessions=n)

    async def _count(
        self, want: Want, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._sessions[task] = want
        self._idle.cancel()
        self._rested.cancel()
        try:
            await self._serves[want](self.host, reader, writer, self._leaving)
        finally:
            del self._sessions[task]
            if not self._sessions:
                self._rest()

    def _rest(self) -> None:
        """Leave after the idle time, unless a window comes.

        A daemon that never had one waits a minute at least: whoever started it is on the way.
        """
        idle_s = self.host.idle_minutes * MINUTE_S
        if self._handed is not None and not self.host.had_sessions:
            idle_s = self._handed.idle_s
        elif not self.host.had_sessions:
            idle_s = max(idle_s, MINUTE_S)
        self._leaves_at = asyncio.get_running_loop().time() + idle_s
        self._idle.start(idle_s)
        if self.host.had_sessions and idle_s > REST_S:
            self._rested.start(REST_S)

    def _begin_to_free(self) -> None:
        self._freeing = asyncio.ensure_future(self._free())

    async def _free(self) -> None:
        """Free what the windows needed, since none has come back."""
        host, self.host = self.host, Host(self._home, mode="daemon")
        self.host.idle_minutes = host.idle_minutes
        await host.close()
        del host
        if not self._sessions:
            forget_tables()
        await asyncio.to_thread(give_back)
        if self._lock is not None and is_possible(self._transport):
            await self._begin_anew(self._lock)

    async def _begin_anew(self, lock: int) -> None:
        """Take up no more memory than at first, unless somebody comes meanwhile."""
        listener = self._listener
        if listener is None or self._leaving.is_set():
            return
        await listener.pause()
        while listener.n_open and not self._sessions:
            await asyncio.sleep(POLL_S)
        left_s = self._leaves_at - asyncio.get_running_loop().time()
        if not self._sessions and not self._leaving.is_set() and left_s > 0:
            log.info("Daemon process %d begins anew, without what windows need.", os.getpid())
            try:
                begin(Handed(lock, listener.descriptor, left_s))
            except OSError as error:
                log.warning("The daemon stays as large as it is: %s", error)
        if not self._leaving.is_set():
            await listener.resume()

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
