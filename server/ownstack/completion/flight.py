"""Running generations, and who may still use them.

A new key does not end the work for the one before: as long as what is typed agrees with what
the model writes, everybody waits for the same generation. Only divergence ends it, whether or
not anybody still waits; what lands unwanted goes to the cache.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from ownstack.completion.place import Place, agrees, possible_cursors, typed_since
from ownstack.completion.shape import Shape
from ownstack.completion.trim import Trimmed
from ownstack.document import Document
from ownstack.engine.generation import Generation
from ownstack.engine.protocol import Finish, Generated


@dataclass(eq=False)
class Flight:
    """One generation, asked for at `place`."""

    place: Place
    shape: Shape
    generation: Generation
    background: bool = False
    origin: Place | None = None
    """Of a prefetch: where `assumed` is being shown. `place` is what comes after accepting it."""
    assumed: str = ""
    landed: asyncio.Event = field(default_factory=asyncio.Event)
    result: Generated | None = None
    error: Exception | None = None
    trimmed: Trimmed | None = None

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
    def has_line(self) -> bool:
        return "\n" in self.generation.text.lstrip("\n")

    async def arrive(self, typed: str, first_line_s: float, patience_s: float) -> None:
        """Wait for the landing; once `first_line_s` are over, for the first line only.

        Returns early when the text contradicts `typed`, and when `patience_s` are over. Being
        cancelled here leaves the generation running.
        """

        def wrong(text: str) -> bool:
            return not self._says(typed)

        def enough(text: str) -> bool:
            return wrong(text) or self._line_beyond(typed)

        if not await _within(self.generation.wait(wrong), first_line_s):
            await _within(self.generation.wait(enough), max(0.0, patience_s - first_line_s))
        if self.generation.done:
            await self.landed.wait()

    def _says(self, typed: str) -> bool:
        text = self.generation.text
        # The indentation of a suggestion is mended later, so it is no contradiction here.
        return agrees(text, typed) or agrees(text.lstrip(" \t"), typed.lstrip(" \t"))

    def _line_beyond(self, typed: str) -> bool:
        text = self.generation.text
        return len(text) > len(typed) and "\n" in text[len(typed) :].lstrip("\n")


class Flights:
    """Those of one window."""

    def __init__(self, landed: Callable[[Flight], None]) -> None:
        """`landed` is called once for each flight that ended with a result, before its waiters."""
        self._landed = landed
        self._flights: list[Flight] = []
        self._tasks: set[asyncio.Task[None]] = set()

    def __len__(self) -> int:
        return len(self._flights)

    def start(self, flight: Flight) -> None:
        """Follow a flight until it lands."""
        self._flights.append(flight)
        task = asyncio.ensure_future(self._follow(flight))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def join(self, place: Place, *, max_lines: int) -> tuple[Flight, str] | None:
        """Return a flight that answers at `place`, and what was typed since it was asked.

        It must be meant for at least `max_lines`. A prefetch is joined only once its first line
        is there, since anything may hold it up; before that, asking anew is safer.
        """
        for flight in reversed(self._flights):
            if flight.cancelled or flight.shape.max_lines < max_lines:
                continue
            typed = flight.typed_at(place)
            if typed is None:
                continue
            if flight.background and not flight.has_line and not flight.generation.done:
                flight.generation.cancel()
                continue
            return flight, typed
        return None

    def asked(self, place: Place) -> None:
        """Cancel what nobody at `place` can use: there is one cursor, and it is here now."""
        for flight in list(self._flights):
            if not flight.alive(place):
                flight.generation.cancel()

    def changed(self, document: Document) -> None:
        """Cancel what contradicts the new text, wherever in it the cursor may be."""
        for flight in list(self._flights):
            bases = [flight.place] if flight.origin is None else [flight.place, flight.origin]
            if flight.place.uri == document.uri and not any(
                flight.alive(cursor)
                for base in bases
                for cursor in possible_cursors(base, document)
            ):
                flight.generation.cancel()

    def cancel(self, uri: str | None = None, *, background: bool = False) -> None:
        """Cancel all, or those of one document, or only the prefetches."""
        for flight in list(self._flights):
            if uri in (None, flight.place.uri) and (flight.background or not background):
                flight.generation.cancel()

    async def close(self) -> None:
        """Cancel all and wait until each has ended."""
        self.cancel()
        if self._tasks:
            await asyncio.wait(set(self._tasks))

    async def _follow(self, flight: Flight) -> None:
        try:
            flight.result = await flight.generation.result()
            if flight.result.finish is not Finish.CANCELLED:
                self._landed(flight)
        except Exception as error:  # handed to whoever waits, and named there
            flight.error = error
        finally:
            self._flights.remove(flight)
            flight.landed.set()


async def _within(wait: object, timeout_s: float) -> bool:
    """Wait for a coroutine, at most `timeout_s`; say whether it ended in time."""
    task = asyncio.ensure_future(wait)  # type: ignore[call-overload]
    try:
        done, _ = await asyncio.wait({task}, timeout=timeout_s)
        if done:
            # An error is the flight's too, and is looked at there.
            task.exception()
        return bool(done)
    finally:
        task.cancel()
