"""An engine as it is asked about one project, whose own adapters then serve."""

from __future__ import annotations

from dataclasses import replace

from ownstack.engine.chat import ChatStream
from ownstack.engine.forwarding import ForwardingEngine
from ownstack.engine.generation import Generation
from ownstack.engine.protocol import Engine
from ownstack.engine.requests import ChatRequest, InfillRequest, ScoreRequest
from ownstack.models.roles import Role


class AboutProject(ForwardingEngine):
    """Names a project in each request that names none; else it is the engine itself."""

    def __init__(self, engine: Engine, project: str, role: Role = "chat") -> None:
        """`project`: its folder, "" = none; `role`: what is asked of a chat model."""
        super().__init__(engine)
        self.project = project
        self.role = role

    def infill(self, request: InfillRequest) -> Generation:
        return self.engine.infill(replace(request, project=request.project or self.project))

    def score(self, request: ScoreRequest) -> Generation:
        return self.engine.score(replace(request, project=request.project or self.project))

    def chat(self, request: ChatRequest) -> ChatStream:
        project = request.project or self.project
        return self.engine.chat(replace(request, project=project, role=self.role))
