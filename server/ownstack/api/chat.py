"""`POST /v1/chat/completions`: conversations, whole or as they are written."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import ExitStack
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp

from ownstack.api import bodies, conversation
from ownstack.api.answers import head, usage
from ownstack.api.bodies import ChatBody
from ownstack.api.refusals import refusal
from ownstack.api.streaming import EventStream, sent, while_connected
from ownstack.engine.chat import ChatEvent, ChatStream, End, ToolCall
from ownstack.engine.results import Usage
from ownstack.errors import OwnstackError


async def chat(request: Request) -> ASGIApp:
    """Go on with a conversation."""
    body = await bodies.read(request, ChatBody)
    shaped = body.response_format is not None or bool(body.tools)
    with ExitStack() as held:
        hold = await while_connected(
            request, request.app.state.models.hold(body.model, "chat", request.state.user)
        )
        held.callback(hold.release)
        asked = conversation.chat_request(body, hold.chat_tokens)
        try:
            stream = hold.engine.chat(asked)
            held.callback(stream.cancel)
            if not body.stream:
                return await _whole(request, stream, hold.name)
            events = aiter(stream)
            # What cannot be answered at all gets a status that says so.
            first = await while_connected(request, anext(events))
        except OwnstackError as error:
            raise refusal(error, shaped=shaped) from error
        chunks = _chunks(first, events, head("chat.completion.chunk", hold.name), body.with_usage)
        return EventStream(sent(chunks, shaped=shaped), held.pop_all().close)


async def _whole(request: Request, stream: ChatStream, model: str) -> JSONResponse:
    answer = await while_connected(request, stream.result())
    choice = {
        "index": 0,
        "message": conversation.answer(answer.message),
        "logprobs": None,
        "finish_reason": conversation.finish_reason(answer.finish),
    }
    return JSONResponse(
        {**head("chat.completion", model), "choices": [choice], "usage": usage(answer.usage)}
    )


async def _chunks(
    first: ChatEvent, events: AsyncIterator[ChatEvent], head: dict[str, Any], with_usage: bool
) -> AsyncIterator[dict[str, Any]]:
    def chunk(delta: dict[str, Any], reason: str | None = None) -> dict[str, Any]:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason}
        return {**head, "choices": [choice]}

    yield chunk({"role": "assistant", "content": ""})
    event, used, n_calls = first, Usage(), 0
    while not isinstance(event, End):
        if isinstance(event, Usage):
            used = event
        else:
            yield chunk(conversation.delta(event, n_calls))
            n_calls += isinstance(event, ToolCall)
        event = await anext(events)
    yield chunk({}, conversation.finish_reason(event.finish))
    if with_usage:
        yield {**head, "choices": [], "usage": usage(used)}
