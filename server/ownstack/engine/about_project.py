"""An engine as it is asked about one project, whose own adapters then serve."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
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


class AboutProject:
    """Names a project in each request that names none; else it is the engine itself."""

    def __init__(self, engine: Engine, project: str, role: Role = "chat") -> None:
        """`project`: its folder, "" = none; `role`: what is asked of a chat model."""
        self.engine = engine
        self.project = project
        self.role = role

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
        return self.engine.infill(replace(request, project=request.project or self.project))

    def score(self, request: ScoreRequest) -> Generation:
        return self.engine.score(replace(request, project=request.project or self.project))

    def chat(self, request: ChatRequest) -> ChatStream:
        project = request.project or self.project
        return self.engine.chat(replace(request, project=project, role=self.role))

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
