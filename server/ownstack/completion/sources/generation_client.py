"""The model's part: what it is asked, and what becomes of its answers.

A prompt has several widths (`widths.py`). A request carries all of them, and the engine takes the
widest that it has read as good as whole; after an answer, while nobody waits, it reads on.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from ownstack.completion.cache import Cache, CachedText
from ownstack.completion.context.growth import Growth
from ownstack.completion.context.prompts import Prompts
from ownstack.completion.deadline import LINE_TOKENS, MAX_TOKENS, Limits, limits
from ownstack.completion.echo.scoring import ScoredCandidate
from ownstack.completion.environment import Environment
from ownstack.completion.extent import Extent, next_lines
from ownstack.completion.feedback.displayed import DisplayedSuggestion
from ownstack.completion.feedback.traces import Stopwatch, note_usage
from ownstack.completion.line_chance import LineChance
from ownstack.completion.place import Place
from ownstack.completion.postprocess.trim import (
    BROKEN,
    CUT,
    EMPTY,
    UNFINISHED,
    Trimmed,
    replaced,
    trim,
)
from ownstack.completion.sources.in_flight import InFlightRequest, InFlightRequests
from ownstack.completion.sources.line_weigher import LineWeigher
from ownstack.completion.sources.weighing import WeighedLine
from ownstack.completion.suggestion import Trace, Trigger
from ownstack.engine.protocol import Engine
from ownstack.engine.requests import Priority, Snippet
from ownstack.engine.results import Finish

PATIENCE_S = 0.25
"""An engine that has not kept its deadline by then is not waited for."""

_UNPROVEN = (CUT, UNFINISHED, BROKEN, EMPTY)
"""What is said of an answer that may have been broken off, and is no verdict then."""
SUPERSEDED = "Something else was typed before the answer was there."
_LATE = "The model was too slow this time; what it still finds is kept for the next key."


@dataclass(frozen=True, slots=True)
class ModelReply:
    """What the model says at a place, or why it says nothing."""

    text: str
    reason: str = ""
    chance: LineChance | None = None
    """Of the first line of it; None if nothing tells of it, or it is still being written."""
    unfinished: bool = False
    """It says something that needs more lines."""
    lines: Sequence[WeighedLine] = ()
    """The model's line and echo's, the best first, where they were weighed and nothing of them is
    typed."""


class GenerationClient:
    """Has one engine write for one window. Its answers go into the cache, wanted or not."""

    def __init__(
        self,
        engine: Engine,
        environment: Environment,
        cache: Cache,
        snippets: Callable[[str], tuple[Snippet, ...]],
        kept: Callable[[Place], None] = lambda place: None,
    ) -> None:
        """`snippets`: text of other files for a document, as it was gathered last.

        `kept` hears that the cache has an answer at a place.
        """
        self.engine = engine
        self._kept = kept
        self._cache = cache
        self._settings = environment.settings
        self._prompts = Prompts(engine, snippets, environment.clock, environment.project)
        self._weigher = LineWeigher(engine.capabilities)
        self.running = InFlightRequests(self._keep)
        self._growth = Growth(
            engine, self._prompts, lambda: len(self.running) > 0, environment.later
        )

    def context_budget(self) -> tuple[int, Callable[[str], int]]:
        """Return how many tokens the context may take, and what counts them."""
        return self._prompts.context_budget()

    def joinable(self, place: Place, extent: Extent) -> tuple[InFlightRequest, str] | None:
        """Return a running generation that answers at `place`, and what it has to say first."""
        return self.running.join(place, max_lines=extent.max_lines if _invoked(extent) else 1)

    async def wait_for(
        self,
        in_flight: InFlightRequest,
        typed: str,
        trigger: Trigger,
        watch: Stopwatch,
        trace: Trace,
    ) -> ModelReply:
        """Wait for what the model says beyond `typed`.

        Raises:
            Exception: whatever the engine failed with.
        """
        allowed = self._limits(in_flight.extent, trigger, watch.elapsed_s)
        await in_flight.wait(typed, allowed.first_line_s, allowed.deadline_s + PATIENCE_S)
        if in_flight.error is not None:
            raise in_flight.error
        trace.model = self.engine.capabilities.model
        return _reply(in_flight, typed, trace)

    def generate(
        self,
        place: Place,
        extent: Extent,
        trigger: Trigger,
        watch: Stopwatch,
        echoed: Sequence[ScoredCandidate] = (),
    ) -> InFlightRequest:
        """Start a generation at `place`; whatever runs in the background makes room.

        `echoed`: what echo came upon there, the likeliest first. The model checks whether it is
        what it would write, which saves time, and one line of it is weighed against its own.
        """
        self.running.cancel(background=True)
        self._growth.stop()
        allowed = self._limits(extent, trigger, watch.elapsed_s)
        # Of a block the lines that are there are shown then, and the others are written still.
        ends_with_line = extent.max_lines == 1
        with watch.stage("window"):
            request = self._prompts.request(
                place,
                extent,
                max_tokens=allowed.max_tokens,
                first_line_s=allowed.first_line_s if ends_with_line else None,
                deadline_s=allowed.deadline_s,
            )
        weighing = self._weigher.beside(place, echoed) if extent.max_lines == 1 else None
        if weighing is not None:
            rivals = weighing.candidates
            request = replace(request, drafts=rivals, candidates=rivals)
        in_flight = InFlightRequest(
            place,
            extent,
            self.engine.infill(request),
            deadline_s=allowed.deadline_s,
            weighing=weighing,
        )
        self.running.start(in_flight)
        return in_flight

    def prefetch(self, displayed: DisplayedSuggestion) -> None:
        """Compute what follows `displayed` as if it were accepted, if nothing else runs."""
        place = displayed.accepted_place
        if self._cache.get(place) is not None or self._has_background(place):
            return
        extent = next_lines(place, self._settings())
        if extent is None:
            return
        allowed = self._limits(extent, Trigger.AUTOMATIC, 0.0)
        self._growth.stop()
        request = self._prompts.request(
            place, extent, max_tokens=allowed.max_tokens, priority=Priority.BACKGROUND
        )
        in_flight = InFlightRequest(
            place,
            extent,
            self.engine.infill(request),
            background=True,
            origin=displayed.place,
            assumed=displayed.text,
        )
        self.running.start(in_flight)

    def rest(self, place: Place) -> None:
        """Note that `place` was answered: the model may read on around it (`Growth.rest`)."""
        self._growth.rest(place)

    def forget(self, uri: str) -> None:
        """Forget a document that was closed."""
        self.running.cancel(uri)
        self._prompts.forget(uri)
        self._growth.forget(uri)

    def retire(self) -> None:
        """End all work: another engine has taken over."""
        self._growth.stop()
        self.running.cancel()

    async def close(self) -> None:
        """End all work, and wait until it has ended."""
        self._growth.stop()
        await self.running.close()

    def _limits(self, extent: Extent, trigger: Trigger, elapsed_s: float) -> Limits:
        return limits(
            extent,
            trigger,
            deadline_ms=self._settings().deadline_ms,
            elapsed_s=elapsed_s,
            speed=self.engine.speed(),
        )

    def _keep(self, in_flight: InFlightRequest) -> None:
        """Trim an answer once, where it was asked for, and keep it and what was cut off."""
        result = in_flight.result
        assert result is not None
        place, complete = in_flight.place, result.finish in (Finish.END, Finish.STOP)
        in_flight.trimmed = trimmed = trim(
            result.text,
            complete=complete,
            document=place.document,
            offset=place.offset,
            extent=in_flight.extent,
            cut=in_flight.cut,
        )
        if result.finish in (Finish.LENGTH, Finish.DEADLINE) and trimmed.dropped in _UNPROVEN:
            in_flight.trimmed = Trimmed("", "", CUT)
            self._finish_later(in_flight)
        invoked = _invoked(in_flight.extent)
        if in_flight.weighing is not None:
            in_flight.lines = in_flight.weighing.lines(result)
            chance = next((line.chance for line in in_flight.lines if line.written), None)
        else:
            chance = self._weigher.alone(result)
        if chance is not None and trimmed.text:
            chance = chance.moved(_blanks(trimmed.text) - _blanks(result.text))
        in_flight.chance = chance
        adapters, ahead = result.usage.adapters, in_flight.background
        cached = CachedText(trimmed.text, True, complete, invoked, ahead, chance, adapters)
        self._cache.put(place, cached)
        if trimmed.text and trimmed.remainder:
            n_replaced = len(replaced(trimmed.text, place.document, place.offset))
            rest = CachedText(trimmed.remainder, False, complete, invoked, ahead, adapters=adapters)
            self._cache.put(place.after(trimmed.text, n_replaced), rest)
        self._kept(place)

    def _finish_later(self, in_flight: InFlightRequest) -> None:
        """Let an answer that came too late be written to its end, for the next key."""
        if in_flight.background:
            return
        max_tokens = min(MAX_TOKENS, LINE_TOKENS * in_flight.extent.max_lines)
        request = self._prompts.request(
            in_flight.place, in_flight.extent, max_tokens=max_tokens, priority=Priority.BACKGROUND
        )
        again = InFlightRequest(
            in_flight.place, in_flight.extent, self.engine.infill(request), background=True
        )
        self.running.start(again)

    def _has_background(self, place: Place) -> bool:
        joined = self.running.join(place, max_lines=1)
        return joined is not None


def _reply(in_flight: InFlightRequest, typed: str, trace: Trace) -> ModelReply:
    result, trimmed = in_flight.result, in_flight.trimmed
    if result is not None:
        note_usage(result.usage, trace)
    if trimmed is None and not in_flight.cancelled:
        # Not ended: show the lines that are whole. The rest will be in the cache.
        lines, newline, _ = in_flight.generation.text.rpartition("\n")
        if not newline:
            trace.late = True
            return ModelReply("", _LATE)
        place = in_flight.place
        trimmed = trim(
            lines,
            complete=False,
            document=place.document,
            offset=place.offset,
            extent=in_flight.extent,
        )
    if trimmed is None:
        return ModelReply("", SUPERSEDED)
    weighed = () if typed else in_flight.lines
    if trimmed.text.startswith(typed) and len(trimmed.text) > len(typed):
        chance = None if in_flight.chance is None else in_flight.chance.after(len(typed))
        return ModelReply(trimmed.text[len(typed) :], "", chance, lines=weighed)
    if trimmed.dropped == CUT:
        return ModelReply("", _LATE)
    if trimmed.dropped and not typed:
        reason = f"The model's answer is not shown: {trimmed.dropped}."
        return ModelReply("", reason, unfinished=trimmed.dropped == UNFINISHED, lines=weighed)
    return ModelReply("", SUPERSEDED)


def _blanks(text: str) -> int:
    """Return how many characters a text begins with that are mended to fit the cursor."""
    return len(text) - len(text.lstrip())


def _invoked(extent: Extent) -> bool:
    return extent.why == "invoked"
