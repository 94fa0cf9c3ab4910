"""Opens the engines of servers: what talks to them is imported when one is wanted."""

from __future__ import annotations

import asyncio
import importlib

from ownstack.engine.protocol import Engine
from ownstack.errors import ModelError
from ownstack.models.reference import ModelReference
from ownstack.models.remote.engines_file import EnginesFile
from ownstack.models.remote.entry import EngineEntry

_CLASSES = {"openai": "OpenAIEngine", "anthropic": "AnthropicEngine"}


async def open_engine(servers: EnginesFile, reference: ModelReference) -> Engine:
    """Connect to the server of a model.

    Raises:
        OwnstackError: it is no longer in the list, has no key, or does not answer.
    """
    entry = await asyncio.to_thread(servers.get, reference.engine)
    if entry.url != reference.url:
        raise ModelError(f"The engine {entry.name} has moved to {entry.root} meanwhile.")
    return await connected(entry, reference.id)


async def connected(entry: EngineEntry, model: str) -> Engine:
    """Connect to a server.

    Raises:
        OwnstackError: it has no key, or does not answer.
    """
    # A tenth of a second of imports, and a keyring that may ask the user.
    module = await asyncio.to_thread(
        importlib.import_module, f"ownstack.engine.{entry.kind}.engine"
    )
    endpoints = await asyncio.to_thread(importlib.import_module, "ownstack.engine.remote.endpoint")
    endpoint = await asyncio.to_thread(endpoints.Endpoint.of, entry)
    engine: Engine = await getattr(module, _CLASSES[entry.kind]).open(endpoint, model)
    return engine
