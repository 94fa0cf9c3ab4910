"""`POST /v1/completions`: what belongs between a prompt and a suffix. The likeliest, always."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import ExitStack
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp

from ownstack.api import bodies
from ownstack.api.answers import head, usage
from ownstack.api.bodies import CompletionBody
from ownstack.api.conversation import finish_reason
from ownstack.api.refusals import ApiError
from ownstack.api.streaming import EventStream, sent, while_connected
from ownstack.engine.generation import Generation
from ownstack.engine.messages import CHARS_PER_TOKEN
from ownstack.engine.requests import InfillRequest, Priority

DEFAULT_TOKENS = 16
"""What OpenAI's reference says of a request that names no limit."""
MAX_LINES = 100_000


async def complete(request: Request) -> ASGIApp:
    """Fill in what belongs at a place."""
    body = await bodies.read(request, CompletionBody)
    with ExitStack() as held:
        hold = await while_connected(
            request, request.app.state.models.hold(body.model, "completion", request.state.user)
        )
        held.callback(hold.release)
        asked = infill_request(body, hold.engine.capabilities.context_tokens)
        generation = hold.engine.infill(asked)
        held.callback(generation.cancel)
        if not body.stream:
            return await _whole(request, generation, hold.name)
        await while_connected(request, generation.wait(bool))
        chunks = _chunks(generation, head("text_completion", hold.name), body.with_usage)
        return EventStream(sent(chunks), held.pop_all().close)


def infill_request(body: CompletionBody, context_tokens: int) -> InfillRequest:
    """Return what the engine is asked for.

    Raises:
        ApiError: there are several prompts, or one that is far too long.
    """
    prompts = [body.prompt] if isinstance(body.prompt, str) else body.prompt
    if len(prompts) != 1:
        raise ApiError(400, "prompt: one text at a time.", param="prompt")
    size = len(prompts[0]) + len(body.suffix or "")
    if size > context_tokens * CHARS_PER_TOKEN:
        raise ApiError(
            400,
            f"The prompt has {size:,} characters, the model's window {context_tokens:,} tokens.",
            code="context_length_exceeded",
            param="prompt",
        )
    return InfillRequest(
        prompts[0],
        body.suffix or "",
        max_tokens=body.max_tokens or DEFAULT_TOKENS,
        max_lines=MAX_LINES,
        stop=body.stops(),
        priority=Priority.CHAT,
    )


async def _whole(request: Request, generation: Generation, model: str) -> JSONResponse:
    result = await while_connected(request, generation.result())
    choice = _choice(result.text, finish_reason(result.finish))
    return JSONResponse(
        {**head("text_completion", model), "choices": [choice], "usage": usage(result.usage)}
    )


async def _chunks(
    generation: Generation, head: dict[str, Any], with_usage: bool
) -> AsyncIterator[dict[str, Any]]:
    async for text in generation:
        yield {**head, "choices": [_choice(text, None)]}
    result = await generation.result()
    yield {**head, "choices": [_choice("", finish_reason(result.finish))]}
    if with_usage:
        yield {**head, "choices": [], "usage": usage(result.usage)}


def _choice(text: str, reason: str | None) -> dict[str, Any]:
    return {"index": 0, "text": text, "logprobs": None, "finish_reason": reason}
