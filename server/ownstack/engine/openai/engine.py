"""A model on a server that speaks OpenAI's API."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ownstack.concurrency import CallLater, call_later
from ownstack.engine.chat import ChatStream
from ownstack.engine.generation import Generation
from ownstack.engine.openai import embedding, infilling, messages
from ownstack.engine.openai.chat_reader import OpenAIChatReader
from ownstack.engine.openai.discovery import ServedModel, served_models
from ownstack.engine.openai.infill_answer import Infilling
from ownstack.engine.remote import faults
from ownstack.engine.remote.connection import Connection, RefusedError
from ownstack.engine.remote.endpoint import Endpoint
from ownstack.engine.remote.engine import (
    ASSUMED_CONTEXT_TOKENS,
    RemoteEngine,
    negotiated,
)
from ownstack.engine.remote.reading import MisspokenError, ToldError
from ownstack.engine.requests import ChatRequest, InfillRequest
from ownstack.engine.results import Capabilities
from ownstack.errors import CannotInfillError, EngineClosedError
from ownstack.models.roles import Role

MAX_OBJECTIONS = 20
MAX_INFILL_TOKENS = 8_192
"""A longer prompt is read again and again: what a server keeps of the last one is its affair."""


async def connect(endpoint: Endpoint) -> Connection:
    """Return connections to a server, which is not asked for anything yet."""
    key = endpoint.secret.reveal()
    return await Connection.open(endpoint, {"Authorization": f"Bearer {key}"} if key else {})


class OpenAIEngine(RemoteEngine):
    """See `Engine`."""

    def __init__(self, connection: Connection, model: str, served: ServedModel) -> None:
        entry = connection.endpoint.entry
        context = entry.context_tokens or served.context_tokens or ASSUMED_CONTEXT_TOKENS
        super().__init__(
            connection,
            model,
            Capabilities(
                model=f"{entry.name}:{model}",
                context_tokens=context,
                prompt_budget_tokens=min(context // 2, MAX_INFILL_TOKENS),
                infill=bool(infilling.ways(entry, served.owner, model)),
                chat=True,
                infill_order="psm",
                device=entry.host,
                has_grammar=served.owner == messages.HAS_GRAMMAR,
            ),
        )
        self.served = served
        self.later: CallLater = call_later
        """Runs what ends an answer when its time is over."""
        self._objections: list[str] = []
        """What the server said of fields that it does not want: it is not asked with them again."""
        self._way = ""
        """How it is asked to fill in; "" until that was tried."""

    @classmethod
    async def open(cls, endpoint: Endpoint, model: str) -> OpenAIEngine:
        """Connect to a server, and look for the model in its list, if it has one.

        Raises:
            EngineError: it cannot be reached, or refuses the key.
        """
        connection = await connect(endpoint)
        try:
            served = await _find(connection, model)
        except BaseException:
            await connection.close()
            raise
        return cls(connection, model, served)

    async def prepare(self, role: Role) -> None:
        """See `Engine.prepare`. For completion it is tried how the server fills in."""
        self.check_allowed(role)
        if role == "completion" and not self._way:
            self._way = await self._try_ways()

    def chat(self, request: ChatRequest) -> ChatStream:
        """See `ChatModel.chat`."""
        body = self.agreeable(messages.chat_body(request, self.model, self.served.owner))
        url = f"{self.connection.endpoint.entry.url}/chat/completions"
        return self.begin_chat(
            request,
            lambda: negotiated(self.connection, url, body, self.without),
            OpenAIChatReader(),
        )

    def agreeable(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Return a request without what this server has refused before."""
        kept = dict(body)
        for said in self._objections:
            kept = messages.without(kept, said) or kept
        return kept

    def without(self, body: Mapping[str, Any], said: str) -> dict[str, Any] | None:
        """Return a request without what the server complains of, and keep that in mind."""
        smaller = messages.without(body, said)
        if smaller is not None and len(self._objections) < MAX_OBJECTIONS:
            self._objections.append(said)
        return smaller

    async def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """See `Embedder.embed`."""
        with self.activity.call():
            return await embedding.embed(self.connection, self.model, texts)

    def infill(self, request: InfillRequest) -> Generation:
        """See `Infiller.infill`."""
        if self._closed:
            raise EngineClosedError("The engine was closed.")
        if not self._way:
            raise CannotInfillError(f"{self.capabilities.model} was not prepared to fill in.")
        call = infilling.call(self.connection.endpoint.entry, self.model, self._way, request)
        body = self.agreeable(call.body)
        return Infilling(
            self,
            lambda: negotiated(self.connection, call.url, body, self.without),
            request,
            self.later,
        ).start()

    async def _try_ways(self) -> str:
        """Return the first way in which the server fills in.

        Raises:
            CannotInfillError: there is none.
            EngineError: the server cannot be reached, or failed.
        """
        entry = self.connection.endpoint.entry
        sample = InfillRequest("def f(x):\n    return ", "\n", path="f.py", max_tokens=2)
        refusal = ""
        for way in infilling.ways(entry, self.served.owner, self.model):
            call = infilling.call(entry, self.model, way, sample)
            try:
                async with negotiated(self.connection, call.url, call.body, self.without) as events:
                    reader = infilling.CompletionReader()
                    async for event in events:
                        reader.read(event)
                return way
            except RefusedError as error:
                refusal = str(error.meaning)
            except MisspokenError as error:
                refusal = str(faults.misspoken(self.connection.endpoint, str(error)))
            except ToldError as error:
                refusal = str(faults.of_event(self.connection.endpoint, error.told))
        why = refusal or "Nothing is known of how it would be asked for that."
        raise CannotInfillError(
            f"{self.capabilities.model} does not fill in the middle. {why}",
            "Use a model trained for it, or say in the list of engines how it is asked (infill).",
        )


async def _find(connection: Connection, model: str) -> ServedModel:
    """Return what a server says of a model; of one that it does not list, what can be told."""
    try:
        found = await served_models(connection)
    except RefusedError:
        return ServedModel(model)  # Some have no list.
    names = {served.id: served for served in found}
    named = names.get(model) or names.get(f"{model}:latest")
    if named is not None:
        return named
    return ServedModel(model, owner=found[0].owner if found else "")
