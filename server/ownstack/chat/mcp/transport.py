"""A program that speaks MCP on its standard input and output, held to bounds.

The package's own transport waits for the end of a line however long it is. Here a line, and all
that comes between two requests, has a size: a program that floods is ended.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
from collections.abc import AsyncIterator
from typing import Any

from ownstack.chat.mcp.servers_file import ServerEntry
from ownstack.errors import ToolServerError, in_words
from ownstack.memory.handles import short

log = logging.getLogger(__name__)

MAX_LINE = 4_000_000
MAX_BETWEEN = 16_000_000
"""Bytes that may come without anything having been asked."""
_SAID = 2_000
_GRACE_S = 1.0


class Link:
    """The streams that a session of the package reads and writes, and what is wrong with them."""

    def __init__(self, name: str) -> None:
        self.read: Any = None
        self.write: Any = None
        self.problem = ""
        """Why it ended, "" while nothing is wrong."""
        self._name = name
        self._between = 0
        self._said = b""

    def asked(self) -> None:
        """Note that something was asked: what comes now is wanted."""
        self._between = 0

    def came(self, size: int) -> None:
        """Note what came.

        Raises:
            ToolServerError: too much of it.
        """
        self._between += size
        if self._between > MAX_BETWEEN:
            raise ToolServerError(f"The server of tools {self._name} floods, so it is cut off.")

    def wrote_aside(self, data: bytes) -> None:
        """Keep the end of what it writes on standard error."""
        self._said = (self._said + data)[-_SAID:]

    @property
    def last_words(self) -> str:
        return short(self._said.decode("utf-8", "replace").strip().rpartition("\n")[2], 200)


@contextlib.asynccontextmanager
async def linked(entry: ServerEntry) -> AsyncIterator[Link]:
    """Start a program and yield its streams; it is ended, with all that it started, afterwards.

    Raises:
        ToolServerError: it cannot be started.
    """
    import anyio

    process = await _started(entry)
    link = Link(entry.name)
    to_session, link.read = anyio.create_memory_object_stream[Any](0)
    link.write, from_session = anyio.create_memory_object_stream[Any](0)
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stderr is not None
    tasks = [
        asyncio.create_task(_read(process.stdout, to_session, link)),
        asyncio.create_task(_write(process.stdin, from_session, to_session, link)),
        asyncio.create_task(_listen_aside(process.stderr, link)),
    ]
    try:
        yield link
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for stream in (to_session, link.read, link.write, from_session):
            stream.close()
        await _end(process)


async def _started(entry: ServerEntry) -> asyncio.subprocess.Process:
    from mcp.client.stdio import get_default_environment

    environment = get_default_environment()
    for name in entry.variables:
        if name in os.environ:
            environment[name] = os.environ[name]
    try:
        return await asyncio.create_subprocess_exec(
            entry.command,
            *entry.arguments,
            env=environment,
            # Not the project: what lies there must not decide what is run.
            cwd=os.path.expanduser("~"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            limit=MAX_LINE,
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        raise ToolServerError(
            f"The server of tools {entry.name} cannot be started: {in_words(error)}.",
            f"Is {short(entry.command, 80)} installed?",
        ) from error


async def _read(stdout: asyncio.StreamReader, to_session: Any, link: Link) -> None:
    from mcp.shared.message import SessionMessage
    from mcp.types import jsonrpc_message_adapter

    try:
        while line := await stdout.readline():
            link.came(len(line))
            try:
                message = jsonrpc_message_adapter.validate_json(line, by_name=False)
            except ValueError as error:
                # Some print to standard output what is no message; those lines mean nothing.
                log.info("A line of a server of tools is no message: %s", in_words(error))
                continue
            await to_session.send(SessionMessage(message))
        link.problem = link.problem or "It has ended."
    except ToolServerError as error:
        link.problem = link.problem or error.what
    except (ValueError, asyncio.LimitOverrunError):
        link.problem = f"A line is longer than {MAX_LINE / 1e6:.0f} MB."
    except Exception as error:
        link.problem = link.problem or in_words(error)
    finally:
        to_session.close()


async def _write(
    stdin: asyncio.StreamWriter, from_session: Any, to_session: Any, link: Link
) -> None:
    try:
        async for message in from_session:
            data = message.message.model_dump_json(by_alias=True, exclude_unset=True)
            stdin.write(f"{data}\n".encode())
            link.asked()
            await stdin.drain()
    except (OSError, ConnectionError) as error:
        link.problem = link.problem or in_words(error)
        to_session.close()


async def _listen_aside(stderr: asyncio.StreamReader, link: Link) -> None:
    while data := await stderr.read(8_192):
        link.wrote_aside(data)


async def _end(process: asyncio.subprocess.Process) -> None:
    """Close its input, wait a moment, then end it and what it has started."""
    if process.stdin is not None:
        process.stdin.close()
    waiting = asyncio.ensure_future(process.wait())
    await asyncio.wait({waiting}, timeout=_GRACE_S)
    if hasattr(os, "killpg"):
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            pass  # Nobody of them is left.
    elif process.returncode is None:
        process.kill()
    await asyncio.wait({waiting}, timeout=_GRACE_S)
    transport = getattr(process, "_transport", None)
    if transport is not None:
        transport.close()
