"""A request for a conversation, and the answer to it: between OpenAI's words and ours."""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from typing import Any, Literal

from ownstack.api.bodies import ChatBody, ChatMessage, ContentPart, NamedTool
from ownstack.api.refusals import ApiError
from ownstack.engine.chat import ChatDelta, ReasoningDelta, TextDelta
from ownstack.engine.messages import (
    CHARS_PER_TOKEN,
    Message,
    Part,
    ReasoningPart,
    TextPart,
    Tool,
    ToolCallPart,
    ToolResultPart,
    characters,
)
from ownstack.engine.requests import ChatRequest, Priority
from ownstack.engine.results import Finish

DEFAULT_TEMPERATURE = 1.0
"""What OpenAI's reference says of a request that names none."""

FINISH_REASONS: dict[Finish, str] = {
    Finish.TOOL_CALLS: "tool_calls",
    Finish.LENGTH: "length",
    Finish.DEADLINE: "length",
}
"""What is not named has stopped."""


def chat_request(body: ChatBody, context_tokens: int) -> ChatRequest:
    """Return what the engine is asked for.

    Raises:
        ApiError: the request makes no sense, or cannot fit the model's window.
    """
    messages = _messages(body.messages)
    size = characters(messages)
    if size > context_tokens * CHARS_PER_TOKEN:
        raise ApiError(
            400,
            f"The messages have {size:,} characters, the model's window {context_tokens:,} tokens.",
            code="context_length_exceeded",
            param="messages",
        )
    tools, choice = _tools(body)
    schema = _schema(body)
    if schema is not None and tools:
        raise ApiError(400, "response_format: not beside tools.", param="response_format")
    temperature = DEFAULT_TEMPERATURE if body.temperature is None else body.temperature
    return ChatRequest(
        messages,
        max_tokens=body.max_completion_tokens or body.max_tokens or context_tokens,
        temperature=temperature,
        seed=secrets.randbits(31) if body.seed is None else body.seed % 2**31,
        json_schema=schema,
        stop=body.stops(),
        tools=tools,
        tool_choice=choice,
        reasoning=None if body.reasoning_effort is None else body.reasoning_effort != "none",
        priority=Priority.CHAT,
    )


def delta(event: ChatDelta, n_calls: int) -> dict[str, Any]:
    """Return a piece of an answer as a chunk has it; `n_calls` tools were called before."""
    if isinstance(event, TextDelta):
        return {"content": event.text}
    if isinstance(event, ReasoningDelta):
        return {"reasoning_content": event.text}
    return {"tool_calls": [{"index": n_calls, **_called(event.part)}]}


def answer(message: Message) -> dict[str, Any]:
    """Return a whole message of the assistant."""
    calls = [_called(part) for part in message.parts if isinstance(part, ToolCallPart)]
    reasoning = "".join(part.text for part in message.parts if isinstance(part, ReasoningPart))
    return {
        "role": "assistant",
        "content": message.text if message.text or not calls else None,
        **({"reasoning_content": reasoning} if reasoning else {}),
        **({"tool_calls": calls} if calls else {}),
    }


def finish_reason(finish: Finish) -> str:
    return FINISH_REASONS.get(finish, "stop")


def _called(part: ToolCallPart) -> dict[str, Any]:
    return {
        "id": part.id,
        "type": "function",
        "function": {"name": part.name, "arguments": part.arguments},
    }


def _messages(given: Sequence[ChatMessage]) -> tuple[Message, ...]:
    names: dict[str, str] = {}
    messages = []
    for index, message in enumerate(given):
        where = f"messages.{index}"
        text = _text(message.content, where)
        if message.role == "tool":
            call = message.tool_call_id
            if call not in names:
                raise ApiError(
                    400,
                    f"{where}.tool_call_id: no call of this id comes before it.",
                    param=f"{where}.tool_call_id",
                )
            messages.append(Message("tool", (ToolResultPart(call, names[call], text),)))
            continue
        parts: list[Part] = [TextPart(text)] if text else []
        if message.role == "assistant":
            if message.reasoning_content:
                parts.insert(0, ReasoningPart(message.reasoning_content))
            for called in message.tool_calls or ():
                names[called.id] = called.function.name
                parts.append(
                    ToolCallPart(called.id, called.function.name, called.function.arguments)
                )
        role: Literal["system", "user", "assistant"] = (
            "system" if message.role == "developer" else message.role
        )
        messages.append(Message(role, tuple(parts)))
    return tuple(messages)


def _text(content: str | Sequence[ContentPart] | None, where: str) -> str:
    if content is None or isinstance(content, str):
        return content or ""
    for part in content:
        if part.type != "text":
            raise ApiError(
                400,
                f"{where}.content: only text can be read, not {json.dumps(part.type)}.",
                param=f"{where}.content",
            )
    return "".join(part.text for part in content)


def _tools(
    body: ChatBody,
) -> tuple[tuple[Tool, ...], Literal["auto", "required", "none"]]:
    tools = tuple(
        Tool(
            tool.function.name,
            tool.function.description,
            tool.function.parameters or {"type": "object", "properties": {}},
        )
        for tool in body.tools or ()
    )
    choice = body.tool_choice
    if isinstance(choice, NamedTool):
        wanted = choice.function.name
        tools = tuple(tool for tool in tools if tool.name == wanted)
        if not tools:
            raise ApiError(
                400, f"tool_choice: no tool is called {json.dumps(wanted)}.", param="tool_choice"
            )
        return tools, "required"
    if choice == "required" and not tools:
        raise ApiError(400, "tool_choice: there are no tools.", param="tool_choice")
    return tools, choice or "auto"


def _schema(body: ChatBody) -> dict[str, object] | None:
    wanted = body.response_format
    if wanted is None or wanted.type == "text":
        return None
    if wanted.type == "json_object":
        return {"type": "object"}
    if wanted.json_schema is None or not wanted.json_schema.schema_:
        raise ApiError(
            400, "response_format.json_schema.schema: is missing.", param="response_format"
        )
    return wanted.json_schema.schema_
