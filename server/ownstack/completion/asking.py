"""The model's part: what it is asked, and what becomes of its answers."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

from ownstack.completion.cache import Cache, Hit
from ownstack.completion.deadline import LINE_TOKENS, Limits, limits
from ownstack.completion.flight import Flight, Flights
from ownstack.completion.place import Place
from ownstack.completion.shape import Shape, indent_of
from ownstack.completion.showing import Shown
from ownstack.completion.suggestion import Trace, Trigger
from ownstack.completion.traces import Stopwatch
from ownstack.completion.trim import replaced, trim
from ownstack.completion.window import TokenCounts, Windows, context_budget
from ownstack.engine.generation import Generation
from ownstack.engine.protocol import (
    Engine,
    Finish,
    Generated,
    InfillRequest,
    Priority,
    Snippet,
    Usage,
)
from ownstack.settings import CompletionSettings

PATIENCE_S = 0.25
"""An engine that has not kept its deadline by then is not waited for."""

_SUPERSEDED = "Something else was typed before the answer was there."
_LATE = "The model was too slow this time; what it still finds is kept for the next key."


@dataclass(frozen=True, slots=True)
class Told:
    """What the model says at a place, or why it says nothing."""

    text: str
    reason: str = ""
    confidence: float | None = None


class Asking:
    """Asks one engine for one window. Its answers land in the cache, wanted or not."""

    def __init__(
        self,
        engine: Engine,
        cache: Cache,
        settings: Callable[[], CompletionSettings],
        snippets: Callable[[str], tuple[Snippet, ...]],
    ) -> None:
        self.engine = engine
        self._cache = cache
        self._settings = settings
        self._snippets = snippets
        self._windows = Windows()
        self._counts = TokenCounts(engine.count)
        self._warming: Generation | None = None
        self.flights = Flights(self._land)

    def context_budget(self) -> tuple[int, Callable[[str], int]]:
        """Return how many tokens the context may take, and what counts them."""
        self._counts.begin()
        return context_budget(self.engine.capabilities.prompt_budget_tokens), self._counts.of

    def joinable(self, place: Place, shape: Shape) -> tuple[Flight, str] | None:
        """Return a running generation that answers at `place`, and what it has to say first."""
        return self.flights.join(place, max_lines=shape.max_lines if _invoked(shape) else 1)

    async def hear(
        self, flight: Flight, typed: str, trigger: Trigger, watch: Stopwatch, trace: Trace
    ) -> Told:
        """Wait for what a flight says beyond `typed`.

        Raises:
            Exception: whatever the engine failed with.
        """
        allowed = self._limits(flight.shape, trigger, watch.elapsed_s)
        await flight.arrive(typed, allowed.first_line_s, allowed.deadline_s + PATIENCE_S)
        if flight.error is not None:
            raise flight.error
        trace.model = self.engine.capabilities.model
        return _told(flight, typed, trace)

    def ask(
        self,
        place: Place,
        shape: Shape,
        trigger: Trigger,
        watch: Stopwatch,
        drafts: tuple[str, ...] = (),
    ) -> Flight:
        """Start a generation at `place`; whatever runs in the background makes room.

        `drafts`: what may well be the rest of the line; they change the time it takes, no answer.
        """
        self.flights.cancel(background=True)
        self._stop_warming()
        allowed = self._limits(shape, trigger, watch.elapsed_s)
        with watch.stage("window"):
            request = self._request(
                place,
                shape,
                max_tokens=allowed.max_tokens,
                first_line_s=allowed.first_line_s,
                deadline_s=allowed.deadline_s,
            )
        request = replace(request, proposals=drafts)
        flight = Flight(place, shape, self.engine.infill(request))
        self.flights.start(flight)
        return flight

    def weigh(
        self,
        place: Place,
        proposals: tuple[str, ...],
        beginnings: tuple[str, ...],
        alternatives: int,
        deadline_s: float,
    ) -> Generation:
        """Let the engine weigh rests of the line: proposed, begun, and so many of its own.

        Half of the time over, it looks for no more of its own.
        """
        self._stop_warming()
        request = self._request(
            place,
            Shape(1, None, "line"),
            max_tokens=LINE_TOKENS,
            first_line_s=deadline_s / 2,
            deadline_s=deadline_s,
        )
        request = replace(
            request, proposals=proposals, beginnings=beginnings, alternatives=alternatives
        )
        return self.engine.infill(request)

    def patience_s(self, trigger: Trigger, watch: Stopwatch) -> float:
        """Return how long a line may still take from now."""
        return self._limits(Shape(1, None, "line"), trigger, watch.elapsed_s).first_line_s

    def tell(self, result: Generated, trace: Trace) -> None:
        """Write what an answer cost into a trace."""
        trace.model = self.engine.capabilities.model
        _cost(result.usage, trace)

    def prefetch(self, shown: Shown) -> None:
        """Compute what follows `shown` as if it were accepted, when nothing else is to be done."""
        place = shown.accepted_place
        if self._cache.get(place) is not None or self._has_background(place):
            return
        shape = next_lines(place, self._settings())
        if shape is None:
            return
        allowed = self._limits(shape, Trigger.AUTOMATIC, 0.0)
        self._stop_warming()
        request = self._request(
            place, shape, max_tokens=allowed.max_tokens, priority=Priority.BACKGROUND
        )
        flight = Flight(
            place,
            shape,
            self.engine.infill(request),
            background=True,
            origin=shown.place,
            assumed=shown.text,
        )
        self.flights.start(flight)

    def warm(self, place: Place) -> None:
        """Let the model read a prompt whose beginning has changed, while nobody waits for it."""
        if len(self.flights):
            return
        self._stop_warming()
        shape = Shape(1, None, "line")
        request = self._request(place, shape, max_tokens=1, priority=Priority.BACKGROUND)
        self._warming = self.engine.infill(request)

    def forget(self, uri: str) -> None:
        """A document was closed."""
        self.flights.cancel(uri)
        self._windows.forget(uri)

    def retire(self) -> None:
        """Another engine has taken over."""
        self._stop_warming()
        self.flights.cancel()

    async def close(self) -> None:
        self._stop_warming()
        await self.flights.close()

    def _request(
        self,
        place: Place,
        shape: Shape,
        *,
        max_tokens: int,
        first_line_s: float | None = None,
        deadline_s: float | None = None,
        priority: Priority = Priority.COMPLETION,
    ) -> InfillRequest:
        context = self._snippets(place.uri)
        total = self.engine.capabilities.prompt_budget_tokens
        left = total - sum(self._counts.of(snippet.text) for snippet in context)
        window = self._windows.cut(
            place, left, self._counts, remember=priority is Priority.COMPLETION
        )
        return InfillRequest(
            prefix=window.prefix,
            suffix=window.suffix,
            path=place.document.path,
            context=context,
            max_tokens=max_tokens,
            max_lines=shape.max_lines,
            min_indent=shape.min_indent,
            first_line_s=first_line_s,
            deadline_s=deadline_s,
            priority=priority,
        )

    def _limits(self, shape: Shape, trigger: Trigger, elapsed_s: float) -> Limits:
        return limits(
            shape,
            trigger,
            deadline_ms=self._settings().deadline_ms,
            elapsed_s=elapsed_s,
            speed=self.engine.speed(),
        )

    def _land(self, flight: Flight) -> None:
        """Trim an answer once, where it was asked for, and keep it and what was cut off."""
        result = flight.result
        assert result is not None
        place, complete = flight.place, result.finish in (Finish.END, Finish.STOP)
        flight.trimmed = trimmed = trim(
            result.text,
            complete=complete,
            document=place.document,
            offset=place.offset,
            shape=flight.shape,
        )
        invoked = _invoked(flight.shape)
        confidence = math.exp(min(0.0, result.mean_logprob))
        hit = Hit(trimmed.text, True, complete, invoked, flight.background, confidence)
        self._cache.put(place, hit)
        if trimmed.text and trimmed.remainder:
            n_replaced = len(replaced(trimmed.text, place.document, place.offset))
            rest = Hit(trimmed.remainder, False, complete, invoked, flight.background, confidence)
            self._cache.put(place.after(trimmed.text, n_replaced), rest)

    def _has_background(self, place: Place) -> bool:
        joined = self.flights.join(place, max_lines=1)
        return joined is not None

    def _stop_warming(self) -> None:
        if self._warming is not None:
            self._warming.cancel()
            self._warming = None


def next_lines(place: Place, settings: CompletionSettings) -> Shape | None:
    """Return the shape of what follows an accepted suggestion that has completed its line.

    The answer begins with a line break then. None if the line goes on after the cursor, or the
    user wants single lines.
    """
    if settings.multiline == "never" or place.tail.strip() or not place.head.strip():
        return None
    return Shape(1 + settings.max_lines, indent_of(place.head), "after-accept")


def _told(flight: Flight, typed: str, trace: Trace) -> Told:
    result, trimmed = flight.result, flight.trimmed
    if result is not None:
        _cost(result.usage, trace)
    if trimmed is None and not flight.cancelled:
        # Not landed: show the lines that are whole. The rest will be in the cache.
        lines, newline, _ = flight.generation.text.rpartition("\n")
        if not newline:
            return Told("", _LATE)
        place = flight.place
        trimmed = trim(
            lines,
            complete=False,
            document=place.document,
            offset=place.offset,
            shape=flight.shape,
        )
    if trimmed is None:
        return Told("", _SUPERSEDED)
    confidence = None if result is None else math.exp(min(0.0, result.mean_logprob))
    if trimmed.text.startswith(typed) and len(trimmed.text) > len(typed):
        return Told(trimmed.text[len(typed) :], "", confidence)
    if trimmed.dropped and not typed:
        return Told("", f"The model's answer is not shown: {trimmed.dropped}.")
    return Told("", _SUPERSEDED)


def _cost(usage: Usage, trace: Trace) -> None:
    trace.prompt_tokens = usage.prompt_tokens
    trace.evaluated_tokens = usage.evaluated_tokens
    trace.generated_tokens = usage.generated_tokens
    trace.drafted_tokens = usage.drafted_tokens
    trace.accepted_tokens = usage.accepted_tokens
    for stage in ("queue", "layout", "prefill", "decode"):
        trace.stages_ms[stage] = round(getattr(usage, f"{stage}_ms"), 3)


def _invoked(shape: Shape) -> bool:
    return shape.why == "invoked"
