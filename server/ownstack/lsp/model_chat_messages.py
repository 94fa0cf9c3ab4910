"""What is sent when the chat model itself is asked, as by other extensions of an editor.

Types of the messages that `lsp/protocol.py` lists.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ownstack.app.model_chat import OfferedModel


@dataclass(frozen=True, slots=True)
class ModelListParams:
    """No parameters."""


@dataclass(frozen=True, slots=True)
class ModelListResult:
    models: list[OfferedModel]
    """None if the user chose none for the chat."""


@dataclass(frozen=True, slots=True)
class ModelToolCall:
    """A tool that the model asks for, and that whoever asked has to run."""

    id: str
    name: str
    arguments: str
    """JSON text."""


@dataclass(frozen=True, slots=True)
class ModelMessage:
    role: str
    """"system", "user", "assistant" or "tool"."""
    text: str = ""
    calls: list[ModelToolCall] = field(default_factory=list)
    """Of the assistant's."""
    call: str = ""
    """Of a tool's: the id of the call that the text answers."""


@dataclass(frozen=True, slots=True)
class ModelTool:
    name: str
    description: str = ""
    parameters: dict[str, Any] = field(default_factory=dict)
    """JSON schema of an object."""


@dataclass(frozen=True, slots=True)
class ModelRespondParams:
    request: str
    """An id of the client's choice, by which deltas name it."""
    model: str
    messages: list[ModelMessage]
    tools: list[ModelTool] = field(default_factory=list)
    tool_choice: str = "auto"
    """"auto", "required" or "none"."""
    max_tokens: int | None = None
    temperature: float | None = None
    """0 to 2; without one, 0."""
    stop: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class ModelDelta:
    """An answer goes on: with text, or with a whole call."""

    request: str
    text: str = ""
    call: ModelToolCall | None = None


@dataclass(frozen=True, slots=True)
class ModelRespondResult:
    """All of an answer; its deltas came before."""

    message: ModelMessage
    finish: str
    """"end", "stop", "length" or "tool_calls"."""
    prompt_tokens: int
    generated_tokens: int


@dataclass(frozen=True, slots=True)
class ModelCountParams:
    model: str
    text: str


@dataclass(frozen=True, slots=True)
class ModelCountResult:
    tokens: int
    exact: bool
    """Whether the model's own tokenizer counted."""


LIST = "ownstack/model/list"
RESPOND = "ownstack/model/respond"
COUNT = "ownstack/model/count"
DELTA = "ownstack/model/delta"
REQUESTS: Mapping[str, tuple[Any, Any]] = {
    LIST: (ModelListParams, ModelListResult),
    RESPOND: (ModelRespondParams, ModelRespondResult),
    COUNT: (ModelCountParams, ModelCountResult),
}
NOTIFICATIONS: Mapping[str, Any] = {DELTA: ModelDelta}
LONG = frozenset({RESPOND})
"""See `chat_messages.LONG`."""
PAYLOADS = (
    ModelListParams,
    OfferedModel,
    ModelListResult,
    ModelToolCall,
    ModelMessage,
    ModelTool,
    ModelRespondParams,
    ModelDelta,
    ModelRespondResult,
    ModelCountParams,
    ModelCountResult,
)
