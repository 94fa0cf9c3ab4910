"""The API, called in this process or on a real port, over scripted engines or real ones."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from ownstack.api.keys import KeyStore
from ownstack.api.server import ApiServer, application
from ownstack.app.host import Host
from ownstack.engine.protocol import Engine
from ownstack.engine.scripted import ScriptedEngine
from ownstack.errors import ModelTooLargeError, OwnstackError
from ownstack.models.reference import ModelReference
from ownstack.paths import Home
from ownstack.settings import EngineSettings
from tests.support.gguf_models import CHAT_TEMPLATE, make_gguf

TALKER, FILLER = "talker", "filler"
"""A model that chats and fills in, and one that only fills in."""


@dataclass
class Served:
    """A served home: what is asked through `http`, and the engines that answer."""

    host: Host
    url: str
    key: str
    http: httpx.AsyncClient
    engines: dict[str, ScriptedEngine] = field(default_factory=dict)
    error: OwnstackError | None = None
    """Why no model can be loaded, from now on."""
    fits_beside_others: bool = True
    """Whether there is memory for two models."""
    opened: list[str] = field(default_factory=list)
    """Models in the order in which they were to be loaded."""

    @property
    def engine(self) -> ScriptedEngine:
        return self.engines[TALKER]

    @property
    def port(self) -> int:
        return int(self.url.split(":")[2].split("/")[0])

    async def ask(self, path: str = "/chat/completions", **body: Any) -> httpx.Response:
        asked = {"model": TALKER, **({"messages": [USER]} if "chat" in path else {}), **body}
        return await self.http.post(path, json=asked)

    async def begin(
        self, path: str, body: dict[str, Any]
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Send a request and return its connection, to hang up on."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        data = json.dumps(body).encode()
        writer.write(
            f"POST /v1{path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {self.key}\r\n"
            f"Content-Length: {len(data)}\r\n\r\n".encode()
            + data
        )
        await writer.drain()
        return reader, writer


USER = {"role": "user", "content": "Hello?"}


@asynccontextmanager
async def serving(
    home: Home, models: Mapping[str, Path], *, listening: bool = False, real: bool = False
) -> AsyncIterator[Served]:
    """Serve models to the key of "tester".

    `listening`: on a port, which takes some tenths of a second. `real`: by llama.cpp.
    """
    engines = {
        TALKER: ScriptedEngine(name=TALKER),
        FILLER: ScriptedEngine(name=FILLER),
    }

    async def open_engine(
        reference: ModelReference, name: str, settings: EngineSettings, progress: object
    ) -> Engine:
        served.opened.append(name)
        if served.error is not None:
            raise served.error
        if len(host.engines.models) > 1 and not served.fits_beside_others:
            raise ModelTooLargeError(f"{name} does not fit beside others.")
        if engines[name].closed:
            engines[name] = ScriptedEngine(name=name)
        return engines[name]

    host = Host(home, mode="inProcess", open_engine=None if real else open_engine)
    for name, file in models.items():
        host.registry.add(file, name)
    key = KeyStore(home.keys_file).add("tester")
    server = ApiServer.open(host, "127.0.0.1", 0) if listening else None
    http = httpx.AsyncClient(
        transport=None
        if listening
        else httpx.ASGITransport(application(host), raise_app_exceptions=False),
        base_url=server.url if server else "http://127.0.0.1:1/v1",
        headers={"authorization": f"Bearer {key}"},
        timeout=60,
    )
    served = Served(host, str(http.base_url), key, http, engines)
    try:
        yield served
    finally:
        await http.aclose()
        if server is not None:
            await server.close()
        await host.close()


def make_models(folder: Path, says: Sequence[str] | None = None) -> dict[str, Path]:
    """Write the two models; `says` is what they write, if they are real."""
    return {
        name: make_gguf(folder / f"{name}.gguf", chat_template=template, says=says)
        for name, template in ((TALKER, CHAT_TEMPLATE), (FILLER, None))
    }
