"""Asks a server what it has, and for one short answer: when the user wants to know."""

from __future__ import annotations

import importlib
import time
from collections.abc import Sequence
from dataclasses import dataclass

from ownstack.errors import NotAllowedError
from ownstack.models.fetching.offline import offline_reason
from ownstack.models.remote.entry import EngineEntry

QUESTION = "Answer with one word: which colour has the sky?"
MAX_TOKENS = 200
"""A model that thinks first needs some."""


@dataclass(frozen=True, slots=True)
class Served:
    """A model that a server lists."""

    id: str
    context_tokens: int
    """0: the server does not say."""


@dataclass(frozen=True, slots=True)
class Answered:
    """How a model answered."""

    text: str
    first_token_ms: float
    tokens_per_s: float
    """0: too few came to tell."""


@dataclass(frozen=True, slots=True)
class EngineReport:
    """What came of it."""

    answer_ms: float
    """Until the list of models was there."""
    models: Sequence[Served]
    """Empty: it has no list."""
    answered: Answered | None
    """Only where a model was named."""


async def examine(entry: EngineEntry, model: str = "") -> EngineReport:
    """Ask a server for its models, and one of them for an answer. Nothing of the user's is sent.

    Raises:
        NotAllowedError: it is on another machine, and nothing may leave this one.
        OwnstackError: what is wrong with it.
    """
    offline = offline_reason(setting=False)
    if offline and (not entry.local or entry.leaves_machine(model)):
        raise NotAllowedError(f"{entry.name} is on another machine, and {offline}.")
    from ownstack.engine.openai.discovery import served_models
    from ownstack.engine.remote.connection import RefusedError
    from ownstack.engine.remote.endpoint import Endpoint

    endpoint = Endpoint.of(entry)
    module = importlib.import_module(f"ownstack.engine.{entry.kind}.engine")
    connection = await module.connect(endpoint)
    began = time.perf_counter()
    try:
        found = await served_models(connection)
    except RefusedError as error:
        if error.status not in (404, 405):
            raise error.meaning from error
        found = []
    finally:
        await connection.close()
    answer_ms = 1_000 * (time.perf_counter() - began)
    served = [Served(item.id, item.context_tokens) for item in found]
    answered = await _answer(entry, model) if model else None
    return EngineReport(answer_ms, served, answered)


async def _answer(entry: EngineEntry, model: str) -> Answered:
    from ownstack.app.engines.remote_models import connected
    from ownstack.engine.messages import Message
    from ownstack.engine.requests import ChatRequest

    engine = await connected(entry, model)
    try:
        request = ChatRequest((Message.of("user", QUESTION),), max_tokens=MAX_TOKENS)
        answer = await engine.chat(request).result()
    finally:
        await engine.close()
    usage = answer.usage
    fast = usage.generated_tokens > 1 and usage.decode_ms > 0
    speed = 1_000 * usage.generated_tokens / usage.decode_ms if fast else 0.0
    return Answered(answer.message.text.strip(), usage.prefill_ms, speed)
