"""Runs a program by a list of arguments: no shell, a time limit, bounded output, no leftovers."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ownstack.errors import ToolError, in_words
from ownstack.files.decoding import decode

_CHUNK = 65_536
_GRACE_S = 2.0


@dataclass(frozen=True, slots=True)
class Ended:
    """How a program ended."""

    output: str
    """Standard output and error as they came; of too much, the beginning and the end."""
    exit_code: int | None
    """None: the time was over, and it was ended."""


class _Kept:
    """The beginning and the end of what comes, in so many bytes."""

    def __init__(self, max_bytes: int) -> None:
        self._half = max_bytes // 2
        self._head = bytearray()
        self._tail = bytearray()
        self._left_out = 0

    def add(self, data: bytes) -> None:
        room = self._half - len(self._head)
        self._head += data[:room]
        self._tail += data[room:] if room > 0 else data
        over = len(self._tail) - self._half
        if over > 0:
            del self._tail[:over]
            self._left_out += over

    def text(self) -> str:
        gap = f"\n[… {self._left_out:,} bytes left out …]\n".encode() if self._left_out else b""
        data = bytes(self._head) + gap + bytes(self._tail)
        return decode(data) or data.decode("utf-8", "replace")


async def run_program(
    arguments: Sequence[str],
    folder: Path,
    *,
    timeout_s: float,
    max_bytes: int,
    environment: Mapping[str, str] | None = None,
    given: bytes | None = None,
) -> Ended:
    """Run a program to its end, or until the time is over; its children end with it.

    `given` is what it reads from its standard input.

    Raises:
        ToolError: it cannot be started.
    """
    try:
        process = await asyncio.create_subprocess_exec(
            *arguments,
            cwd=folder,
            env=None if environment is None else dict(environment),
            stdin=asyncio.subprocess.DEVNULL if given is None else asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        raise ToolError(
            f"{arguments[0]} cannot be started: {in_words(error)}.", "Is it installed?"
        ) from error
    kept = _Kept(max_bytes)
    assert process.stdout is not None

    async def follow(stream: asyncio.StreamReader) -> None:
        while data := await stream.read(_CHUNK):
            kept.add(data)
        await process.wait()

    async def run(stream: asyncio.StreamReader) -> None:
        await asyncio.gather(follow(stream), _give(process.stdin, given))

    try:
        await asyncio.wait_for(run(process.stdout), timeout_s)
        return Ended(kept.text(), process.returncode)
    except asyncio.TimeoutError:
        return Ended(kept.text(), None)
    finally:
        await _end(process)


async def _give(stream: asyncio.StreamWriter | None, given: bytes | None) -> None:
    if stream is None or given is None:
        return
    try:
        stream.write(given)
        await stream.drain()
        stream.close()
        await stream.wait_closed()
    except (BrokenPipeError, ConnectionResetError):
        return  # It reads no more.


async def _end(process: asyncio.subprocess.Process) -> None:
    """End a program and all that it has started."""
    if hasattr(os, "killpg"):
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            pass  # Nobody of them is left.
    elif process.returncode is None:
        process.kill()
    if process.returncode is None:
        await asyncio.wait({asyncio.ensure_future(process.wait())}, timeout=_GRACE_S)
