"""Which models a server has, and how long their windows are, where it says so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ownstack.engine.remote.connection import Connection, RefusedError
from ownstack.engine.remote.reading import whole_number
from ownstack.errors import EngineError
from ownstack.models.remote.entry import EngineEntry
from ownstack.terminal import visible

ASK_S = 10.0
MAX_MODELS = 5_000
MAX_ID_CHARS = 300
_CONTEXT_KEYS = ("max_model_len", "context_length", "context_window", "max_context_length")
"""vLLM; OpenRouter and others; Groq; Mistral."""


@dataclass(frozen=True, slots=True)
class ServedModel:
    """A model as a server lists it."""

    id: str
    context_tokens: int = 0
    """0: it does not say."""
    owner: str = ""
    """What stands in `owned_by`: mostly which server it is."""


async def served_models(connection: Connection) -> list[ServedModel]:
    """Ask a server for its models.

    Raises:
        RefusedError: it has no list.
        EngineError: it does not answer, or wants a key.
    """
    entry = connection.endpoint.entry
    found = listed(await connection.get_json(f"{entry.url}/models", ASK_S))
    if len(found) == 1 and found[0].owner == "llamacpp":
        # Its list has the window of the training; the one it runs with stands elsewhere.
        window = await _llama_server_window(connection)
        return [ServedModel(found[0].id, window or found[0].context_tokens, found[0].owner)]
    return found


def listed(answer: Any) -> list[ServedModel]:
    """Return the models in the answer to `/v1/models`; what is no model is left out."""
    items = answer.get("data", answer.get("models")) if isinstance(answer, Mapping) else answer
    found = []
    for item in items[:MAX_MODELS] if isinstance(items, list) else ():
        if not isinstance(item, Mapping):
            continue
        id = item.get("id", item.get("name"))
        if isinstance(id, str) and 0 < len(id) <= MAX_ID_CHARS and visible(id) == id:
            owner = item.get("owned_by")
            owner = owner if isinstance(owner, str) else ""
            found.append(ServedModel(id, _context(item), owner[:MAX_ID_CHARS]))
    return found


def infill_root(entry: EngineEntry) -> str:
    """Return what llama-server's own paths are added to: the URL without `/v1`."""
    return entry.url.removesuffix("/v1")


async def _llama_server_window(connection: Connection) -> int:
    try:
        url = f"{infill_root(connection.endpoint.entry)}/props"
        answer = await connection.get_json(url, ASK_S)
    except (RefusedError, EngineError):
        return 0  # It is told not to say, or is another version.
    settings = answer.get("default_generation_settings") if isinstance(answer, Mapping) else None
    window = settings.get("n_ctx") if isinstance(settings, Mapping) else None
    return whole_number(window) or 0


def _context(item: Mapping[str, Any]) -> int:
    meta = item.get("meta")
    values = [item.get(key) for key in _CONTEXT_KEYS]
    values += [meta.get("n_ctx_train")] if isinstance(meta, Mapping) else []
    return next((found for found in map(whole_number, values) if found), 0)
