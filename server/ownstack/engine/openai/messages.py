"""A conversation as OpenAI's chat API wants it, and what of a request a server may do without."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ownstack.engine.messages import Message, Tool
from ownstack.engine.requests import ChatRequest
from ownstack.errors import EngineError

OPTIONAL = (
    *("stream_options", "seed", "temperature", "chat_template_kwargs", "cache_prompt"),
    *("tool_choice", "stop"),
)
"""Fields that are left out where a server refuses them by name, though never what the answer's form
depends on: schema, grammar and tools."""
HAS_GRAMMAR = "llamacpp"
"""The server that can be held to a grammar, as `/v1/models` calls it."""


def chat_body(request: ChatRequest, model: str, owner: str) -> dict[str, Any]:
    """Return the body of a request. `owner` is which server it is, as `/v1/models` says.

    Raises:
        EngineError: it asks for what this server is not known to do.
    """
    body: dict[str, Any] = {
        "model": model,
        "messages": [plain for message in request.messages for plain in _plain(message, owner)],
        "stream": True,
        "stream_options": {"include_usage": True},
        "max_tokens": request.max_tokens,
        "temperature": request.temperature,
        "seed": request.seed,
    }
    if request.stop:
        body["stop"] = list(request.stop)
    if request.tools:
        body["tools"] = [_tool(tool) for tool in request.tools]
        body["tool_choice"] = request.tool_choice
    if request.json_schema is not None:
        schema = {"name": "answer", "schema": dict(request.json_schema), "strict": True}
        body["response_format"] = {"type": "json_schema", "json_schema": schema}
    if request.grammar is not None:
        if owner != HAS_GRAMMAR:
            raise EngineError(
                f"{model} cannot be held to a grammar by this server.",
                "Give a JSON schema instead, or use llama-server.",
            )
        body["grammar"] = request.grammar
    if request.reasoning is not None and owner in ("llamacpp", "vllm"):
        body["chat_template_kwargs"] = {"enable_thinking": request.reasoning}
    if owner == "llamacpp":
        body["cache_prompt"] = True
    return body


def without(body: Mapping[str, Any], said: str) -> dict[str, Any] | None:
    """Return a request without what a server complains of, None if that is no way out.

    Newer hosted models want `max_completion_tokens` where all else wants `max_tokens`.
    """
    if "max_tokens" in body and "max_completion_tokens" in said:
        smaller = {key: value for key, value in body.items() if key != "max_tokens"}
        return {**smaller, "max_completion_tokens": body["max_tokens"]}
    named = [key for key in OPTIONAL if key in body and key in said]
    if not named:
        return None
    return {key: value for key, value in body.items() if key not in named}


def _plain(message: Message, owner: str) -> list[dict[str, Any]]:
    """Return one message, or one for each result of a tool."""
    if message.role == "tool":
        return [
            {"role": "tool", "tool_call_id": result.call_id, "content": result.text}
            for result in message.tool_results
        ]
    plain: dict[str, Any] = {"role": message.role, "content": message.text}
    calls = message.tool_calls
    if calls:
        plain["content"] = message.text or None
        plain["tool_calls"] = [
            {
                "id": call.id,
                "type": "function",
                "function": {"name": call.name, "arguments": call.arguments},
            }
            for call in calls
        ]
    if message.reasoning and owner == "llamacpp":
        # The template there decides what of it is kept. Others refuse to be given it.
        plain["reasoning_content"] = message.reasoning
    return [plain]


def _tool(tool: Tool) -> dict[str, Any]:
    function = {
        "name": tool.name,
        "description": tool.description,
        "parameters": dict(tool.parameters),
    }
    return {"type": "function", "function": function}
