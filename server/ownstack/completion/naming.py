"""Names that the project knows at a cursor, looked up beside the event loop: no key waits."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ownstack.completion.arguments import Arguments
from ownstack.completion.gate import is_excluded
from ownstack.completion.place import Place
from ownstack.document import Document
from ownstack.settings import CompletionSettings

if TYPE_CHECKING:
    from ownstack.index.snapshot import Snapshot

log = logging.getLogger(__name__)

PATIENCE_S = 0.02
"""A look-up takes 0.3 ms at the median, 2 ms in 19 of 20, and goes on beside echo; on a busy
machine a thread waits for its turn. The first for a project takes far longer (`warm`)."""
MAX_BEGUN = 4
"""So many names the network goes on with."""
_WHITE = re.compile(r"\s+")
_CALLS: Mapping[Arguments, str] = {"any": "(", "none": "()", "some": "(*"}
_REST_OF_NAME = re.compile(r"[\w$]*")


@dataclass(frozen=True, slots=True)
class Known:
    """The names that may stand at a cursor, each without what is typed of it."""

    names: tuple[str, ...] = ()
    """Imported ones first, then those used most."""
    calls: Mapping[str, Arguments] = field(default_factory=dict)
    """What those that are functions must be given."""
    declared: frozenset[str] = frozenset()
    """How their declarations go on, without white space and what opens a body."""
    complete: bool = False
    """These are the members of what is written in, imported from or stands before the dot:
    the name is one of them at nine such cursors in ten (`mix.INSIDE`)."""

    @property
    def begun(self) -> tuple[str, ...]:
        """What is worth going on with: names, those of functions with the bracket of a call."""
        return tuple(
            name + _CALLS[self.calls[name]] if name in self.calls else name
            for name in self.names[:MAX_BEGUN]
        )

    def declares(self, text: str) -> bool:
        """Say whether a rest of a line declares a function here, where it could only be used."""
        return bool(self.declared) and bare(text) in self.declared

    def holds(self, text: str) -> bool:
        """Say whether a rest of a line begins with one of the names, and with no longer one."""
        return _REST_OF_NAME.match(text)[0] in self.names  # type: ignore[index]


NOTHING = Known()


def bare(declaration: str) -> str:
    """Return a declaration without white space and what opens a body."""
    return _WHITE.sub("", declaration).rstrip(":{;=>")


class Naming:
    """One window's look-ups, one at a time: a key that comes during a long one goes without."""

    def __init__(
        self,
        index: Callable[[str], Snapshot | None],
        settings: Callable[[], CompletionSettings],
    ) -> None:
        """`index`: what is known of the project that a document belongs to."""
        self._index = index
        self._settings = settings
        self._task: asyncio.Task[Known] | None = None
        self._place: Place | None = None
        self._warmed: set[str] = set()

    def warm(self, document: Document) -> None:
        """Let a document that is opened pay for the tables that look-ups in its project need."""
        if document.uri not in self._warmed and self._index(document.uri) is not None:
            self._warmed.add(document.uri)
            self.begin(Place(document, 0))

    def begin(self, place: Place) -> None:
        """Look up what the index knows at a place, if no other look-up is under way."""
        if self._task is not None and not self._task.done():
            return
        self._task, self._place = None, place
        snapshot = self._index(place.uri)
        if snapshot is not None:
            self._task = asyncio.ensure_future(asyncio.to_thread(self._look_up, snapshot, place))

    async def names(self, place: Place) -> Known:
        """Return what was found for a place; nothing if that is not known yet, or failed."""
        task = self._task
        if task is None or self._place is not place:
            return NOTHING
        await asyncio.wait({task}, timeout=PATIENCE_S)
        return task.result() if task.done() else NOTHING

    def _look_up(self, snapshot: Snapshot, place: Place) -> Known:
        # Not before it is needed: the index brings its own tables.
        from ownstack.completion.known import names_known

        settings = self._settings()
        try:
            return names_known(
                snapshot, place.document, place.offset, lambda path: is_excluded(path, settings)
            )
        except Exception:
            log.exception("Names of the project could not be looked up; completion goes on.")
            return NOTHING
