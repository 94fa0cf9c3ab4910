"""What a conversation is made of: messages of parts, and the tools that a model may call."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

Author = Literal["system", "user", "assistant", "tool"]
CHARS_PER_TOKEN = 16
"""More than any tokenizer makes of a long text; what is longer by it is refused unread."""


@dataclass(frozen=True, slots=True)
class TextPart:
    """A stretch of text in a message. It is data: no marker in it means something to the model."""

    text: str


@dataclass(frozen=True, slots=True)
class ReasoningPart:
    """What a model wrote to itself before it answered. A template may leave it out of history."""

    text: str


@dataclass(frozen=True, slots=True)
class ToolCallPart:
    """A model asks for a tool to be used."""

    id: str
    """Unique within the conversation: the result names it."""
    name: str
    arguments: str
    """JSON text, as the model wrote it: an object, if the model kept to the tool's schema."""


@dataclass(frozen=True, slots=True)
class ToolResultPart:
    """What a tool said to a call. Data, like all text."""

    call_id: str
    name: str
    text: str


Part = TextPart | ReasoningPart | ToolCallPart | ToolResultPart


@dataclass(frozen=True, slots=True)
class Tool:
    """A function that a model may ask for."""

    name: str
    description: str
    parameters: Mapping[str, object] = field(
        default_factory=lambda: {"type": "object", "properties": {}}
    )
    """The JSON schema of its arguments, an object."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a conversation, made of parts in their order.

    Reasoning and tool calls are the assistant's, tool results those of "tool" alone.
    """

    role: Author
    parts: tuple[Part, ...]

    @classmethod
    def of(cls, role: Author, text: str) -> Message:
        """Return a message that is one text."""
        return cls(role, (TextPart(text),))

    @classmethod
    def result(cls, call: ToolCallPart, text: str) -> Message:
        """Return the message that answers a tool call."""
        return cls("tool", (ToolResultPart(call.id, call.name, text),))

    @property
    def text(self) -> str:
        """The text that was said: neither reasoning nor calls nor results."""
        return "".join(part.text for part in self.parts if isinstance(part, TextPart))

    @property
    def reasoning(self) -> str:
        return "".join(part.text for part in self.parts if isinstance(part, ReasoningPart))

    @property
    def tool_calls(self) -> tuple[ToolCallPart, ...]:
        return tuple(part for part in self.parts if isinstance(part, ToolCallPart))

    @property
    def tool_results(self) -> tuple[ToolResultPart, ...]:
        return tuple(part for part in self.parts if isinstance(part, ToolResultPart))


def characters(messages: Iterable[Message]) -> int:
    """Return how many characters messages have, in all their parts."""
    return sum(
        len(part.arguments if isinstance(part, ToolCallPart) else part.text)
        for message in messages
        for part in message.parts
    )
