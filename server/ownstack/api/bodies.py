"""What requests say, as OpenAI's reference has it; what is not known is ignored."""

from __future__ import annotations

import asyncio
from typing import Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.requests import ClientDisconnect, Request

from ownstack.api.gate import drain
from ownstack.api.refusals import CLOSED_REQUEST, ApiError

MAX_BODY_BYTES = 2_000_000
"""Some 500,000 tokens; decoding it takes milliseconds."""
BODY_S = 30.0

Body = TypeVar("Body", bound=BaseModel)


class _Strict(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore", frozen=True)


class ContentPart(_Strict):
    type: str = Field(max_length=40)
    text: str = ""


class CalledFunction(_Strict):
    name: str = Field(min_length=1, max_length=200)
    arguments: str = ""


class CalledTool(_Strict):
    id: str = Field(min_length=1, max_length=200)
    type: Literal["function"] = "function"
    function: CalledFunction


class ChatMessage(_Strict):
    role: Literal["system", "developer", "user", "assistant", "tool"]
    content: str | list[ContentPart] | None = None
    reasoning_content: str | None = None
    tool_calls: list[CalledTool] | None = Field(None, max_length=128)
    tool_call_id: str | None = Field(None, max_length=200)


class FunctionDefinition(_Strict):
    name: str = Field(min_length=1, max_length=200)
    description: str = ""
    parameters: dict[str, object] | None = None


class ToolDefinition(_Strict):
    type: Literal["function"]
    function: FunctionDefinition


class NamedFunction(_Strict):
    name: str


class NamedTool(_Strict):
    type: Literal["function"]
    function: NamedFunction


class JsonSchema(_Strict):
    name: str = ""
    schema_: dict[str, object] = Field(default_factory=dict, alias="schema")


class ResponseFormat(_Strict):
    type: Literal["text", "json_object", "json_schema"]
    json_schema: JsonSchema | None = None


class StreamOptions(_Strict):
    include_usage: bool = False


class Generating(_Strict):
    """What requests for text have in common."""

    model: str = Field(min_length=1, max_length=300)
    max_tokens: int | None = Field(None, ge=1, le=1_000_000)
    temperature: float | None = Field(None, ge=0, le=2)
    seed: int | None = Field(None, ge=-(2**63), lt=2**64)
    stop: str | list[str] | None = None
    stream: bool = False
    stream_options: StreamOptions | None = None
    # Of these only what changes nothing is taken.
    n: int | None = Field(None, ge=1, le=1)
    top_p: float | None = Field(None, ge=1, le=1)
    frequency_penalty: float | None = Field(None, ge=0, le=0)
    presence_penalty: float | None = Field(None, ge=0, le=0)

    def stops(self) -> tuple[str, ...]:
        stops = [self.stop] if isinstance(self.stop, str) else self.stop or []
        if len(stops) > 16 or any(not 0 < len(stop) <= 200 for stop in stops):
            raise ApiError(400, "stop: at most 16 texts of 1 to 200 characters.", param="stop")
        return tuple(stops)

    @property
    def with_usage(self) -> bool:
        return self.stream_options is not None and self.stream_options.include_usage


class ChatBody(Generating):
    """`POST /v1/chat/completions`."""

    messages: list[ChatMessage] = Field(min_length=1, max_length=4_000)
    max_completion_tokens: int | None = Field(None, ge=1, le=1_000_000)
    tools: list[ToolDefinition] | None = Field(None, max_length=128)
    tool_choice: Literal["none", "auto", "required"] | NamedTool | None = None
    response_format: ResponseFormat | None = None
    reasoning_effort: Literal["none", "minimal", "low", "medium", "high"] | None = None
    logprobs: Literal[False] | None = None


class CompletionBody(Generating):
    """`POST /v1/completions`."""

    prompt: str | list[str]
    suffix: str | None = None
    echo: Literal[False] | None = None
    logprobs: None = None
    best_of: int | None = Field(None, ge=1, le=1)


class EmbeddingBody(_Strict):
    """`POST /v1/embeddings`."""

    model: str = Field(min_length=1, max_length=300)
    input: str | list[str]
    encoding_format: Literal["float", "base64"] = "float"
    dimensions: int | None = Field(None, ge=1)


async def read(request: Request, kind: type[Body]) -> Body:
    """Return what a request asks for.

    Raises:
        ApiError: it is too large, takes too long, or is not what it should be.
    """
    try:
        data = await asyncio.wait_for(_bytes(request), BODY_S)
    except asyncio.TimeoutError:
        raise ApiError(408, "The request did not arrive in time.") from None
    except ClientDisconnect:
        raise ApiError(CLOSED_REQUEST, "The client has gone.") from None
    try:
        return kind.model_validate_json(data)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        where = ".".join(map(str, first["loc"]))[:200]
        said = f"{where}: {first['msg']}" if where else first["msg"]
        raise ApiError(400, f"{said[:500]}.", param=where or None) from None


async def _bytes(request: Request) -> bytes:
    """Return the whole body, if it is not too large."""
    data = bytearray()
    async for chunk in request.stream():
        data += chunk
        if len(data) > MAX_BODY_BYTES:
            await drain(request.receive)
            raise ApiError(
                413,
                f"The request has more than {MAX_BODY_BYTES:,} bytes. Send less of it.",
                code="request_too_large",
            )
    return bytes(data)
