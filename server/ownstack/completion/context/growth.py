"""A prompt grows while nobody waits: the engine reads its wider forms in the background."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from ownstack.completion.context.prompts import Prompts
from ownstack.completion.place import Place
from ownstack.concurrency import CallLater, Delay
from ownstack.engine.generation import Generation
from ownstack.engine.protocol import Infiller
from ownstack.engine.results import Finish

log = logging.getLogger(__name__)

GROW_AFTER_S = 0.3
"""Without a request for this long, the model reads more of what is around the cursor."""


class Growth:
    """Has one engine read ahead for one window; what was read before it is stopped stays read."""

    def __init__(
        self, engine: Infiller, prompts: Prompts, is_busy: Callable[[], bool], later: CallLater
    ) -> None:
        """`is_busy`: an answer is still being written."""
        self._engine = engine
        self._prompts = prompts
        self._is_busy = is_busy
        self._place: Place | None = None
        self._soon = Delay(self._begin, later)
        self._task: asyncio.Task[None] | None = None
        self._reading: Generation | None = None

    def rest(self, place: Place) -> None:
        """Note that `place` was answered: soon more is read around it, if nobody asks.

        Somebody who types along with a suggestion may call it at every key; it goes on meanwhile.
        """
        self._place = place
        if self._task is None and not self._soon.pending:
            self._soon.start(GROW_AFTER_S)

    def stop(self) -> None:
        """End the reading: somebody waits now."""
        self._soon.cancel()
        if self._reading is not None:
            self._reading.cancel()
            self._reading = None
        if self._task is not None:
            self._task.cancel()
            self._task = None

    def forget(self, uri: str) -> None:
        """Forget a document that was closed."""
        if self._place is not None and self._place.uri == uri:
            self._place = None
            self.stop()

    def _begin(self) -> None:
        place = self._place
        if place is None:
            return
        if self._is_busy():
            self.rest(place)
            return
        self._task = task = asyncio.ensure_future(self._read(place))
        task.add_done_callback(self._end)

    def _end(self, task: asyncio.Task[None]) -> None:
        if self._task is task:
            self._task = self._reading = None

    async def _read(self, place: Place) -> None:
        """Read each wider form; the engine skips those that it has read in a wider one."""
        try:
            for request in self._prompts.unread(place):
                self._reading = reading = self._engine.infill(request)
                if (await reading.result()).finish is Finish.CANCELLED:
                    return
        except Exception as error:
            log.warning("The text around the cursor was not read ahead: %s", error)
