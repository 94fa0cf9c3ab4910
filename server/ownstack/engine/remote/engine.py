"""A model on a server: answers that run, what they cost, and how fast it seems.

Each protocol says how a request is written and how its events are read (`ChatReader`); the rest is
the same for all.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from typing import Any

from ownstack.concurrency import Tasks
from ownstack.engine.activity import Activity
from ownstack.engine.chat import ChatDelta, ChatStream, ToolCall
from ownstack.engine.generation import Generation
from ownstack.engine.remote import faults
from ownstack.engine.remote.connection import Connection, EventStream, RefusedError
from ownstack.engine.remote.reading import ChatReader, Counts, MisspokenError, ToldError
from ownstack.engine.requests import ChatRequest, ScoreRequest
from ownstack.engine.results import Capabilities, Finish, Speed, Usage
from ownstack.errors import EngineClosedError, EngineError, NotAllowedError
from ownstack.models.roles import Role

ASSUMED_CONTEXT_TOKENS = 8_192
"""Where neither the server nor the user says how long its window is; the status says so."""
BYTES_PER_TOKEN = 3
"""An estimate that is on the safe side for code and prose; no tokenizer of a server is at hand."""
MAX_CHARS_PER_TOKEN = 64
"""A server that writes more for a token than this does not keep to the length it was told."""
SPARE_CHARS = 10_000
_WEIGHT = 0.3
"""Of the newest measurement in the speed."""


class Clock:
    """When an answer was asked for, when it began and when it ended."""

    def __init__(self) -> None:
        self.asked = time.perf_counter()
        self.began: float | None = None
        self.pieces = 0

    def piece(self) -> None:
        if self.began is None:
            self.began = time.perf_counter()
        self.pieces += 1

    def usage(self, counts: Counts, engine: str, *, leaves_machine: bool) -> Usage:
        """Return what the answer cost until now.

        What the server does not count is not known: a piece of the stream is taken for a token.
        """
        now = time.perf_counter()
        began = now if self.began is None else self.began
        prompt = counts.prompt or 0
        return Usage(
            prompt_tokens=prompt,
            evaluated_tokens=max(0, prompt - counts.cached),
            generated_tokens=self.pieces if counts.generated is None else counts.generated,
            prefill_ms=1_000 * (began - self.asked),
            decode_ms=1_000 * (now - began),
            engine=engine,
            leaves_machine=leaves_machine,
            estimated=counts.prompt is None or counts.generated is None,
        )


class RemoteEngine:
    """One model of one server. What is the same for every protocol."""

    def __init__(self, connection: Connection, model: str, capabilities: Capabilities) -> None:
        self.connection = connection
        self.model = model
        self.leaves_machine = connection.endpoint.entry.leaves_machine(model)
        self.capabilities = replace(capabilities, leaves_machine=self.leaves_machine)
        self.activity = Activity()
        self._speed = Speed(prefill=1_000.0, decode=50.0)
        self._running = Tasks("An answer of a server")
        self._answers: set[ChatStream | Generation] = set()
        self._closed = False

    @property
    def exact(self) -> bool:
        """See `TokenCounter.exact`."""
        return False

    def count(self, text: str) -> int:
        """Return an estimate: the tokenizer is the server's."""
        size = len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))
        return -(-size // BYTES_PER_TOKEN)

    def speed(self) -> Speed:
        return self._speed

    def score(self, request: ScoreRequest) -> Generation:
        """See `LineScorer.score`: no server is asked at every key."""
        raise EngineError(f"{self.capabilities.model} does not score lines.")

    async def close(self) -> None:
        self._closed = True
        for answer in list(self._answers):
            answer.fail(EngineClosedError("The engine was closed."))
        self._running.cancel()
        await self._running.ended()
        await self.connection.close()

    def check_allowed(self, role: Role) -> None:
        """Refuse what may not leave this machine, whoever chose this model.

        Raises:
            NotAllowedError: this role may not.
        """
        entry = self.connection.endpoint.entry
        if self.leaves_machine and role not in entry.roles:
            raise NotAllowedError(
                f"{entry.name} may not be sent what {role} is about.",
                f"Allow it with: ownstack engines allow {entry.name} --for {role}",
            )

    def begin(
        self,
        answer: ChatStream | Generation,
        work: Callable[[], Awaitable[None]],
        end: Callable[[], None],
    ) -> asyncio.Task[None]:
        """Run an answer. Errors go into it; if it is cancelled, `end` ends it."""
        self._answers.add(self.activity.began(answer))

        async def run() -> None:
            try:
                await work()
            except RefusedError as error:
                answer.fail(error.meaning)
            except EngineError as error:
                answer.fail(error)
            except ToldError as error:
                answer.fail(faults.of_event(self.connection.endpoint, error.told))
            except MisspokenError as error:
                answer.fail(faults.misspoken(self.connection.endpoint, str(error)))
            except asyncio.CancelledError:
                end()
                raise
            except Exception as error:
                answer.fail(error)
                raise

        def ended(task: asyncio.Task[None]) -> None:
            self._answers.discard(answer)
            if not answer.done:  # It was cancelled before its first step.
                end()

        task = self._running.start(run())
        task.add_done_callback(ended)
        return task

    def begin_chat(
        self,
        request: ChatRequest,
        opened: Callable[[], AbstractAsyncContextManager[EventStream]],
        reader: ChatReader,
    ) -> ChatStream:
        """Start to read an answer in a conversation."""
        if self._closed:
            raise EngineClosedError("The engine was closed.")
        stream = ChatStream(on_cancel=lambda: cancel(task))
        clock = Clock()

        def end(finish: Finish = Finish.CANCELLED) -> None:
            stream.finish(finish, self.used(clock, reader.counts))

        async def work() -> None:
            await self._read_chat(request, opened, reader, stream, clock)

        task = self.begin(stream, work, end)
        return stream

    async def _read_chat(
        self,
        request: ChatRequest,
        opened: Callable[[], AbstractAsyncContextManager[EventStream]],
        reader: ChatReader,
        stream: ChatStream,
        clock: Clock,
    ) -> None:
        left = request.max_tokens * MAX_CHARS_PER_TOKEN + SPARE_CHARS
        async with opened() as events:
            async for event in events:
                for delta in reader.read(event):
                    events.begun = True
                    clock.piece()
                    stream.push(delta)
                    left -= _size(delta)
                events.ended = reader.finish is not None
                if left < 0:
                    reader.finish = Finish.LENGTH
                    break
        for delta in reader.close():
            clock.piece()
            stream.push(delta)
        if reader.finish is None:
            raise faults.broke_off(self.connection.endpoint)
        usage = self.used(clock, reader.counts)
        self.measure(usage)
        stream.finish(reader.finish, usage)

    def used(self, clock: Clock, counts: Counts) -> Usage:
        """Return what an answer cost."""
        name = self.connection.endpoint.entry.name
        return clock.usage(counts, name, leaves_machine=self.leaves_machine)

    def measure(self, usage: Usage) -> None:
        """Let an answer count in the speed."""
        prefill, decode = self._speed.prefill, self._speed.decode
        if usage.evaluated_tokens > 32 and usage.prefill_ms > 0:
            now = 1_000 * usage.evaluated_tokens / usage.prefill_ms
            prefill += _WEIGHT * (now - prefill)
        if usage.generated_tokens > 8 and usage.decode_ms > 0:
            now = 1_000 * usage.generated_tokens / usage.decode_ms
            decode += _WEIGHT * (now - decode)
        self._speed = Speed(prefill, decode)


@asynccontextmanager
async def negotiated(
    connection: Connection,
    url: str,
    body: dict[str, Any],
    without: Callable[[Mapping[str, Any], str], dict[str, Any] | None],
) -> AsyncIterator[EventStream]:
    """Ask, and ask again with less where the server refuses what is no need.

    `without` is given the request and what the server said; it returns a smaller one, or None.
    """
    asked: dict[str, Any] | None = body
    while asked is not None:
        try:
            async with connection.stream(url, asked) as stream:
                yield stream
                return
        except RefusedError as error:
            smaller = without(asked, error.said) if error.status in (400, 422) else None
            if smaller is None:
                raise
            asked = smaller


def cancel(task: asyncio.Task[None]) -> None:
    """Stop an answer."""
    task.cancel()


def _size(delta: ChatDelta) -> int:
    return len(delta.part.arguments) if isinstance(delta, ToolCall) else len(delta.text)
