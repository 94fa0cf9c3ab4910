"""A running answer in a conversation, as a stream of typed events."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

from ownstack.engine.messages import Message, Part, ReasoningPart, TextPart, ToolCallPart
from ownstack.engine.results import Finish, Usage
from ownstack.engine.running import RunningAnswer


@dataclass(frozen=True, slots=True)
class TextDelta:
    """The answer's text goes on with this."""

    text: str


@dataclass(frozen=True, slots=True)
class ReasoningDelta:
    """What the model writes to itself goes on with this."""

    text: str


@dataclass(frozen=True, slots=True)
class ToolCall:
    """The model asks for a tool: a whole call, never a part of one."""

    part: ToolCallPart


@dataclass(frozen=True, slots=True)
class End:
    """Nothing more comes."""

    finish: Finish


ChatDelta = TextDelta | ReasoningDelta | ToolCall
"""What an answer is made of."""
ChatEvent = ChatDelta | Usage | End
"""The answer as it is written, then what it cost, then the end."""


Reading = Callable[[int, int], None]
"""Hears how many tokens of a prompt are read, of those that have to be: what is in the KV cache
does not count."""


@dataclass(frozen=True, slots=True)
class ChatAnswer:
    """A finished answer."""

    message: Message
    """The assistant's: what goes into the history of the next request."""
    finish: Finish
    usage: Usage


class ChatStream(RunningAnswer):
    """Grows by `push`, ends by `finish` or `fail`; all three run on the event loop.

    An engine on another thread goes through `loop.call_soon_threadsafe(stream.push, …)`. It is
    read by any number of readers, each from the beginning.
    """

    def __init__(self, on_cancel: Callable[[], None] | None = None) -> None:
        super().__init__(on_cancel)
        self._deltas: list[ChatDelta] = []
        self._when_reading: list[Reading] = []
        self._read: tuple[int, int] | None = None

    @property
    def text(self) -> str:
        """The answer's text as far as it is written."""
        return self.so_far().text

    def push(self, delta: ChatDelta) -> None:
        if self.done or (not isinstance(delta, ToolCall) and not delta.text):
            return
        self._deltas.append(delta)
        self._wake()

    def reading(self, done: int, total: int) -> None:
        """Note how much of the prompt is read; not all engines know."""
        self._read = (done, total)
        if not self.done:
            for hear in self._when_reading:
                hear(done, total)

    def finish(self, finish: Finish, usage: Usage) -> None:
        """End it. An answer that ended by itself and asks for tools ends with TOOL_CALLS."""
        if self.done:
            return
        asks = any(isinstance(delta, ToolCall) for delta in self._deltas)
        self._ended(Finish.TOOL_CALLS if asks and finish is Finish.END else finish, usage)

    def when_reading(self, hear: Reading) -> None:
        """Have `hear` called as the prompt is read; at once if it has begun."""
        self._when_reading.append(hear)
        if self._read is not None and not self.done:
            hear(*self._read)

    def so_far(self) -> Message:
        """Return the assistant's message as far as it is written."""
        parts: list[Part] = []
        text: list[str] = []
        for index, delta in enumerate(self._deltas):
            if isinstance(delta, ToolCall):
                parts.append(delta.part)
                continue
            text.append(delta.text)
            following = self._deltas[index + 1] if index + 1 < len(self._deltas) else None
            if type(following) is not type(delta):
                kind = ReasoningPart if isinstance(delta, ReasoningDelta) else TextPart
                parts.append(kind("".join(text)))
                text = []
        return Message("assistant", tuple(parts))

    async def result(self) -> ChatAnswer:
        """Wait for the end. Being cancelled while waiting leaves the answer running.

        Raises:
            OwnstackError: the engine failed; `so_far` has what came before.
        """
        while not self.done:
            await self._change()
        if self._error is not None:
            raise self._error
        assert self._end is not None
        finish, usage = self._end
        assert finish is not None
        return ChatAnswer(self.so_far(), finish, usage)

    async def message(self) -> Message:
        """Wait for the end, and return the assistant's message.

        Raises:
            OwnstackError: the engine failed.
        """
        return (await self.result()).message

    async def __aiter__(self) -> AsyncIterator[ChatEvent]:
        """Yield the events, from the first.

        Raises:
            OwnstackError: the engine failed.
        """
        seen = 0
        while True:
            while seen < len(self._deltas):
                seen += 1
                yield self._deltas[seen - 1]
            if self.done:
                break
            await self._change()
        answer = await self.result()
        yield answer.usage
        yield End(answer.finish)

    def _give_up(self) -> None:
        self.finish(Finish.CANCELLED, Usage())
