"""From a key to ghost text: the sources in order of cost, and what is remembered between keys."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import replace

from ownstack.completion.cache import Cache, CachedText
from ownstack.completion.context.nearby import Nearby
from ownstack.completion.context.provider import ContextProvider
from ownstack.completion.echo import Echo
from ownstack.completion.eligibility import refusal
from ownstack.completion.environment import Environment
from ownstack.completion.failures import Failures
from ownstack.completion.feedback.outcomes import Outcomes
from ownstack.completion.feedback.own_calibration import OwnCalibration, maker_name
from ownstack.completion.feedback.own_preferences import OwnPreferences
from ownstack.completion.feedback.signals import SignalLog
from ownstack.completion.feedback.traces import Stopwatch, Traces
from ownstack.completion.improvement import Improvement
from ownstack.completion.items import SuggestionItems, as_it_stands
from ownstack.completion.place import Place, stands
from ownstack.completion.postprocess.trim import trim
from ownstack.completion.request import Reply, SourceRequest, place_of
from ownstack.completion.request_extents import RequestExtents
from ownstack.completion.sources.choice import SourceChoice
from ownstack.completion.sources.fitting import (
    THRESHOLDS,
    held_back,
    least_chance,
    sure_enough,
)
from ownstack.completion.suggestion import Answer, CompletionRequest, Suggestion, Trace
from ownstack.concurrency import Delay, Tasks
from ownstack.document import Document
from ownstack.engine.protocol import Engine

PREFETCH_AFTER_S = 0.15
"""A suggestion that has stood this long is being read: what follows it is worth computing. At
once, the work would run against the next key of somebody who types on (measured with the
development model on two busy cores, a key every 30 ms: half as many milliseconds to the line)."""

_CHANGED = "The text changed before the answer was there; what was found is kept for later."


class Completer:
    """Answers the keys of one editor window. Everything runs on the event loop."""

    def __init__(
        self,
        environment: Environment,
        engine: Callable[[], Engine | None],
        *,
        quick: Callable[[], Engine | None] = lambda: None,
        signals: SignalLog,
        echo: Echo | None = None,
        nearby: Nearby | None = None,
    ) -> None:
        """Make one; nothing is read or started before the first request.

        `engine`: the model in use, None without one; `quick`: a network that scores lines, to
        answer until that one can, and where it takes longer. Both are asked for at each key.
        """
        self._documents = environment.documents
        self._settings = environment.settings
        self._clock = environment.clock
        self._came = environment.came
        self._engine, self._quick = engine, quick
        self._cache = Cache()
        self._failures = Failures()
        self._outcomes = Outcomes(environment, signals)
        self._own = OwnCalibration(signals, environment.settings)
        self._preferences = OwnPreferences(signals, environment.settings, self._own)
        self._extents = RequestExtents(environment, self._outcomes, self._failures)
        self._context = ContextProvider(environment, nearby or Nearby())
        self._traces = Traces()
        self._items = SuggestionItems(self._outcomes, self._traces)
        self._improvement = Improvement(environment, self._outcomes, self._cache, self._least)
        self._choice = SourceChoice(
            environment,
            echo or Echo(),
            context=self._context,
            cache=self._cache,
            extents=self._extents,
            failures=self._failures,
            own=self._own,
            preferences=self._preferences,
            kept=self._kept,
            late=self._late,
            objection=self._items.objection,
        )
        self._used: tuple[Engine | None, Engine | None] = (None, None)
        self._cached_by: Engine | None = None
        """The model whose texts the cache holds."""
        self._lineup = self._choice.of(None)
        self._ending = Tasks("The end of a source")
        self._ahead = Delay(self._prefetch, environment.later)

    # Requests -----------------------------------------------------------------------------

    async def complete(self, request: CompletionRequest) -> Answer:
        """Answer, with a suggestion or the reason why there is none.

        Raises:
            asyncio.CancelledError: the caller gave up; work that others can use goes on.
        """
        trace = Trace(id=uuid.uuid4().hex[:16])
        watch = Stopwatch(trace, self._clock)
        try:
            items = await self._answer(request, trace, watch)
        except Exception as error:
            self._failures.note("completion", error)
            items, trace.tier = (), "none"
            trace.reason = "An internal error happened; the log has the details."
        self._traces.add(trace, watch.elapsed_s * 1_000)
        return Answer(items[0] if items else None, trace, items[1:])

    async def peek(self, request: CompletionRequest) -> str:
        """Return what would be suggested, "" for nothing; it does not count as shown."""
        trace = Trace()
        source_request = SourceRequest(
            place_of(request), request.trigger, trace, Stopwatch(trace, self._clock), peeks=True
        )
        try:
            return (self._at_once(source_request) or await self._fresh(source_request)).text
        except Exception as error:
            self._failures.note("completion", error)
            return ""

    async def _answer(
        self, request: CompletionRequest, trace: Trace, watch: Stopwatch
    ) -> tuple[Suggestion, ...]:
        place = place_of(request)
        self._improvement.asked(place)
        with watch.stage("eligibility"):
            reason = refusal(place, request.trigger, self._settings())
        if reason:
            trace.reason = reason
            return ()
        self._switch_engine()
        source_request = SourceRequest(place, request.trigger, trace, watch)
        for source in self._lineup.sources:
            source.moved(place)
        self._context.moved(place)
        try:
            reply = self._at_once(source_request) or await self._fresh(source_request)
        finally:
            for source in self._lineup.sources:
                source.rest(place)
        trace.source, trace.confidence = reply.source, reply.confidence
        if reply.text and reply.confidence is not None:
            model = source_request.model_of(reply.source)
            trace.adjusted = self._own.matters(reply.source, model, reply.confidence)
        if not reply.text:
            trace.reason = reply.reason + held_back(source_request, reply, self._settings())
            if not source_request.invoked:
                self._improvement.unanswered(place)
            return ()
        current = self._documents.get(place.uri)
        if current is not None and not stands(request.document, request.offset, current):
            trace.reason = _CHANGED
            return ()
        trace.reason = self._items.objection(source_request, reply)
        if trace.reason:
            return ()
        with watch.stage("offer"):
            items = self._items.offer(request, source_request, reply)
            self._prefetch_soon()
        return items

    def _at_once(self, request: SourceRequest) -> Reply | None:
        """Return what is on the screen already, or in the cache."""
        with request.watch.stage("typed-through"):
            shown = self._typed_through(request)
            if shown is not None:
                replaced = self._improvement.replaces(request.place, shown.text)
                if request.invoked or not replaced:
                    return shown
        return self._cached(request) or shown

    def _typed_through(self, request: SourceRequest) -> Reply | None:
        displayed = self._outcomes.displayed
        if displayed is None or (request.invoked and not displayed.invoked):
            return None
        left = as_it_stands(self._outcomes.continued(request.place), request.place)
        if not left:
            return None
        return Reply(left, "typed-through", displayed.source, displayed.confidence)

    def _cached(self, request: SourceRequest) -> Reply | None:
        with request.watch.stage("cache"):
            cached = self._cache.get(request.place, invoked=request.invoked)
            text = self._whole(cached, request) if cached is not None else ""
        if cached is None or not text or self._cached_by is None:
            return None
        request.trace.model = self._cached_by.capabilities.model
        request.trace.prefetched, request.trace.adapters = cached.prefetched, cached.adapters
        least = least_chance(request, "model", self._settings(), self._own)
        shown = replace(sure_enough(text, cached.chance, least), tier="cache")
        if shown.text:
            return shown
        request.unsure = shown
        return None

    def _whole(self, cached: CachedText, request: SourceRequest) -> str:
        """Return a hit fit to be shown: a remainder has not been trimmed yet."""
        if cached.trimmed:
            return as_it_stands(cached.text, request.place)
        place = request.place
        trimmed = trim(
            cached.text,
            complete=cached.complete,
            document=place.document,
            offset=place.offset,
            extent=self._extents.of(request),
        )
        return trimmed.text

    async def _fresh(self, request: SourceRequest) -> Reply:
        """Ask one source after another until one has an answer; one that fails is passed over."""
        failure: Reply | None = None
        sources = self._lineup.sources
        for number, source in enumerate(sources):
            try:
                reply = await source.suggest(request)
            except Exception as error:
                self._failures.note(source.name, error)
                failure = failure or Reply("", reason=f"The {source.name} failed: {error}")
                continue
            if reply is None:
                continue
            if failure is not None:
                return reply if reply.text else failure
            asked_before = sources[:number]
            others = [other for each in asked_before for other in each.beside(request, reply)]
            return replace(reply, others=(*reply.others, *others))
        return failure or Reply("")

    # Ahead ---------------------------------------------------------------------------------

    def _prefetch_soon(self) -> None:
        self._ahead.cancel()
        if self._settings().prefetch:
            self._ahead.start(PREFETCH_AFTER_S)

    def _prefetch(self) -> None:
        """Compute what follows the suggestion on the screen."""
        displayed = self._outcomes.displayed
        if displayed is None:
            return
        try:
            for source in self._lineup.sources:
                source.prefetch(displayed)
        except Exception as error:
            self._failures.note("prefetch", error)

    def _kept(self, place: Place) -> None:
        """Hear that the cache has a model's answer; whoever waits for that is not to notice."""
        try:
            self._improvement.kept(place)
        except Exception as error:
            self._failures.note("improvement", error)

    def _late(self, place: Place, trace: Trace, taken_s: float) -> None:
        """Hear what the model had to say at a place that was answered with nothing."""
        if self._improvement.waits(place):
            self._came(trace, taken_s)
            if trace.text:
                self._improvement.found(place)

    def _least(self, adapters: Sequence[str]) -> float:
        """Return the chance from which on a line of the cache is shown that nobody asked for."""
        model = "" if self._cached_by is None else self._cached_by.capabilities.model
        model = maker_name(model, adapters)
        return self._own.least("model", model, THRESHOLDS[self._settings().eagerness])

    # Events -------------------------------------------------------------------------------

    def changed(self, document: Document) -> None:
        """Hear that a document was opened or edited. Cost: some comparisons of the text."""
        self._ahead.cancel()
        self._outcomes.changed(document)
        for source in self._lineup.sources:
            source.changed(document)

    def saved(self, uri: str) -> None:
        self._context.saved(uri)

    def closed(self, uri: str) -> None:
        self._outcomes.closed(uri)
        self._context.closed(uri)
        self._cache.forget(uri)
        for source in self._lineup.sources:
            source.forget(uri)

    def accepted(self, id: str) -> None:
        """Hear from the editor that a suggestion was accepted."""
        self._outcomes.accepted(id)

    def explain(self, id: str | None = None) -> Trace | None:
        """Return how one of the last few hundred answers came about; without an id, the newest."""
        return self._traces.get(id)

    def statistics(self) -> dict[str, float]:
        """Return counts since the window was opened, and times in milliseconds by tier."""
        return {**self._outcomes.figures(), **self._traces.figures()}

    async def close(self) -> None:
        """End all work of this window."""
        self._ahead.cancel()
        self._outcomes.close()
        self._preferences.close()
        self._context.close()
        sources, self._lineup = self._lineup.sources, self._choice.of(None)
        self._used = (None, None)
        for source in sources:
            await source.close()
        await self._ending.ended()

    # Engine -------------------------------------------------------------------------------

    def _switch_engine(self) -> None:
        """Notice that the model is another one: what the last one said does not count.

        While there is none, the quick one is alone, and what the cache has is kept for when the
        model is back.
        """
        engine, quick = self._engine(), self._quick()
        if engine is not None and not engine.capabilities.infill:
            engine = None
        if quick is not None and not quick.capabilities.scores_lines:
            quick = None
        if engine is not None and self._cached_by is not engine:
            self._cached_by = engine
            self._cache.clear()
        if engine is None or engine.capabilities.scores_lines:
            engine, quick = engine or quick, None
        if self._used[0] is engine and self._used[1] is quick:
            return
        for source in self._lineup.sources:
            source.retire()
            self._ending.start(source.close())
        self._used, self._lineup = (engine, quick), self._choice.of(engine, quick)
        self._context.serve(self._lineup.reader)
