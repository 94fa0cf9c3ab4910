"""From a key to ghost text: the tiers in order of cost, and what is remembered between keys."""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ownstack.completion.asking import Asking, next_lines
from ownstack.completion.cache import Cache, Hit
from ownstack.completion.echo import Echo
from ownstack.completion.gate import refusal
from ownstack.completion.gathering import Gathering
from ownstack.completion.mixing import Mixing
from ownstack.completion.naming import Naming
from ownstack.completion.nearby import Nearby
from ownstack.completion.outcomes import Outcomes
from ownstack.completion.place import Place
from ownstack.completion.request import Found, Request, place_of
from ownstack.completion.shape import Shape, shape
from ownstack.completion.showing import Shown
from ownstack.completion.signals import SignalLog
from ownstack.completion.suggestion import Answer, Asked, Suggestion, Trace
from ownstack.completion.survival import CallLater, Timer, call_later
from ownstack.completion.traces import Stopwatch, Traces
from ownstack.completion.trim import replaced, trim
from ownstack.document import Document, Documents
from ownstack.engine.protocol import Engine
from ownstack.settings import CompletionSettings
from ownstack.text import Span

if TYPE_CHECKING:
    from ownstack.index.snapshot import Snapshot

log = logging.getLogger(__name__)

ECHO_SURE = 0.9
"""With a model, echo answers in its place from this confidence on (97 % of such are exact)."""

PREFETCH_AFTER_S = 0.15
"""A suggestion that has stood this long is being read: what follows it is worth computing. At
once, the work would run against the next key of somebody who types on (measured with the
development model on two busy cores, a key every 30 ms: half as many milliseconds to the line)."""

_CHANGED = "The text changed before the answer was there; what was found is kept for later."


class Completer:
    """One per editor window. Everything runs on the event loop."""

    def __init__(
        self,
        *,
        documents: Documents,
        engine: Callable[[], Engine | None],
        settings: Callable[[], CompletionSettings],
        signals: SignalLog,
        echo: Echo | None = None,
        nearby: Nearby | None = None,
        folders: Callable[[], Sequence[Path]] = tuple,
        clock: Callable[[], float] = time.monotonic,
        later: CallLater = call_later,
        index: Callable[[str], Snapshot | None] = lambda uri: None,
    ) -> None:
        """Make one; nothing is read or started before the first request.

        `folders`: where files near a document may be read; none in a workspace not trusted.
        `later`: runs a callback after some seconds (`loop.call_later`). `index`: what is known
        of the project that a document belongs to.
        """
        self._documents = documents
        self._engine = engine
        self._settings = settings
        self._clock = clock
        self._cache = Cache()
        self._later = later
        self._ahead: Timer | None = None
        self._asking: Asking | None = None
        self._left: list[Asking] = []
        self._outcomes = Outcomes(documents, signals, later)
        self._gathering = Gathering(
            documents,
            settings,
            nearby or Nearby(),
            folders,
            lambda: None if self._asking is None else self._asking.context_budget(),
            self._warm,
            later,
            # Definitions of other files only confuse a network that weighs.
            lambda uri: None if self._weighs() else index(uri),
        )
        self._naming = Naming(index, settings)
        self._mixing = Mixing(
            echo or Echo(),
            self._gathering.others,
            self._shape,
            settings,
            self._failed,
            self._naming,
        )
        self._traces = Traces()
        self._named: set[tuple[str, str]] = set()

    # Asking -------------------------------------------------------------------------------

    async def complete(self, asked: Asked) -> Answer:
        """Answer, with a suggestion or the reason why there is none.

        Raises:
            asyncio.CancelledError: the caller gave up; work that others can use goes on.
        """
        trace = Trace(id=uuid.uuid4().hex[:16])
        watch = Stopwatch(trace, self._clock)
        try:
            suggestion = await self._answer(asked, trace, watch)
        except Exception as error:
            self._failed("completion", error)
            suggestion, trace.tier = None, "none"
            trace.reason = "An internal error happened; the log has the details."
        self._traces.add(trace, watch.elapsed_s * 1_000)
        return Answer(suggestion, trace)

    async def _answer(self, asked: Asked, trace: Trace, watch: Stopwatch) -> Suggestion | None:
        place = place_of(asked)
        with watch.stage("gate"):
            reason = refusal(place, asked.trigger, self._settings())
        if reason:
            trace.reason = reason
            return None
        self._switch_engine()
        request = Request(place, asked.trigger, trace, watch)
        if self._asking is not None:
            self._asking.flights.asked(place)
        self._gathering.moved(place)
        found = self._at_once(request) or await self._fresh(request)
        trace.source, trace.confidence = found.source, found.confidence
        if not found.text:
            trace.reason = found.reason
            return None
        current = self._documents.get(place.uri)
        if current is not None and current.version != asked.document.version:
            trace.reason = _CHANGED
            return None
        return self._offer(asked, request, found)

    def _at_once(self, request: Request) -> Found | None:
        """Return what is on the screen already, or in the cache."""
        with request.watch.stage("typed-through"):
            shown = self._outcomes.shown
            if shown is not None and (shown.invoked or not request.invoked):
                left = self._outcomes.continued(request.place)
                if left:
                    return Found(left, "typed-through", shown.source, shown.confidence)
        with request.watch.stage("cache"):
            hit = self._cache.get(request.place, invoked=request.invoked)
            text = self._whole(hit, request) if hit is not None else ""
        if hit is None or not text:
            return None
        return Found(text, "cache", "model", hit.confidence)

    def _whole(self, hit: Hit, request: Request) -> str:
        """Return a hit fit to be shown: a remainder has not been trimmed yet."""
        if hit.trimmed:
            return hit.text
        place = request.place
        trimmed = trim(
            hit.text,
            complete=hit.complete,
            document=place.document,
            offset=place.offset,
            shape=self._shape(request),
        )
        return trimmed.text

    async def _fresh(self, request: Request) -> Found:
        """Return what echo or the model has to say."""
        asking = self._asking
        if asking is None:
            return await self._mixing.echoed(request, wait=True)
        if self._weighs():
            return await self._mixing.mixed(asking, request)
        with request.watch.stage("shape"):
            wanted = self._shape(request)
        joined = asking.joinable(request.place, wanted)
        drafts: tuple[str, ...] = ()
        if joined is None and wanted.why == "line":
            sure, drafts = await self._mixing.sure(request, least=ECHO_SURE)
            if sure.text:
                return sure
        try:
            return await self._modelled(asking, request, wanted, drafts)
        except Exception as error:
            self._failed("model", error)
            echoed = await self._mixing.echoed(request, wait=True)
            if echoed.text:
                return echoed
            return Found("", reason=f"The model failed: {error}")

    async def _modelled(
        self, asking: Asking, request: Request, wanted: Shape, drafts: tuple[str, ...]
    ) -> Found:
        place, watch, trace = request.place, request.watch, request.trace
        joined = asking.joinable(place, wanted)
        if joined is not None:
            flight, typed = joined
            with watch.stage("join"):
                told = await asking.hear(flight, typed, request.trigger, watch, trace)
            if told.text:
                return Found(told.text, "joined", "model", told.confidence)
            if not typed or not self._is_current(place):
                return Found("", reason=told.reason)
        flight = asking.ask(place, wanted, request.trigger, watch, drafts)
        with watch.stage("model"):
            told = await asking.hear(flight, "", request.trigger, watch, trace)
        if not told.text:
            return Found("", source="model", reason=told.reason)
        return Found(told.text, "model", "model", told.confidence)

    def _shape(self, request: Request) -> Shape:
        if request.shape is None:
            place, settings = request.place, self._settings()
            after_accept = self._outcomes.after_accept(place)
            try:
                request.shape = shape(
                    place.document,
                    place.offset,
                    trigger=request.trigger,
                    after_accept=after_accept,
                    settings=settings,
                )
            except Exception as error:
                self._failed("shape", error)
                request.shape = Shape(1, None, "line")
            if after_accept and request.shape.why == "line":
                request.shape = next_lines(place, settings) or request.shape
        return request.shape

    def _is_current(self, place: Place) -> bool:
        current = self._documents.get(place.uri)
        return current is None or current.version == place.document.version

    # Offering -----------------------------------------------------------------------------

    def _offer(self, asked: Asked, request: Request, found: Found) -> Suggestion | None:
        place, trace = request.place, request.trace
        shown = self._outcomes.shown
        if found.tier == "typed-through" and shown is not None:
            self._remember_origin(trace, shown.id)
        elif not request.invoked and self._outcomes.refuses(place, found.text):
            trace.reason = "The same text was typed over here before, so it is not offered again."
            return None
        trace.tier = found.tier
        with request.watch.stage("offer"):
            n_replaced = len(replaced(found.text, place.document, place.offset))
            if found.tier != "typed-through":
                self._show(request, found, n_replaced)
            self._prefetch_soon()
        text, span = found.text, Span(asked.offset, asked.offset + n_replaced)
        if asked.selected is not None and asked.selected_span is not None:
            text = asked.selected + text
            end = max(asked.offset, asked.selected_span.end) + n_replaced
            span = Span(asked.selected_span.start, end)
        return Suggestion(trace.id, text, span, found.tier, found.confidence)

    def _show(self, request: Request, found: Found, n_replaced: int) -> None:
        shown = Shown(
            id=request.trace.id,
            place=request.place,
            text=found.text,
            n_replaced=n_replaced,
            source=found.source,
            model=request.trace.model,
            confidence=found.confidence,
            invoked=request.invoked,
        )
        self._outcomes.show(shown)

    def _prefetch_soon(self) -> None:
        self._hold_prefetch()
        # A network that weighs is too weak to be believed for several lines.
        believed = self._asking is not None and not self._weighs()
        if believed and self._settings().prefetch:
            self._ahead = self._later(PREFETCH_AFTER_S, self._prefetch)

    def _prefetch(self) -> None:
        """Compute what follows the suggestion on the screen."""
        shown = self._outcomes.shown
        if self._asking is None or shown is None:
            return
        try:
            self._asking.prefetch(shown)
        except Exception as error:
            self._failed("prefetch", error)

    def _hold_prefetch(self) -> None:
        if self._ahead is not None:
            self._ahead.cancel()
            self._ahead = None

    def _remember_origin(self, trace: Trace, id: str) -> None:
        """Make a trace tell also where the text, shown before, came from."""
        trace.id = id
        before = self._traces.get(id)
        if before is not None:
            trace.model = before.model
            trace.prompt_tokens = before.prompt_tokens
            trace.evaluated_tokens = before.evaluated_tokens
            trace.generated_tokens = before.generated_tokens
            trace.drafted_tokens = before.drafted_tokens
            trace.accepted_tokens = before.accepted_tokens

    # Events -------------------------------------------------------------------------------

    def changed(self, document: Document) -> None:
        """A document was opened or edited. Cost: some comparisons of the text."""
        self._hold_prefetch()
        if self._weighs():
            self._naming.warm(document)
        self._outcomes.changed(document)
        self._mixing.stop()
        if self._asking is not None:
            self._asking.flights.changed(document)

    def saved(self, uri: str) -> None:
        self._gathering.saved(uri)

    def closed(self, uri: str) -> None:
        self._outcomes.closed(uri)
        self._gathering.closed(uri)
        self._cache.forget(uri)
        if self._asking is not None:
            self._asking.forget(uri)

    def accepted(self, id: str) -> None:
        """The editor reports that a suggestion was accepted."""
        self._outcomes.accepted(id)

    def explain(self, id: str | None = None) -> Trace | None:
        """Return how one of the last few hundred answers came about; without an id, the newest."""
        return self._traces.get(id)

    def statistics(self) -> dict[str, float]:
        """Return counts since the window was opened, and times in milliseconds by tier."""
        return {**self._outcomes.figures(), **self._traces.figures()}

    async def close(self) -> None:
        """End all work of this window."""
        self._hold_prefetch()
        self._outcomes.close()
        self._gathering.close()
        asking, self._asking = self._asking, None
        for one in [*self._left, *([asking] if asking is not None else [])]:
            await one.close()

    # Engine -------------------------------------------------------------------------------

    def _weighs(self) -> bool:
        """Say whether the model is a small one that weighs lines (`Capabilities.weighs`)."""
        return self._asking is not None and self._asking.engine.capabilities.weighs

    def _switch_engine(self) -> None:
        """Notice that the model is another one: what the last one said does not count."""
        engine = self._engine()
        if engine is not None and not engine.capabilities.infill:
            engine = None
        old = self._asking
        if (None if old is None else old.engine) is engine:
            return
        self._asking = None
        if old is not None:
            old.retire()
            self._left = [one for one in self._left if len(one.flights)] + [old]
        if engine is not None:
            self._cache.clear()
            self._gathering.clear()
            self._asking = Asking(engine, self._cache, self._settings, self._gathering.snippets)

    def _warm(self, place: Place) -> None:
        if self._asking is None:
            return
        try:
            self._asking.warm(place)
        except Exception as error:
            self._failed("warm-up", error)

    def _failed(self, stage: str, error: Exception) -> None:
        """Name a failure once per kind; completion goes on without the stage."""
        kind = (stage, type(error).__name__)
        if kind not in self._named:
            self._named.add(kind)
            log.warning("%s failed, and will only be named this once", stage, exc_info=error)
