"""Training beside windows: it rests while somebody types in one, and begins by night if wanted."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from ownstack.learning.schedule.nightly import Nightly, NightlyOptions
from ownstack.learning.schedule.pausing import Pausing
from ownstack.paths import Home
from ownstack.settings import LearningSettings

log = logging.getLogger(__name__)

NIGHTLY_POLL_S = 60.0


class Training:
    """What a process does about it, which trains nothing itself. All runs on the event loop."""

    def __init__(
        self,
        home: Home,
        *,
        clock: Callable[[], float] = time.monotonic,
        pausing: Pausing | None = None,
        nightly: Nightly | None = None,
    ) -> None:
        self._pausing = pausing or Pausing(home)
        self._nightly = nightly or Nightly(home)
        self._clock = clock
        self._typed_s = self._asked_s = clock()
        self._settings = LearningSettings()
        self._asking: asyncio.Task[None] | None = None
        self.why_not = ""
        """Why it was not begun by night when that was thought about last."""

    def use_settings(self, settings: LearningSettings) -> None:
        self._settings = settings
        self._pausing.quiet_s = 60.0 * settings.while_idle_minutes

    def typed(self) -> None:
        """Hear of a key in any window: whoever trains gives way at once."""
        self._typed_s = self._clock()
        self._pausing.typed()

    def look(self, folders: Sequence[Path]) -> None:
        """Let training go on where it was quiet for long; think about a night's now and then.

        Called every few seconds. `folders`: those of windows that may be learned from.
        """
        self._pausing.refresh()
        now_s = self._clock()
        due = now_s - self._asked_s >= NIGHTLY_POLL_S
        if self._settings.enabled and due and (self._asking is None or self._asking.done()):
            self._asked_s = now_s
            self._asking = asyncio.ensure_future(self._ask(tuple(folders), now_s - self._typed_s))

    def close(self) -> None:
        """Hold nothing back any more."""
        if self._asking is not None:
            self._asking.cancel()
        self._pausing.close()

    async def _ask(self, folders: Sequence[Path], idle_s: float) -> None:
        options = NightlyOptions(self._settings.only_on_mains, self._settings.minutes)
        try:
            said = await asyncio.to_thread(self._nightly.look, folders, options, idle_s)
        except Exception:
            log.exception("It cannot be told whether to learn by night.")
            return
        if said != self.why_not:
            log.info("Learning by night: %s", said or "it begins.")
        self.why_not = said
