"""Who is let in: programs of this machine with a key, not web pages, and not too many at once."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from ownstack.api.keys import KeyStore
from ownstack.api.refusals import ApiError, refusal
from ownstack.errors import ServeError

MAX_RUNNING = 32
MAX_RUNNING_OF_KEY = 8
MAX_DRAINED_BYTES = 64_000_000
"""Of a request that is refused, so much is read away: who is still writing reads no answer."""
DRAIN_S = 10.0
LOOPBACK = frozenset(("127.0.0.1", "localhost", "[::1]"))


class Gate:
    """Stands before the endpoints. `scope["state"]["user"]` is the name of the key, afterwards."""

    def __init__(self, app: ASGIApp, keys: KeyStore) -> None:
        self._app = app
        self._keys = keys
        self._running: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        try:
            user = self._admit(Headers(scope=scope))
        except ApiError as error:
            await drain(receive)
            await error.response()(scope, receive, send)
            return
        self._running[user] += 1
        try:
            await self._app({**scope, "state": {"user": user}}, receive, send)
        finally:
            self._running[user] -= 1

    def _admit(self, headers: Mapping[str, str]) -> str:
        """Return whose key it is.

        Raises:
            ApiError: it is not let in.
        """
        # A page whose name is made to lead here (DNS rebinding) asks for that name.
        host = headers.get("host", "").lower()
        name, _, port = host.rpartition(":")
        if host not in LOOPBACK and not (name in LOOPBACK and port.isdecimal()):
            raise ApiError(403, "Ask for 127.0.0.1 or localhost.", code="wrong_host")
        if "origin" in headers or headers.get("sec-fetch-site", "none") != "none":
            raise ApiError(403, "Web pages are not served.", code="web_page")
        scheme, _, key = headers.get("authorization", "").partition(" ")
        try:
            user = self._keys.owner(key.strip()) if scheme.lower() == "bearer" else None
        except ServeError as error:
            raise refusal(error) from error
        if user is None:
            raise ApiError(
                401,
                "A key is missing or unknown. Make one with: ownstack serve keys add NAME",
                code="invalid_api_key",
            )
        if self._running.total() >= MAX_RUNNING or self._running[user] >= MAX_RUNNING_OF_KEY:
            raise ApiError(429, "Too many requests at once. Try again.", code="too_many_requests")
        return user


async def drain(receive: Receive) -> None:
    """Read what a request still has to say, within limits, and forget it."""

    async def read() -> None:
        size = 0
        while size < MAX_DRAINED_BYTES:
            message = await receive()
            size += len(message.get("body", b""))
            if message["type"] != "http.request" or not message.get("more_body"):
                return

    try:
        await asyncio.wait_for(read(), DRAIN_S)
    except asyncio.TimeoutError:
        return  # It is answered all the same.
