"""Answers as they are written (server-sent events), and work that ends when its client goes."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, TypeVar

from starlette.requests import Request
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from ownstack.api.refusals import CLOSED_REQUEST, ApiError, refusal

T = TypeVar("T")
DONE = b"data: [DONE]\n\n"


class EventStream:
    """A response of events. `close` is called at its end, however that comes."""

    def __init__(self, events: AsyncIterator[bytes], close: Callable[[], None]) -> None:
        self._events = events
        self._close = close

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = StreamingResponse(
            self._events, media_type="text/event-stream", headers={"cache-control": "no-store"}
        )
        try:
            await response(scope, receive, send)
        finally:
            self._close()


async def sent(
    values: AsyncIterator[dict[str, Any]], *, shaped: bool = False
) -> AsyncIterator[bytes]:
    """Yield values as events, then the mark of the end, or the error that ended them.

    `shaped`: see `refusal`.
    """
    try:
        async for value in values:
            yield _event(value)
    except Exception as error:
        yield _event(refusal(error, shaped=shaped).body())
        return
    yield DONE


def _event(value: dict[str, Any]) -> bytes:
    # A line end would begin another event; JSON has none.
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return b"data: " + text.encode("utf-8", "replace") + b"\n\n"


async def while_connected(request: Request, work: Awaitable[T]) -> T:
    """Wait for work; it is cancelled when the client hangs up.

    The body must have been read.

    Raises:
        ApiError: the client has gone.
    """
    task = asyncio.ensure_future(work)
    gone = asyncio.ensure_future(_hung_up(request))
    try:
        await asyncio.wait({task, gone}, return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            raise ApiError(CLOSED_REQUEST, "The client has gone.")
        return task.result()
    finally:
        task.cancel()
        gone.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await gone


async def _hung_up(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        continue
