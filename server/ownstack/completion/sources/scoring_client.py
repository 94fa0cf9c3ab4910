"""The client of a network that scores lines: what it is asked at a cursor, and for how long."""

from __future__ import annotations

from collections.abc import Callable

from ownstack.completion.context.prompts import Prompts
from ownstack.completion.deadline import LINE_TOKENS, limits
from ownstack.completion.environment import Environment
from ownstack.completion.extent import Extent
from ownstack.completion.feedback.traces import note_usage
from ownstack.completion.request import SourceRequest
from ownstack.concurrency import within
from ownstack.engine.generation import Generation
from ownstack.engine.protocol import Engine
from ownstack.engine.requests import ScoreRequest, Snippet
from ownstack.engine.results import ScoredLine

ALTERNATIVES = 3
"""Lines of its own that the network adds."""

_LINE = Extent(1, None, "line")


class ScoringClient:
    """Has one engine score lines for one window; only the newest request runs."""

    def __init__(
        self,
        engine: Engine,
        environment: Environment,
        snippets: Callable[[str], tuple[Snippet, ...]],
    ) -> None:
        """`snippets`: text of other files for a document, as it was gathered last."""
        self._engine = engine
        self._settings = environment.settings
        self._prompts = Prompts(engine, snippets, environment.clock, environment.project)
        self._running: Generation | None = None

    def context_budget(self) -> tuple[int, Callable[[str], int]]:
        """Return how many tokens the context may take, and what counts them."""
        return self._prompts.context_budget()

    async def score(
        self, request: SourceRequest, candidates: tuple[str, ...], forced_prefixes: tuple[str, ...]
    ) -> tuple[ScoredLine, ...] | None:
        """Return the rests of the line that were given, and some of the engine's own, scored.

        None if it is late; half of its time over, it looks for no more of its own.

        Raises:
            Exception: whatever the engine failed with.
        """
        left_s = self._left_s(request)
        cursor = self._prompts.request(
            request.place,
            _LINE,
            max_tokens=LINE_TOKENS,
            first_line_s=left_s / 2,
            deadline_s=left_s,
        )
        self._running = generation = self._engine.score(
            ScoreRequest.at(
                cursor,
                candidates=candidates,
                alternatives=ALTERNATIVES,
                forced_prefixes=forced_prefixes,
            )
        )
        done = await within(left_s, generation.result())
        if done is None:
            return None
        result = done.result()
        request.trace.model = self._engine.capabilities.model
        note_usage(result.usage, request.trace)
        return result.scored

    def stop(self) -> None:
        """End what runs: nobody waits for it any more."""
        if self._running is not None:
            self._running.cancel()
            self._running = None

    def forget(self, uri: str) -> None:
        """Forget a document that was closed."""
        self._prompts.forget(uri)

    def _left_s(self, request: SourceRequest) -> float:
        """Return how long a line may still take from now."""
        return limits(
            _LINE,
            request.trigger,
            deadline_ms=self._settings().deadline_ms,
            elapsed_s=request.watch.elapsed_s,
            speed=self._engine.speed(),
        ).first_line_s
