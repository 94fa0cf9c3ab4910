"""What an engine can do, one protocol an ability. Nothing here knows editors or files.

Whoever needs one ability asks for that alone: an engine that runs elsewhere may have just some.
`Engine` is a loaded model that has all of them, as far as its file allows.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from ownstack.engine.activity import Activity
from ownstack.engine.chat import ChatStream
from ownstack.engine.generation import Generation
from ownstack.engine.requests import ChatRequest, InfillRequest, ScoreRequest
from ownstack.engine.results import Capabilities, Speed
from ownstack.models.roles import Role

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Infiller(Protocol):
    """A model that fills in what belongs at a cursor."""

    def infill(self, request: InfillRequest) -> Generation:
        """Start to write; errors come out of the generation.

        Raises CannotInfillError if the model was not trained for it.
        """
        ...


class LineScorer(Protocol):
    """A model that says how likely rests of a line are."""

    def score(self, request: ScoreRequest) -> Generation:
        """Start to score; the result's `scored` has the lines, its text the likeliest of them.

        Raises EngineError if the model does not score lines (`Capabilities.scores_lines`).
        """
        ...


class ChatModel(Protocol):
    """A model that goes on with a conversation."""

    def chat(self, request: ChatRequest) -> ChatStream:
        """Start to write the next message; errors come out of the stream.

        Raises EngineError if the model has no chat template.
        """
        ...


class Embedder(Protocol):
    """A model that makes vectors of texts, near each other where the texts mean the same."""

    async def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return float32[len(texts), dim], rows L2-normalised."""
        ...


class TokenCounter(Protocol):
    """A counter of tokens."""

    @property
    def exact(self) -> bool:
        """Whether `count` is by the model's own tokenizer; otherwise it is an estimate."""
        ...

    def count(self, text: str) -> int:
        """Return the number of tokens of `text`. Any thread may ask."""
        ...


class Engine(Infiller, LineScorer, ChatModel, Embedder, TokenCounter, Protocol):
    """One loaded model. Methods are called on the event loop and return at once.

    What was started is a running `Generation` or `ChatStream`; errors come out of it.
    """

    @property
    def capabilities(self) -> Capabilities: ...

    @property
    def activity(self) -> Activity:
        """What it is being asked for."""
        ...

    def speed(self) -> Speed:
        """Return how fast the model is. Any thread may ask."""
        ...

    async def prepare(self, role: Role) -> None:
        """Make ready for a role; one engine may play several. Cheap for one that is ready.

        Raises:
            OwnstackError: the model cannot play it; why, and what to do.
        """
        ...

    async def close(self) -> None:
        """Stop all work and free the model; pending generations end with EngineClosedError."""
        ...
