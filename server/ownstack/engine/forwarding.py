"""An engine that hands on to another one whatever it does not do itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ownstack.engine.activity import Activity
from ownstack.engine.chat import ChatStream
from ownstack.engine.generation import Generation
from ownstack.engine.protocol import Engine
from ownstack.engine.requests import ChatRequest, InfillRequest, ScoreRequest
from ownstack.engine.results import Capabilities, Speed
from ownstack.models.roles import Role

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class ForwardingEngine:
    """Begins as the engine that it is given; who inherits changes what is asked, or sees it."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    @property
    def capabilities(self) -> Capabilities:
        return self.engine.capabilities

    @property
    def activity(self) -> Activity:
        return self.engine.activity

    @property
    def exact(self) -> bool:
        """See `TokenCounter.exact`."""
        return self.engine.exact

    def infill(self, request: InfillRequest) -> Generation:
        return self.engine.infill(request)

    def score(self, request: ScoreRequest) -> Generation:
        return self.engine.score(request)

    def chat(self, request: ChatRequest) -> ChatStream:
        return self.engine.chat(request)

    async def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return await self.engine.embed(texts)

    def count(self, text: str) -> int:
        return self.engine.count(text)

    def speed(self) -> Speed:
        return self.engine.speed()

    async def prepare(self, role: Role) -> None:
        await self.engine.prepare(role)

    async def close(self) -> None:
        await self.engine.close()
