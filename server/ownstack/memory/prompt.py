"""A conversation as messages for a model, from what never changes to what always does.

System text and rules first, then the checkpoint, then history as it was said; what was retrieved
for a turn stays in that turn. So the beginning is the same, byte for byte, until a compaction.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, fields

from cachetools import LRUCache

from ownstack.engine.messages import (
    Message,
    Part,
    ReasoningPart,
    TextPart,
    Tool,
    ToolCallPart,
    ToolResultPart,
)
from ownstack.engine.protocol import TokenCounter
from ownstack.memory.conversation import Checkpoint, Conversation, text_of
from ownstack.memory.events import Event
from ownstack.memory.handles import handle

MESSAGE_TOKENS = 8
"""What a template writes around a message, at most, in the formats that are known: ChatML takes 5,
Llama 3 takes 5 as well, and one that names the time or the channel up to 8."""
INTERRUPTED = "(No result: it was interrupted.)"
_HEAD = (
    "[The earlier part of this conversation, compacted. It is a record of what was said and done, "
    "not a request.]"
)
_COUNTS = 16_384


@dataclass(frozen=True, slots=True)
class Frame:
    """What stands before a conversation, frozen for a session."""

    system: str = ""
    tools: tuple[Tool, ...] = ()


@dataclass(frozen=True, slots=True)
class Segments:
    """The tokens of a prompt, by what they are spent on."""

    system: int = 0
    tools: int = 0
    rules: int = 0
    checkpoint: int = 0
    history: int = 0
    newest: int = 0
    """The newest message of the user, and what was retrieved with it."""

    @property
    def total(self) -> int:
        return sum(getattr(self, field.name) for field in fields(self))


class Tokens:
    """Counts tokens of texts and messages, each once, by a model's tokenizer, on any thread."""

    def __init__(self, counter: TokenCounter) -> None:
        self._counter = counter
        self._counts: LRUCache[str, int] = LRUCache(_COUNTS)
        self._lock = threading.Lock()

    @property
    def exact(self) -> bool:
        return self._counter.exact

    def of(self, text: str) -> int:
        with self._lock:
            count = self._counts.get(text)
        if count is None:
            count = self._counter.count(text)
            with self._lock:
                self._counts[text] = count
        return count

    def of_message(self, message: Message) -> int:
        return MESSAGE_TOKENS + sum(self._of_part(part) for part in message.parts)

    def of_messages(self, messages: tuple[Message, ...]) -> int:
        return sum(map(self.of_message, messages))

    def of_tools(self, tools: tuple[Tool, ...]) -> int:
        return sum(
            MESSAGE_TOKENS + self.of(f"{tool.name}\n{tool.description}\n{dict(tool.parameters)}")
            for tool in tools
        )

    def _of_part(self, part: Part) -> int:
        if isinstance(part, ToolCallPart):
            return MESSAGE_TOKENS + self.of(part.name) + self.of(part.arguments)
        return self.of(part.text)


def messages(frame: Frame, conversation: Conversation) -> tuple[Message, ...]:
    """Return the prompt. Neighbours of one author are one message, as templates want it."""
    made: list[Message] = []
    system = "\n\n".join(filter(None, (frame.system, conversation.rules)))
    if system:
        made.append(Message.of("system", system))
    head = checkpoint_text(conversation)
    if head:
        made.append(Message.of("user", head))
    return _joined([*made, *_history(conversation)])


def checkpoint_text(conversation: Conversation) -> str:
    """Return what stands for older events, and the pins that nothing else shows; "" if nothing."""
    checkpoint = conversation.checkpoint
    pins = [pin.text for pin in conversation.pins if not pin.shown]
    parts = _of_checkpoint(checkpoint) if checkpoint is not None else []
    if pins:
        parts.append("\n".join(["## Pinned by the user", *pins]))
    return "\n\n".join([_HEAD, *parts]) if parts else ""


def segments(frame: Frame, conversation: Conversation, tokens: Tokens) -> Segments:
    """Return what a prompt's tokens are spent on."""
    head = checkpoint_text(conversation)
    history = _joined(_history(conversation))
    newest = 0
    if history and history[-1].role == "user":
        newest = tokens.of_message(history[-1])
    return Segments(
        system=MESSAGE_TOKENS + tokens.of(frame.system) if frame.system else 0,
        tools=tokens.of_tools(frame.tools),
        rules=MESSAGE_TOKENS + tokens.of(conversation.rules) if conversation.rules else 0,
        checkpoint=MESSAGE_TOKENS + tokens.of(head) if head else 0,
        history=tokens.of_messages(history) - newest,
        newest=newest,
    )


def user_text(event: Event, *, masked: bool = False) -> str:
    """Return a turn of the user's as the model reads it: what was retrieved, then the words."""
    context = handle(event) if masked else text_of(event.data, "context")
    return f"{context}\n\n{event.text}" if context else event.text


def _of_checkpoint(checkpoint: Checkpoint) -> list[str]:
    parts = [part for part in (checkpoint.summary, checkpoint.ledger) if part]
    if checkpoint.kept:
        said = [f"[turn {event.turn}] {event.text}" for event in checkpoint.kept]
        parts.append("\n".join(["## Said by the user, word for word", *said]))
    return parts


def _history(conversation: Conversation) -> list[Message]:
    made: list[Message] = []
    open_calls: dict[str, str] = {}

    def close() -> None:
        for call, name in open_calls.items():
            made.append(Message("tool", (ToolResultPart(call, name, INTERRUPTED),)))
        open_calls.clear()

    for event in conversation.history:
        masked = event.id in conversation.masked
        call, name = text_of(event.data, "call"), text_of(event.data, "name")
        if event.kind == "tool_call":
            part = ToolCallPart(call, name, text_of(event.data, "arguments"))
            made.append(Message("assistant", (part,)))
            open_calls[call] = name
        elif event.kind == "tool_result":
            if open_calls.pop(call, None) is None:
                # The call was lost with a crash; a template takes no result without one.
                made.append(Message("assistant", (ToolCallPart(call, name, "{}"),)))
            text = handle(event) if masked else event.text
            made.append(Message("tool", (ToolResultPart(call, name, text),)))
        elif event.kind == "user":
            close()
            made.append(Message.of("user", user_text(event, masked=masked)))
        else:
            close()
            reasoning = text_of(event.data, "reasoning")
            parts: tuple[Part, ...] = (TextPart(event.text),) if event.text else ()
            made.append(
                Message("assistant", (ReasoningPart(reasoning), *parts) if reasoning else parts)
            )
    return [message for message in made if message.parts]


def _joined(messages: list[Message]) -> tuple[Message, ...]:
    joined: list[Message] = []
    for message in messages:
        last = joined[-1] if joined else None
        if last is None or last.role != message.role or message.role == "tool":
            joined.append(message)
            continue
        space: tuple[Part, ...] = ()
        if isinstance(last.parts[-1], TextPart) and isinstance(message.parts[0], TextPart):
            space = (TextPart("\n\n"),)
        joined[-1] = Message(message.role, (*last.parts, *space, *message.parts))
    return tuple(joined)
