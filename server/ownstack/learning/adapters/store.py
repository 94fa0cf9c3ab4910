"""The adapters of this machine: what there is, which of them serve, and for which model.

Everything that is asked while somebody types is answered from one snapshot in memory; `refresh`
renews it when something on the disk has changed. Whoever changes what serves does so under a lock
that all processes share.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from ownstack.engine.adapters import Adapter, AdapterChoice, no_adapters
from ownstack.errors import LearningError, in_words
from ownstack.files.writing import write_whole
from ownstack.learning.adapters.correction import correction_of
from ownstack.learning.adapters.folder import (
    FILE,
    add_adapter,
    remove_adapter,
    stamp_of,
    write_record,
)
from ownstack.learning.adapters.record import AdapterRecord, Scope
from ownstack.learning.adapters.serving import Seat, Serving, checked_scale
from ownstack.learning.adapters.snapshot import SERVING, Reader, Snapshot
from ownstack.locking import FileLock
from ownstack.models.gguf.base_key import base_key
from ownstack.models.roles import Role
from ownstack.paths import Home, remove, set_aside, shipped_adapters

log = logging.getLogger(__name__)


class AdapterStore:
    """The adapters of one home, and those that come with the package. Any thread may ask.

    Nothing is read before the first question.
    """

    def __init__(self, home: Home, *, shipped: Path | None = None) -> None:
        self._home = home.adapters_folder
        self._folded = home.folded_adapters_folder
        self._lock = threading.RLock()
        self._reader = Reader(self._home, shipped or shipped_adapters())
        self._snapshot = Snapshot()

    def refresh(self) -> bool:
        """Read what is there anew if it has changed, and say whether it has.

        A few calls of `stat` if not; else files are read, and hashed once (blocking).
        """
        with self._lock:
            stamp = self._reader.stamp(self._snapshot)
            if stamp == self._snapshot.stamp:
                return False
            self._snapshot = self._reader.read()
            return True

    @property
    def snapshot(self) -> Snapshot:
        """What was read last; another object once something else was. Reads nothing."""
        return self._snapshot

    def all(self) -> list[AdapterRecord]:
        """Return every adapter that can be read, the oldest first; `problems` names the others."""
        snapshot = self._current()
        records = {**snapshot.shipped.records, **snapshot.own.records}
        return sorted(records.values(), key=lambda record: (record.created, record.id))

    def problems(self) -> dict[str, str]:
        """Return what cannot be read or served: its id, or a folder's name → why, in a sentence."""
        return dict(self._current().problems)

    def find(self, adapter: str) -> AdapterRecord:
        """Return an adapter by its id, the beginning of that if it is the only one, or its name.

        Raises:
            LearningError: there is none, or more than one.
        """
        records = self.all()
        found = [record for record in records if record.id == adapter]
        found = found or [record for record in records if record.name == adapter and adapter]
        found = found or [record for record in records if adapter and record.id.startswith(adapter)]
        hint = "See them: ownstack learn status"
        if not found:
            raise LearningError(f"There is no adapter {adapter!r}.", hint)
        if len(found) > 1:
            ids = ", ".join(record.id for record in found[-5:])
            raise LearningError(f"{adapter!r} is not one adapter, but several: {ids}.", hint)
        return found[0]

    def folder(self, adapter: str) -> Path:
        """Return the folder of an adapter.

        Raises:
            LearningError: there is none.
        """
        folder = self._current().folder(adapter)
        if folder is None:
            raise LearningError(f"There is no adapter {adapter!r}.", "See: ownstack learn status")
        return folder

    def file(self, adapter: str) -> Path:
        """Return the GGUF file of an adapter. Raises as `folder` does."""
        return self.folder(adapter) / FILE

    def is_shipped(self, adapter: str) -> bool:
        return adapter in self._current().shipped.records and not self._is_own(adapter)

    def add(self, record: AdapterRecord, gguf_file: Path) -> AdapterRecord:
        """Keep an adapter, and return its record; without an id or hash it is given those.

        It does not serve before it is told to (`use`). What is there already is not copied again.

        Raises:
            LearningError: it cannot be kept; then nothing is left of it.
        """
        with self._writing():
            return add_adapter(self._home, record, gguf_file)

    def put(self, record: AdapterRecord) -> AdapterRecord:
        """Write an own adapter's record anew: its standing, what was measured.

        Raises:
            LearningError: there is no such adapter, its file is another one, or it cannot be kept.
        """
        with self._writing():
            known = self._own(record.id)
            if known.sha256 != record.sha256:
                raise LearningError(f"{record.id} is the record of another adapter.")
            write_record(self._home / record.id, record)
        return record

    def use(self, adapter: str) -> AdapterRecord:
        """Let an adapter serve where it was trained for, from the next refresh of anybody on.

        Raises:
            LearningError: there is none, or what it was trained on top of is missing.
        """
        with self._writing():
            snapshot = self._snapshot
            record = self._known(adapter)
            problem = self._reader.problem(snapshot, record)
            if problem:
                raise LearningError(f"{record.name or adapter} cannot serve: it {problem}.")
            seat = Seat.of(record)
            self._write(snapshot.serving.used(seat, adapter, snapshot.before(seat)))
        return record

    def rollback(
        self, scope: Scope, project: str, role: Role, base_key: str
    ) -> AdapterRecord | None:
        """Let the predecessor serve again, and return it; None: now none serves.

        Raises:
            LearningError: none served.
        """
        seat = Seat(scope, project, role, base_key)
        with self._writing():
            snapshot = self._snapshot
            history = snapshot.history(seat)
            if not history:
                raise LearningError("No adapter serves there, so there is nothing to go back from.")
            histories = {**snapshot.serving.histories, seat: history}
            self._write(replace(snapshot.serving, histories=histories).rolled_back(seat))
        return self._current().serving_in(seat)

    def remove(self, adapter: str) -> None:
        """Remove an own adapter; where it served its predecessor does, or none.

        A damaged one is named by its folder.

        Raises:
            LearningError: it is none of ours, a serving one was trained on top of it, or it cannot
                be removed.
        """
        with self._writing():
            snapshot = self._snapshot
            if adapter not in snapshot.own.damaged:
                self._own(adapter)
            for above in snapshot.own.records.values():
                if above.on_top_of == adapter and snapshot.serving_in(Seat.of(above)) == above:
                    raise LearningError(
                        f"{above.name or above.id} ({above.id}) was trained on top of it, and "
                        "serves.",
                        f"Remove that one first: ownstack learn remove {above.id}",
                    )
            self._write(snapshot.serving.without(adapter))
            # Nobody can tell which of them it is in; the others are made again.
            remove(self._folded)
            remove_adapter(self._home / adapter)

    def serving(self, base_key: str, role: Role, project: str) -> list[AdapterRecord]:
        """Return the adapters that serve a model in a role and project, the most general first.

        A project's own one serves with what it was trained on top of, and with nothing else; an
        enclosing folder's serves a project that has none.
        """
        return self._current().chosen(base_key, role, project)

    def scale(self, adapter: str) -> float:
        """Return how much of an adapter is added; 1 is as it was trained."""
        return self._current().serving.scales.get(adapter, 1.0)

    def set_scale(self, adapter: str, scale: float) -> None:
        """Let so much of an adapter be added; with 0 it does not serve.

        Raises:
            LearningError: there is none, or it cannot be scaled so.
        """
        try:
            checked = checked_scale(scale)
        except ValueError as error:
            raise LearningError(f"{str(error).capitalize()}.") from error
        with self._writing():
            self._known(adapter)
            self._write(self._snapshot.serving.scaled(adapter, checked))

    def refuse(self, file: Path, reason: str) -> None:
        """Note that an engine cannot use an adapter's file: until it changes it does not serve."""
        with self._lock:
            self._reader.refused[file] = (stamp_of(file), reason)
            self._snapshot = self._reader.read()

    def choice_for(self, base: Path) -> AdapterChoice:
        """Return how an engine that runs a model asks which adapters serve with it.

        Reads up to 8 MB of the model (blocking); what is chosen follows every `refresh`.
        """
        try:
            key = base_key(base)
        except OSError as error:
            log.warning("No adapters serve with %s: %s", base, in_words(error))
            return no_adapters
        self.refresh()

        def choose(role: Role, project: str) -> tuple[Adapter, ...]:
            snapshot = self._snapshot
            found = []
            for record in snapshot.chosen(key, role, project):
                folder, scale = snapshot.folder(record.id), snapshot.serving.scales.get(record.id)
                if folder is not None and scale != 0:
                    name = record.label
                    measured = correction_of(record) if scale in (None, 1.0) else None
                    given = 1.0 if scale is None else scale
                    found.append(Adapter(folder / FILE, name, given, measured))
            return tuple(found)

        return choose

    def _current(self) -> Snapshot:
        self.refresh()
        return self._snapshot

    def _known(self, adapter: str) -> AdapterRecord:
        record = self._snapshot.record(adapter)
        if record is None:
            raise LearningError(f"There is no adapter {adapter!r}.", "See: ownstack learn status")
        return record

    def _own(self, adapter: str) -> AdapterRecord:
        record = self._known(adapter)
        if not self._is_own(adapter):
            what = f"{record.name or adapter} comes with Ownstack, and cannot be changed."
            raise LearningError(what, "To have none serve: ownstack learn rollback")
        return record

    def _is_own(self, adapter: str) -> bool:
        return adapter in self._snapshot.own.records

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Hold the lock that all processes share, with a snapshot of what is there."""
        try:
            with self._lock:
                file = self._home / ".lock"
                lock = FileLock.take(file, waits=True)
                if lock is None:
                    raise LearningError("Another process changes adapters; try again.")
                with lock:
                    self._snapshot = self._reader.read()
                    yield
                self._snapshot = self._reader.read()
        except OSError as error:
            what = f"What was learned cannot be changed: {in_words(error)}."
            hint = f"Look after {self._home} and the room on its disk."
            raise LearningError(what, hint) from error

    def _write(self, serving: Serving) -> None:
        file = self._home / SERVING
        if SERVING in self._snapshot.problems:
            set_aside(file)
        write_whole(file, serving.to_json().encode(), is_private=True, is_lasting=True)
