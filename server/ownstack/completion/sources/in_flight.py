"""Running generations, and who may still use them.

A new key does not end the work for the one before: as long as what is typed agrees with what
the model writes, everybody waits for the same generation. Only divergence ends it, whether or
not anybody still waits; what ends unwanted goes to the cache.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from ownstack.completion.extent import Extent
from ownstack.completion.line_chance import LineChance
from ownstack.completion.place import Place, agrees, possible_cursors, typed_since
from ownstack.completion.postprocess.trim import Trimmed
from ownstack.completion.sources.line_weigher import Weighing
from ownstack.completion.sources.weighing import WeighedLine
from ownstack.concurrency import Tasks, within
from ownstack.document import Document
from ownstack.engine.generation import Generation
from ownstack.engine.results import Finish, Generated

_ROUNDING_MS = 5.0


@dataclass(eq=False)
class InFlightRequest:
    """One generation that is running, asked for at `place`."""

    place: Place
    extent: Extent
    generation: Generation
    background: bool = False
    origin: Place | None = None
    """Of a prefetch: where `assumed` is being shown. `place` is what comes after accepting it."""
    assumed: str = ""
    deadline_s: float | None = None
    """Seconds after which the answer ends wherever it is."""
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    result: Generated | None = None
    error: Exception | None = None
    trimmed: Trimmed | None = None
    weighing: Weighing | None = None
    """What the answer is weighed against; None: nothing else was looked for."""
    lines: Sequence[WeighedLine] = ()
    """The answer's line and echo's, once it has ended, the best first."""
    chance: LineChance | None = None
    """Of the answer's first line, once it has ended; None if nothing tells of it."""

    def typed_at(self, place: Place) -> str | None:
        """Return what was typed at `place` since this was asked, None if it contradicts.

        A prefetch whose assumption has not come true yet is no contradiction; it gives None
        here but is `alive`.
        """
        typed = typed_since(self.place, place)
        if typed is None and self.origin is not None:
            whole = typed_since(self.origin, place)
            if whole is not None and whole.startswith(self.assumed):
                typed = whole[len(self.assumed) :]
        return typed if typed is not None and self._says(typed) else None

    def alive(self, place: Place) -> bool:
        """Say whether somebody at `place` may still come to use this."""
        if self.typed_at(place) is not None:
            return True
        if self.origin is None:
            return False
        typed = typed_since(self.origin, place)
        return typed is not None and self.assumed.startswith(typed)

    @property
    def cancelled(self) -> bool:
        return self.generation.cancelled

    @property
    def cut(self) -> bool:
        """Say whether the answer was broken off, most likely in the middle of a line.

        One that ends with the line it is in, as its time is over, has that line whole.
        """
        result = self.result
        if result is None or result.finish not in (Finish.LENGTH, Finish.DEADLINE):
            return False
        used = result.usage
        taken_ms = used.queue_ms + used.layout_ms + used.prefill_ms + used.decode_ms
        whole_s = self.deadline_s
        return result.finish is Finish.LENGTH or (
            whole_s is not None and taken_ms >= 1e3 * whole_s - _ROUNDING_MS
        )

    @property
    def has_line(self) -> bool:
        return "\n" in self.generation.text.lstrip("\n")

    async def wait(self, typed: str, first_line_s: float, patience_s: float) -> None:
        """Wait for the end; once `first_line_s` are over, for the first line only.

        Returns early when the text contradicts `typed`, and when `patience_s` are over. Being
        cancelled here leaves the generation running.
        """

        def wrong(text: str) -> bool:
            return not self._says(typed)

        def enough(text: str) -> bool:
            return wrong(text) or self._line_beyond(typed)

        done = await within(first_line_s, self.generation.wait(wrong))
        if done is None:
            left_s = max(0.0, patience_s - first_line_s)
            done = await within(left_s, self.generation.wait(enough))
        if done is not None:
            # The request has the error, too, and it is looked at there.
            done.exception()
        if self.generation.done:
            await self.ended.wait()

    def _says(self, typed: str) -> bool:
        text = self.generation.text
        # The indentation of a suggestion is mended later, so it is no contradiction here.
        return agrees(text, typed) or agrees(text.lstrip(" \t"), typed.lstrip(" \t"))

    def _line_beyond(self, typed: str) -> bool:
        text = self.generation.text
        return len(text) > len(typed) and "\n" in text[len(typed) :].lstrip("\n")


class InFlightRequests:
    """Requests of one window that a model is answering."""

    def __init__(self, ended: Callable[[InFlightRequest], None]) -> None:
        """`ended` is called once for each request that ended with a result, before its waiters."""
        self._ended = ended
        self._running: list[InFlightRequest] = []
        self._tasks = Tasks("Following an answer")

    def __len__(self) -> int:
        return len(self._running)

    def start(self, in_flight: InFlightRequest) -> None:
        """Follow a request until it ends."""
        self._running.append(in_flight)
        self._tasks.start(self._follow(in_flight))

    def join(self, place: Place, *, max_lines: int) -> tuple[InFlightRequest, str] | None:
        """Return a request that answers at `place`, and what was typed since it was asked.

        It must be meant for at least `max_lines`. A prefetch is joined only once its first line
        is there, since anything may hold it up; before that, asking anew is safer.
        """
        for in_flight in reversed(self._running):
            if in_flight.cancelled or in_flight.extent.max_lines < max_lines:
                continue
            typed = in_flight.typed_at(place)
            if typed is None:
                continue
            if in_flight.background and not in_flight.has_line and not in_flight.generation.done:
                in_flight.generation.cancel()
                continue
            return in_flight, typed
        return None

    def moved(self, place: Place) -> None:
        """Cancel what nobody at `place` can use: there is one cursor, and it is here now."""
        for in_flight in list(self._running):
            if not in_flight.alive(place):
                in_flight.generation.cancel()

    def changed(self, document: Document) -> None:
        """Cancel what contradicts the new text, wherever in it the cursor may be."""
        for in_flight in list(self._running):
            bases = [base for base in (in_flight.place, in_flight.origin) if base is not None]
            if in_flight.place.uri == document.uri and not any(
                in_flight.alive(cursor)
                for base in bases
                for cursor in possible_cursors(base, document)
            ):
                in_flight.generation.cancel()

    def cancel(self, uri: str | None = None, *, background: bool = False) -> None:
        """Cancel all, or those of one document, or only the prefetches."""
        for in_flight in list(self._running):
            if uri in (None, in_flight.place.uri) and (in_flight.background or not background):
                in_flight.generation.cancel()

    async def close(self) -> None:
        """Cancel all and wait until each has ended."""
        self.cancel()
        await self._tasks.ended()

    async def _follow(self, in_flight: InFlightRequest) -> None:
        try:
            in_flight.result = await in_flight.generation.result()
            if in_flight.result.finish is not Finish.CANCELLED:
                self._ended(in_flight)
        except Exception as error:  # handed to whoever waits, and named there
            in_flight.error = error
        finally:
            self._running.remove(in_flight)
            in_flight.ended.set()
