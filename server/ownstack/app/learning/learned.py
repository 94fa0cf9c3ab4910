"""The adapters that a process uses: read beside the event loop, told of from memory."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from ownstack.app.learning.adapter_status import AdapterStatus, Subject, adapter_statuses
from ownstack.app.learning.window_projects import WindowProjects
from ownstack.engine.adapters import AdapterChoice
from ownstack.learning.adapters.record import AdapterRecord
from ownstack.learning.adapters.snapshot import Snapshot
from ownstack.learning.adapters.store import AdapterStore
from ownstack.models.gguf.base_key import base_key
from ownstack.models.roles import Role
from ownstack.models.toml_file import stamp
from ownstack.paths import Home

log = logging.getLogger(__name__)

OFF = "It is turned down to nothing: its scale is 0."
NOTHING_REFUSED: Mapping[Path, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class _Base:
    """A model's file as it was looked at."""

    stamp: tuple[int, ...]
    key: str = ""


@dataclass(frozen=True, slots=True)
class _Known:
    """What was read last."""

    snapshot: Snapshot = field(default_factory=Snapshot)
    records: tuple[AdapterRecord, ...] = ()
    problems: Mapping[str, str] = field(default_factory=dict)
    """Adapter → why it does not serve, in a sentence."""
    bases: Mapping[Path, _Base] = field(default_factory=dict)


class Learned:
    """One for all windows. Nothing is read before somebody asks, or `refresh` is called."""

    def __init__(self, home: Home) -> None:
        self.store = AdapterStore(home)
        self._known = _Known()
        self._asked: set[Path] = set()
        """Models whose adapters somebody asked for."""
        self._refused: Mapping[Path, str] = NOTHING_REFUSED
        self._noted: dict[Path, str] = {}
        """What the store was told of them."""
        self._reading: asyncio.Task[None] | None = None
        self._changed: Callable[[], None] = lambda: None

    def choice_for(self, base: Path) -> AdapterChoice:
        """See `AdapterStore.choice_for`. Reads files (blocking)."""
        self._asked.add(base)
        return self.store.choice_for(base)

    def refresh(
        self, changed: Callable[[], None], refused: Mapping[Path, str] = NOTHING_REFUSED
    ) -> None:
        """See in a thread whether something has changed; `changed` is called if it has.

        `refused`: files of adapters that engines could not use, and why.
        """
        self._changed, self._refused = changed, refused
        if self._reading is None or self._reading.done():
            self._reading = asyncio.ensure_future(self._refresh())

    def look(self, bases: Iterable[Path]) -> None:
        """Read what is on the disk now, of these models too (blocking)."""
        self._asked.update(bases)
        self._known = self._read(self._known, frozenset(self._asked))

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
            scales = known.snapshot.serving.scales
            chosen = known.snapshot.chosen(found.key, role, project)
            return [record for record in chosen if scales.get(record.id) != 0]

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
        for file, why in self._refused.items():
            if self._noted.get(file) != why:
                self._noted[file] = why
                self.store.refuse(file, why)
        snapshot = self.store.snapshot
        records = {**snapshot.shipped.records, **snapshot.own.records}
        bases = {path: _looked_at(path, before) for path in asked} if records else {}
        if snapshot is before.snapshot and bases == before.bases:
            return before
        off = {one: OFF for one, scale in snapshot.serving.scales.items() if not scale}
        return _Known(snapshot, tuple(records.values()), {**off, **snapshot.problems}, bases)


def _looked_at(path: Path, before: _Known) -> _Base:
    now, known = stamp(path), before.bases.get(path)
    if known is not None and known.stamp == now:
        return known
    try:
        return _Base(now, base_key(path))
    except OSError as error:
        log.info("No adapters serve with %s: %s", path, error)
        return _Base(now)
