"""A model on a server that speaks Anthropic's messages API. It holds conversations, no more."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ownstack.engine.anthropic import messages
from ownstack.engine.anthropic.chat_reader import AnthropicChatReader
from ownstack.engine.chat import ChatStream
from ownstack.engine.generation import Generation
from ownstack.engine.remote.connection import Connection
from ownstack.engine.remote.endpoint import Endpoint
from ownstack.engine.remote.engine import RemoteEngine, negotiated
from ownstack.engine.requests import ChatRequest, InfillRequest
from ownstack.engine.results import Capabilities
from ownstack.errors import CannotInfillError, EngineError
from ownstack.models.roles import CHATTING, Role

VERSION = "2023-06-01"
"""Of the API; there is no newer one."""
CONTEXT_TOKENS = 200_000
"""What its models have, unless the user says otherwise."""


async def connect(endpoint: Endpoint) -> Connection:
    """Return connections to a server, which is not asked for anything yet."""
    headers = {"anthropic-version": VERSION}
    if endpoint.secret:
        headers["x-api-key"] = endpoint.secret.reveal()
    return await Connection.open(endpoint, headers)


class AnthropicEngine(RemoteEngine):
    """See `Engine`."""

    @classmethod
    async def open(cls, endpoint: Endpoint, model: str) -> AnthropicEngine:
        """Make ready. The server is not asked for anything yet."""
        context = endpoint.entry.context_tokens or CONTEXT_TOKENS
        capabilities = Capabilities(
            model=f"{endpoint.entry.name}:{model}",
            context_tokens=context,
            prompt_budget_tokens=context // 2,
            infill=False,
            chat=True,
            device=endpoint.entry.host,
            has_grammar=False,
        )
        return cls(await connect(endpoint), model, capabilities)

    async def prepare(self, role: Role) -> None:
        """See `Engine.prepare`."""
        self.check_allowed(role)
        if role == "completion":
            raise CannotInfillError(f"{self.capabilities.model} does not fill in the middle.")
        if role not in CHATTING:
            raise EngineError(f"{self.capabilities.model} does not embed.", "Choose another model.")

    def chat(self, request: ChatRequest) -> ChatStream:
        """See `ChatModel.chat`."""
        body = messages.chat_body(request, self.model)
        url = f"{self.connection.endpoint.entry.url}/messages"
        return self.begin_chat(
            request,
            lambda: negotiated(self.connection, url, body, messages.without),
            AnthropicChatReader(schema=request.json_schema is not None),
        )

    def infill(self, request: InfillRequest) -> Generation:
        """See `Infiller.infill`."""
        raise CannotInfillError(f"{self.capabilities.model} does not fill in the middle.")

    async def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """See `Embedder.embed`."""
        raise EngineError(f"{self.capabilities.model} does not embed.", "Choose another model.")
