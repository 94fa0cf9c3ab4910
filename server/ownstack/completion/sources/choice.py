"""Which sources a window has, by what its engine can do: the cheapest first."""

from __future__ import annotations

from dataclasses import dataclass

from ownstack.completion.cache import Cache
from ownstack.completion.context.provider import ContextProvider, ContextReader
from ownstack.completion.context.window_lookups import SymbolLookups
from ownstack.completion.echo import Echo
from ownstack.completion.environment import Environment
from ownstack.completion.failures import Failures
from ownstack.completion.feedback.own_calibration import OwnCalibration
from ownstack.completion.request_extents import RequestExtents
from ownstack.completion.sources.echo import EchoSource, SureEcho
from ownstack.completion.sources.fitting import LineFitter
from ownstack.completion.sources.generation import GenerationSource
from ownstack.completion.sources.generation_client import GenerationClient
from ownstack.completion.sources.protocol import Source
from ownstack.completion.sources.ranked import RankedSource
from ownstack.completion.sources.scoring_client import ScoringClient
from ownstack.engine.protocol import Engine


@dataclass(frozen=True, slots=True)
class Lineup:
    """The sources of one engine, in the order in which they are asked."""

    sources: tuple[Source, ...]
    reader: ContextReader | None = None
    """Who is shown text of other files."""
    model: str = ""


class SourceChoice:
    """Makes the sources of one window."""

    def __init__(
        self,
        environment: Environment,
        echo: Echo,
        *,
        context: ContextProvider,
        cache: Cache,
        extents: RequestExtents,
        failures: Failures,
        own: OwnCalibration,
    ) -> None:
        self._environment = environment
        self._echo = echo
        self._context = context
        self._cache = cache
        self._extents = extents
        self._failures = failures
        self._own = own
        self._fitter = LineFitter(environment, extents, own)
        self._symbols = SymbolLookups(environment)

    def of(self, engine: Engine | None) -> Lineup:
        """Return the sources for an engine that can infill, or for none."""
        echo = EchoSource(self._echo, self._context, self._fitter, self._failures)
        if engine is None:
            return Lineup((echo,))
        if engine.capabilities.scores_lines:
            return self._ranked(engine)
        return self._generated(engine, echo)

    def _ranked(self, engine: Engine) -> Lineup:
        """Let a small network score echo's lines and its own, in one request a key."""
        ranked = RankedSource(
            ScoringClient(engine, self._environment, self._context.snippets),
            self._echo,
            context=self._context,
            symbols=self._symbols,
            fitter=self._fitter,
            failures=self._failures,
        )
        return Lineup((ranked,), ranked, engine.capabilities.model)

    def _generated(self, engine: Engine, echo: EchoSource) -> Lineup:
        """Let a larger model write unless echo is nearly certain; echo answers if it fails."""
        client = GenerationClient(engine, self._environment, self._cache, self._context.snippets)
        generation = GenerationSource(client, echo, self._environment, self._extents, self._own)
        quick = SureEcho(echo, self._extents, self._failures, generation.has_begun)
        return Lineup((quick, generation, echo), generation, engine.capabilities.model)
