"""Connections to one server: bounded, patient with a slow prompt, and closed to stop an answer.

Nothing is followed elsewhere (a redirect would take the key along), certificates are checked, and
proxies are those of the environment, none of them for this machine itself.
"""

from __future__ import annotations

import asyncio
import json
import logging
import ssl
import urllib.request
from collections.abc import AsyncIterator, Coroutine, Mapping
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import httpx

from ownstack import __version__
from ownstack.engine.remote import faults
from ownstack.engine.remote.endpoint import Endpoint
from ownstack.engine.remote.events import EventParser, EventTooLargeError, ServerEvent
from ownstack.errors import EngineError, RemoteEngineError

T = TypeVar("T")

MAX_ERROR_BYTES = 64_000
MAX_JSON_BYTES = 16_000_000
MAX_STREAM_BYTES = 256_000_000
ERROR_BODY_S = 5.0
"""How long the words of a refusal are waited for."""
KEEP_S = 4.0
"""How long an idle connection is kept; uvicorn, under many servers, closes one after 5 s."""
TAIL_S = 5.0
"""How long the counts of an answer are waited for that has ended."""
WHOLE = "whole"
"""Name of the event that stands for an answer that came in one piece, as JSON."""

# They would log every address at INFO, and headers at DEBUG.
for _name in ("httpx", "httpcore"):
    logging.getLogger(_name).setLevel(logging.WARNING)


class RefusedError(Exception):
    """A server does not want a request as it is (400, 404, 422, 501). `meaning` is for people."""

    def __init__(self, status: int, said: str, meaning: EngineError) -> None:
        super().__init__(said)
        self.status = status
        self.said = said
        self.meaning = meaning


class Connection:
    """To one server; used on one event loop."""

    def __init__(self, endpoint: Endpoint, client: httpx.AsyncClient) -> None:
        self.endpoint = endpoint
        self._client = client
        self.probes = 0
        """How often it was asked, during a long wait, whether it still takes connections."""
        self._direct = endpoint.entry.local or not _has_proxy(endpoint)

    @classmethod
    async def open(cls, endpoint: Endpoint, headers: Mapping[str, str]) -> Connection:
        """Make ready; nothing is sent yet. Reading certificates takes tens of milliseconds."""

        def client() -> httpx.AsyncClient:
            return httpx.AsyncClient(
                headers={
                    "User-Agent": f"ownstack/{__version__}",
                    # What is packed small may unpack to anything.
                    "Accept-Encoding": "identity",
                    **headers,
                },
                timeout=httpx.Timeout(None, connect=endpoint.patience.connect_s),
                limits=httpx.Limits(max_connections=64, keepalive_expiry=KEEP_S),
                follow_redirects=False,
                verify=_certificates(endpoint),
                trust_env=not endpoint.entry.local,
            )

        return cls(endpoint, await asyncio.to_thread(client))

    async def close(self) -> None:
        await self._client.aclose()

    async def get_json(self, url: str, timeout_s: float) -> Any:
        """Return what stands at a URL.

        Raises:
            RefusedError: the server says no.
            EngineError: anything else went wrong.
        """
        until = asyncio.get_running_loop().time() + timeout_s
        return await self._json(self._client.build_request("GET", url), until)

    async def post_json(self, url: str, body: Mapping[str, Any]) -> Any:
        """Return the answer to a request that comes in one piece.

        Raises:
            RefusedError: the server says no.
            EngineError: anything else went wrong.
        """
        until = asyncio.get_running_loop().time() + self.endpoint.patience.first_s
        return await self._json(self._post(url, body), until)

    @asynccontextmanager
    async def stream(self, url: str, body: Mapping[str, Any]) -> AsyncIterator[EventStream]:
        """Ask, and read the answer event by event. Leaving closes the connection: the server stops.

        Raises:
            RefusedError: the server says no.
            EngineError: anything else went wrong.
        """
        until = asyncio.get_running_loop().time() + self.endpoint.patience.first_s
        response = await self._send(self._post(url, body), until)
        try:
            yield EventStream(self, response, until)
        finally:
            await response.aclose()

    async def patient(self, work: Coroutine[Any, Any, T], until: float) -> T:
        """Wait for the server until a time of the loop, or until it takes no connections any more.

        Raises:
            EngineError: it broke off, died or took too long.
        """
        task, loop = asyncio.ensure_future(work), asyncio.get_running_loop()
        try:
            while True:
                left = until - loop.time()
                wait_s = max(0.0, min(left, self.endpoint.patience.probe_s))
                await asyncio.wait({task}, timeout=wait_s)
                if task.done():
                    return task.result()
                if left <= wait_s:
                    raise self._late()
                if self._direct and not await self._takes_connections():
                    raise RemoteEngineError(
                        f"{self.endpoint.shown} has gone: it takes no connections any more.",
                        "See its log, and start it again.",
                    )
        except httpx.HTTPError as error:
            raise faults.of_exception(self.endpoint, error) from error
        except httpx.InvalidURL as error:
            raise faults.misspoken(self.endpoint, "its address is no URL") from error
        finally:
            if not task.done():
                task.cancel()
                await asyncio.wait({task})

    def _late(self) -> RemoteEngineError:
        return RemoteEngineError(
            f"{self.endpoint.shown} took the request, but did not answer in time.",
            "See its log. If it is only slow: ask for less, or raise first_token_s in the list of "
            "engines.",
        )

    def _post(self, url: str, body: Mapping[str, Any]) -> httpx.Request:
        content = json.dumps(body, ensure_ascii=True).encode("ascii")
        headers = {"Content-Type": "application/json"}
        return self._client.build_request("POST", url, content=content, headers=headers)

    async def _json(self, request: httpx.Request, until: float) -> Any:
        response = await self._send(request, until)
        try:
            body = await self.patient(_body(response, MAX_JSON_BYTES), until)
        finally:
            await response.aclose()
        if len(body) > MAX_JSON_BYTES:
            raise faults.misspoken(self.endpoint, f"it sends more than {MAX_JSON_BYTES:,} bytes")
        try:
            return json.loads(body)
        except (ValueError, RecursionError) as error:
            kind = faults.quoted(self.endpoint, response.headers.get("content-type", "nothing"))
            raise faults.misspoken(self.endpoint, f"it sends no JSON, but {kind}") from error

    async def _send(self, request: httpx.Request, until: float) -> httpx.Response:
        """Return an answer that is a success, its body not yet read."""
        response = await self.patient(self._client.send(request, stream=True), until)
        try:
            if response.status_code != 200:
                await self._refuse(response)
            if response.headers.get("content-encoding", "identity").lower() != "identity":
                raise faults.misspoken(self.endpoint, "it packs what it was asked not to pack")
        except BaseException:
            await response.aclose()
            raise
        return response

    async def _refuse(self, response: httpx.Response) -> None:
        until = asyncio.get_running_loop().time() + ERROR_BODY_S
        try:
            body = await self.patient(_body(response, MAX_ERROR_BYTES), until)
        except EngineError:
            body = b""  # The status says enough.
        meaning = faults.of_status(self.endpoint, response.status_code, response.headers, body)
        if response.status_code in (400, 404, 405, 422, 501):
            said = faults.message_in(response.headers, body)
            raise RefusedError(response.status_code, said, meaning)
        raise meaning

    async def _takes_connections(self) -> bool:
        self.probes += 1
        entry = self.endpoint.entry
        connecting = asyncio.open_connection(entry.host, entry.port)
        try:
            _, writer = await asyncio.wait_for(connecting, self.endpoint.patience.connect_s)
        except (OSError, asyncio.TimeoutError):
            return False
        writer.close()
        return True


class EventStream:
    """The events of one answer."""

    def __init__(self, connection: Connection, response: httpx.Response, until: float) -> None:
        self._connection = connection
        self._response = response
        self._until: float = until
        self.begun = False
        """Set by the reader once something of the answer came: what follows must come sooner."""
        self.ended = False
        """Set by the reader once the server said why it ended: counts may follow, nothing else."""

    async def __aiter__(self) -> AsyncIterator[ServerEvent]:
        endpoint, parser = self._connection.endpoint, EventParser()
        kind = self._response.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind == "application/json":
            until = self._until
            body = await self._connection.patient(_body(self._response, MAX_JSON_BYTES), until)
            yield ServerEvent(WHOLE, body[:MAX_JSON_BYTES].decode("utf-8", "replace"))
            return
        size = 0
        chunks = self._response.aiter_raw()
        while (chunk := await self._next(chunks)) is not None:
            if not size and not _is_events(kind, chunk):
                said = faults.quoted(endpoint, kind) or "something unnamed"
                raise faults.misspoken(endpoint, f"it sends {said} instead of events")
            size += len(chunk)
            if size > MAX_STREAM_BYTES:
                raise faults.misspoken(endpoint, f"it sends more than {MAX_STREAM_BYTES:,} bytes")
            try:
                events = parser.feed(chunk)
            except EventTooLargeError as error:
                raise faults.misspoken(endpoint, str(error)) from error
            for event in events:
                yield event
        for event in parser.close():
            yield event

    async def _next(self, chunks: AsyncIterator[bytes]) -> bytes | None:
        """Return the next piece, None at the end."""
        wait_s = TAIL_S if self.ended else self._connection.endpoint.patience.between_s
        now = asyncio.get_running_loop().time()
        until = now + wait_s if self.begun or self.ended else self._until
        try:
            return await self._connection.patient(_next(chunks), until)
        except EngineError:
            if self.ended:
                return None  # All that matters has come.
            raise


def _certificates(endpoint: Endpoint) -> ssl.SSLContext:
    """Return what says whose certificates are good; reading them is left out where none comes."""
    if endpoint.entry.url.startswith("http:"):
        return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # It trusts nobody.
    return httpx.create_ssl_context(trust_env=True)


def _is_events(kind: str, chunk: bytes) -> bool:
    if kind == "text/event-stream":
        return True
    # Some forget to say so.
    return kind in ("", "text/plain", "application/octet-stream") and chunk.lstrip().startswith(
        (b"data:", b"event:", b":")
    )


async def _next(chunks: AsyncIterator[bytes]) -> bytes | None:
    """Return the next piece, None at the end."""
    async for chunk in chunks:
        return chunk
    return None


async def _body(response: httpx.Response, limit_bytes: int) -> bytes:
    """Read a body, and no more than a byte over the limit."""
    body = bytearray()
    async for chunk in response.aiter_raw():
        body += chunk
        if len(body) > limit_bytes:
            return bytes(body[: limit_bytes + 1])
    return bytes(body)


def _has_proxy(endpoint: Endpoint) -> bool:
    """Tell whether the environment has a proxy for a server."""
    scheme = endpoint.entry.url.partition(":")[0]
    proxies = urllib.request.getproxies()
    if not {scheme, "all"} & proxies.keys():
        return False
    return not urllib.request.proxy_bypass(endpoint.entry.host)
