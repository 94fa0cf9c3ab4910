"""What each message to the chat model itself does: convert, ask it, convert."""

from __future__ import annotations

from typing import Literal

from ownstack.app.model_chat import MAX_ANSWER
from ownstack.engine.chat import ChatDelta, TextDelta, ToolCall
from ownstack.engine.messages import Message, Part, TextPart, Tool, ToolCallPart, ToolResultPart
from ownstack.engine.requests import ChatRequest
from ownstack.lsp.handlers import refused, refusing
from ownstack.lsp.model_chat_messages import (
    DELTA,
    ModelCountParams,
    ModelCountResult,
    ModelDelta,
    ModelListParams,
    ModelListResult,
    ModelMessage,
    ModelRespondParams,
    ModelRespondResult,
    ModelToolCall,
)
from ownstack.lsp.window import WindowServer

TROUBLE = "The model cannot be asked"
MAX_MESSAGES, MAX_TOOLS, MAX_STOPS = 4_000, 128, 16
MAX_NAME_CHARS = 200
MAX_TEMPERATURE = 2.0
_ROLES: dict[str, Literal["system", "user", "assistant"]] = {
    "system": "system",
    "user": "user",
    "assistant": "assistant",
}
_CHOICES: dict[str, Literal["auto", "required", "none"]] = {
    "auto": "auto",
    "required": "required",
    "none": "none",
}


async def list_models(ls: WindowServer, params: ModelListParams) -> ModelListResult:
    offered = await ls.model_chat.offered()
    return ModelListResult([] if offered is None else [offered])


async def respond(ls: WindowServer, params: ModelRespondParams) -> ModelRespondResult:
    """Answer, and tell the answer while it is written; cancelling the request ends it."""
    request = _request(params)

    def hear(delta: ChatDelta) -> None:
        if isinstance(delta, TextDelta):
            ls.protocol.notify(DELTA, ModelDelta(params.request, delta.text))
        elif isinstance(delta, ToolCall):
            ls.protocol.notify(DELTA, ModelDelta(params.request, call=_called(delta.part)))

    with refusing(TROUBLE):
        answer = await ls.model_chat.respond(params.model, request, hear)
    calls = [_called(call) for call in answer.message.tool_calls]
    return ModelRespondResult(
        ModelMessage("assistant", answer.message.text, calls),
        answer.finish.value,
        answer.usage.prompt_tokens,
        answer.usage.generated_tokens,
    )


async def count(ls: WindowServer, params: ModelCountParams) -> ModelCountResult:
    with refusing(TROUBLE):
        return ModelCountResult(*await ls.model_chat.count(params.model, params.text))


def _request(params: ModelRespondParams) -> ChatRequest:
    """Return what the engine is asked for, or refuse what makes no sense."""
    if not 0 < len(params.messages) <= MAX_MESSAGES or len(params.tools) > MAX_TOOLS:
        raise refused(f"Ask with 1 to {MAX_MESSAGES:,} messages and at most {MAX_TOOLS} tools.")
    names = [tool.name for tool in params.tools]
    if len(set(names)) < len(names) or not all(0 < len(name) <= MAX_NAME_CHARS for name in names):
        raise refused(f"tools: names of 1 to {MAX_NAME_CHARS} characters, each another.")
    choice = _CHOICES.get(params.tool_choice)
    if choice is None:
        raise refused(f"toolChoice: {params.tool_choice[:40]!r} is none of {', '.join(_CHOICES)}.")
    if choice == "required" and not names:
        raise refused("toolChoice: without tools none can be required.")
    stops = tuple(params.stop)
    if len(stops) > MAX_STOPS or not all(0 < len(stop) <= MAX_NAME_CHARS for stop in stops):
        raise refused(f"stop: at most {MAX_STOPS} texts of 1 to {MAX_NAME_CHARS} characters.")
    temperature = 0.0 if params.temperature is None else params.temperature
    if not 0 <= temperature <= MAX_TEMPERATURE:
        raise refused(f"temperature: from 0 to {MAX_TEMPERATURE:.0f}.")
    tools = tuple(
        Tool(
            tool.name,
            tool.description,
            tool.parameters or {"type": "object", "properties": {}},
        )
        for tool in params.tools
    )
    return ChatRequest(
        _messages(params.messages),
        max_tokens=max(1, params.max_tokens or MAX_ANSWER),
        temperature=temperature,
        stop=stops,
        tools=tools,
        tool_choice=choice,
    )


def _messages(given: list[ModelMessage]) -> tuple[Message, ...]:
    names: dict[str, str] = {}
    made = []
    for message in given:
        if message.role == "tool":
            if message.call not in names:
                raise refused(f"No call {message.call[:40]!r} comes before what a tool says to it.")
            part = ToolResultPart(message.call, names[message.call], message.text)
            made.append(Message("tool", (part,)))
            continue
        role = _ROLES.get(message.role)
        if role is None or (message.calls and role != "assistant"):
            raise refused(f"{message.role[:40]!r} says no such message.")
        parts: list[Part] = [TextPart(message.text)] if message.text else []
        for call in message.calls:
            names[call.id] = call.name
            parts.append(ToolCallPart(call.id, call.name, call.arguments))
        made.append(Message(role, tuple(parts)))
    return tuple(made)


def _called(part: ToolCallPart) -> ModelToolCall:
    return ModelToolCall(part.id, part.name, part.arguments)
