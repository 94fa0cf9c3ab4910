"""The adapters that a process uses: read beside the event loop, told of from memory."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ownstack.app.learning.adapter_status import AdapterStatus, Subject, adapter_statuses
from ownstack.app.learning.window_projects import WindowProjects
from ownstack.engine.adapters import AdapterChoice, no_adapters
from ownstack.learning.adapters.record import AdapterRecord
from ownstack.learning.adapters.store import AdapterStore
from ownstack.models.gguf.base_key import base_key
from ownstack.models.roles import Role
from ownstack.models.toml_file import stamp
from ownstack.paths import Home

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Base:
    """A model's file as it was looked at."""

    stamp: tuple[int, ...]
    key: str = ""
    choice: AdapterChoice = no_adapters


@dataclass(frozen=True, slots=True)
class _Known:
    """What was read last."""

    reading: object = None
    records: tuple[AdapterRecord, ...] = ()
    files: Mapping[Path, AdapterRecord] = field(default_factory=dict)
    problems: Mapping[str, str] = field(default_factory=dict)
    bases: Mapping[Path, _Base] = field(default_factory=dict)


class Learned:
    """One for all windows. Nothing is read before somebody asks, or `refresh` is called."""

    def __init__(self, home: Home) -> None:
        self.store = AdapterStore(home)
        self._known = _Known()
        self._asked: set[Path] = set()
        """Models whose adapters somebody asked for."""
        self._reading: asyncio.Task[None] | None = None
        self._changed: Callable[[], None] = lambda: None

    def choice_for(self, base: Path) -> AdapterChoice:
        """See `AdapterStore.choice_for`. Reads files (blocking)."""
        self._asked.add(base)
        return self.store.choice_for(base)

    def refresh(self, changed: Callable[[], None]) -> None:
        """See in a thread whether something has changed; `changed` is called if it has."""
        self._changed = changed
        if self._reading is None or self._reading.done():
            self._reading = asyncio.ensure_future(self._refresh())

    async def refreshed(self) -> None:
        """Wait until what is on the disk now is known."""
        if self._reading is not None:
            await asyncio.wait({self._reading})
        await self._refresh()

    def statuses(
        self, base: Path | None, name: str, role: Role, projects: WindowProjects
    ) -> tuple[AdapterStatus, ...]:
        """Return what a window is told of the adapters of a model, as far as it is known.

        `base` is None for a model that runs elsewhere. A model that was not asked for before is
        looked at with the next refresh.
        """
        if base is None:
            return ()
        self._asked.add(base)
        known = self._known
        found = known.bases.get(base)
        if found is None:
            return ()

        def serving(project: str) -> list[AdapterRecord]:
            adapters = found.choice(role, project)
            return [known.files[one.path] for one in adapters if one.path in known.files]

        here = {one.id: one for project in projects.usable or ("",) for one in serving(project)}
        return adapter_statuses(
            Subject(role, found.key, name, projects.usable, projects.untrusted),
            known.records,
            tuple(here.values()),
            known.problems,
            lambda record: record in serving(record.project),
        )

    async def _refresh(self) -> None:
        before = self._known
        try:
            self._known = await asyncio.to_thread(self._read, before, frozenset(self._asked))
        except Exception:
            log.exception("What was learned cannot be read.")
            return
        if self._known is not before:
            self._changed()

    def _read(self, before: _Known, asked: frozenset[Path]) -> _Known:
        """Return what is there now, or what was read before if nothing is new."""
        self.store.refresh()
        reading, records = self.store.reading, tuple(self.store.all())
        bases = {path: _looked_at(path, before, self.store) for path in asked} if records else {}
        if reading is before.reading and bases == before.bases:
            return before
        files = {self.store.file(record.id): record for record in records}
        return _Known(reading, records, files, self.store.problems(), bases)


def _looked_at(path: Path, before: _Known, store: AdapterStore) -> _Base:
    now, known = stamp(path), before.bases.get(path)
    if known is not None and known.stamp == now:
        return known
    try:
        return _Base(now, base_key(path), store.choice_for(path))
    except OSError as error:
        log.info("No adapters serve with %s: %s", path, error)
        return _Base(now)
