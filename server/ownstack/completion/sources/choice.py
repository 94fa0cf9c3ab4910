"""Which sources a window has, by what its engine can do: the cheapest first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ownstack.completion.cache import Cache
from ownstack.completion.context.provider import ContextProvider, ContextReader
from ownstack.completion.context.window_lookups import SymbolLookups
from ownstack.completion.echo import Echo
from ownstack.completion.environment import Environment
from ownstack.completion.failures import Failures
from ownstack.completion.feedback.own_calibration import OwnCalibration
from ownstack.completion.feedback.own_preferences import OwnPreferences
from ownstack.completion.place import Place
from ownstack.completion.request import Reply, SourceRequest
from ownstack.completion.request_extents import RequestExtents
from ownstack.completion.sources.echo import EchoSource, SureEcho
from ownstack.completion.sources.fitting import LineFitter
from ownstack.completion.sources.generation import GenerationSource
from ownstack.completion.sources.generation_client import GenerationClient
from ownstack.completion.sources.protocol import Source
from ownstack.completion.sources.ranked import RankedSource
from ownstack.completion.sources.scoring_client import ScoringClient
from ownstack.completion.sources.tiered import TieredSource
from ownstack.completion.suggestion import Trace
from ownstack.engine.protocol import Engine


@dataclass(frozen=True, slots=True)
class Lineup:
    """The sources of one engine, in the order in which they are asked."""

    sources: tuple[Source, ...]
    reader: ContextReader | None = None
    """Who is shown text of other files."""


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
        preferences: OwnPreferences,
        kept: Callable[[Place], None],
        late: Callable[[Place, Trace, float], None],
        objection: Callable[[SourceRequest, Reply], str],
    ) -> None:
        """`kept` hears that the cache has a model's answer at a place.

        `late` hears what a model had to say at a place that nobody waited at (`TieredSource`).
        `objection` says why a reply would not be shown, "" if nothing speaks against it.
        """
        self._environment = environment
        self._echo = echo
        self._context = context
        self._cache = cache
        self._extents = extents
        self._failures = failures
        self._own = own
        self._preferences = preferences
        self._kept, self._late = kept, late
        self._objection = objection
        self._fitter = LineFitter(environment, extents, own)
        self._symbols = SymbolLookups(environment)

    def of(self, engine: Engine | None, quick: Engine | None = None) -> Lineup:
        """Return the sources for an engine that can infill, or for none.

        `quick`: an engine that scores lines, to answer where the other one takes longer.
        """
        echo = EchoSource(
            self._echo, self._context, self._fitter, self._failures, self._preferences
        )
        if engine is None:
            return Lineup((echo,))
        if engine.capabilities.scores_lines:
            ranked = self._ranked(engine)
            return Lineup((ranked,), ranked)
        return self._generated(engine, echo, quick)

    def _ranked(self, engine: Engine) -> RankedSource:
        """Let a small network score echo's lines and its own, in one request a key."""
        return RankedSource(
            ScoringClient(engine, self._environment, self._context.open_files),
            self._echo,
            context=self._context,
            symbols=self._symbols,
            fitter=self._fitter,
            failures=self._failures,
            preferences=self._preferences,
        )

    def _generated(self, engine: Engine, echo: EchoSource, quick: Engine | None) -> Lineup:
        """Let a larger model write unless echo is nearly certain; echo answers if it fails.

        Where the small network is there, it answers keys for which the model is too slow.
        """
        client = GenerationClient(
            engine, self._environment, self._cache, self._context.snippets, self._kept
        )
        generation = GenerationSource(client, echo, self._environment, self._extents, self._own)
        writer: Source = generation
        if quick is not None:
            writer = TieredSource(
                self._ranked(quick),
                generation,
                self._failures,
                self._objection,
                hears=self._environment.hears_improvements,
                late=self._late,
            )
        sure = SureEcho(echo, self._extents, self._failures, generation.has_begun)
        return Lineup((sure, writer, echo), generation)
