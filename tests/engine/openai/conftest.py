"""A server that does what it is told, and an engine that talks to it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from ownstack.engine.openai.engine import OpenAIEngine
from ownstack.engine.remote.endpoint import Endpoint, Patience
from ownstack.models.remote.entry import EngineEntry
from ownstack.models.remote.secrets import Secret
from tests.support.scripted_server import ScriptedServer, scripted_server, whole

QUICK = Patience(connect_s=5.0, first_s=0.3, between_s=0.3, probe_s=0.05)
"""For answers that do not come: their end is what is waited for."""
KEY = "sk-test-0123456789abcdef"

OpenEngine = Callable[..., Awaitable[OpenAIEngine]]


@pytest.fixture
async def server() -> AsyncIterator[ScriptedServer]:
    async with scripted_server() as script:
        script.answer("/v1/models", whole({"data": [{"id": "m", "owned_by": "vllm"}]}))
        yield script


@pytest.fixture
async def opened(server: ScriptedServer) -> AsyncIterator[OpenEngine]:
    """Opens engines, which are closed afterwards."""
    engines: list[OpenAIEngine] = []

    async def open_engine(
        *,
        model: str = "m",
        patience: Patience | None = None,
        key: str = "",
        infill: str = "auto",
        url: str = "",
    ) -> OpenAIEngine:
        entry = EngineEntry("team", url or server.url, key="TEAM_KEY" if key else "", infill=infill)
        endpoint = Endpoint(entry, Secret(key), patience or Patience())
        engines.append(await OpenAIEngine.open(endpoint, model))
        return engines[-1]

    yield open_engine
    for engine in engines:
        await engine.close()
