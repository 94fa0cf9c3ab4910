"""A conversation as Anthropic's messages API wants it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ownstack.engine.messages import Message, Part, TextPart, ToolCallPart, ToolResultPart
from ownstack.engine.requests import ChatRequest
from ownstack.errors import EngineError

ANSWER = "answer"
"""The tool by which an answer of a schema is given: its arguments are the answer."""


def chat_body(request: ChatRequest, model: str) -> dict[str, Any]:
    """Return the body of a request.

    Raises:
        EngineError: it asks for what this API cannot do.
    """
    if request.grammar is not None:
        raise EngineError(
            f"{model} cannot be held to a grammar by this server.", "Give a JSON schema instead."
        )
    body: dict[str, Any] = {
        "model": model,
        "max_tokens": request.max_tokens,
        "messages": _turns(request.messages),
        "stream": True,
        "temperature": request.temperature,
    }
    system = "\n\n".join(message.text for message in request.messages if message.role == "system")
    if system:
        body["system"] = system
    if request.stop:
        body["stop_sequences"] = list(request.stop)
    tools = [_tool(tool.name, tool.description, tool.parameters) for tool in request.tools]
    if tools:
        kinds = {"auto": "auto", "required": "any", "none": "none"}
        body["tool_choice"] = {"type": kinds[request.tool_choice]}
    if request.json_schema is not None:
        tools.append(_tool(ANSWER, "Give the answer.", request.json_schema))
        body["tool_choice"] = {"type": "tool", "name": ANSWER}
    if tools:
        body["tools"] = tools
    return body


def without(body: Mapping[str, Any], said: str) -> dict[str, Any] | None:
    """Return a request without what a server complains of, None if that is no way out."""
    if "temperature" in body and "temperature" in said:
        return {key: value for key, value in body.items() if key != "temperature"}
    return None


def _turns(messages: tuple[Message, ...]) -> list[dict[str, Any]]:
    """Return the messages that are no instruction; what a tool said is the user's there."""
    turns: list[dict[str, Any]] = []
    for message in messages:
        if message.role == "system":
            continue
        role = "assistant" if message.role == "assistant" else "user"
        blocks = [block for part in message.parts for block in _block(part)]
        if turns and turns[-1]["role"] == role:
            turns[-1]["content"] += blocks
        elif blocks:
            turns.append({"role": role, "content": blocks})
    return turns


def _block(part: Part) -> list[dict[str, Any]]:
    if isinstance(part, TextPart):
        return [{"type": "text", "text": part.text}] if part.text.strip() else []
    if isinstance(part, ToolCallPart):
        return [
            {
                "type": "tool_use",
                "id": part.id,
                "name": part.name,
                "input": _object(part.arguments),
            }
        ]
    if isinstance(part, ToolResultPart):
        return [{"type": "tool_result", "tool_use_id": part.call_id, "content": part.text}]
    return []  # Reasoning is taken back only with a signature, which other models have not.


def _object(arguments: str) -> dict[str, Any]:
    """Return the arguments as the object that the API wants, whatever a model wrote."""
    try:
        value = json.loads(arguments)
    except (ValueError, RecursionError):
        value = None
    return value if isinstance(value, dict) else {"arguments": arguments}


def _tool(name: str, description: str, parameters: Mapping[str, object]) -> dict[str, Any]:
    return {"name": name, "description": description, "input_schema": dict(parameters)}
