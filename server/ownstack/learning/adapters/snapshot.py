"""What lies on the disk of adapters at one moment, which of them serve, and what is wrong."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path, PurePath

from ownstack.errors import in_words
from ownstack.files.opening import read_regular
from ownstack.learning.adapters.folder import (
    FILE,
    RECORD,
    Found,
    Stamp,
    file_sha256,
    read_folder,
    stamp_of,
)
from ownstack.learning.adapters.record import AdapterRecord
from ownstack.learning.adapters.serving import Seat, Serving, parse_serving
from ownstack.models.roles import Role

SERVING = "serving.json"
MAX_BYTES = 16_777_216


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What was on the disk at one moment, and what follows from it."""

    stamp: object = None
    own: Found = field(default_factory=Found)
    shipped: Found = field(default_factory=Found)
    serving: Serving = field(default_factory=Serving)
    problems: dict[str, str] = field(default_factory=dict)

    def record(self, adapter: str) -> AdapterRecord | None:
        return self.own.records.get(adapter) or self.shipped.records.get(adapter)

    def folder(self, adapter: str) -> Path | None:
        return self.own.folders.get(adapter) or self.shipped.folders.get(adapter)

    def history(self, seat: Seat) -> tuple[str, ...]:
        """Return the adapters of a seat that are there, the one that serves last."""
        history = self.serving.histories.get(seat)
        if history is None:
            return self.before(seat)
        return tuple(each for each in history if self.record(each) is not None)

    def before(self, seat: Seat) -> tuple[str, ...]:
        """Return what serves in a seat before anybody has chosen: what comes with the package."""
        fit = [
            record
            for record in self.shipped.records.values()
            if Seat.of(record) == seat and record.standing == "fit"
        ]
        return tuple(record.id for record in sorted(fit, key=lambda each: each.created)[-1:])

    def serving_in(self, seat: Seat) -> AdapterRecord | None:
        """Return the adapter that serves in a seat, whatever is wrong with it."""
        history = self.history(seat)
        record = self.record(history[-1]) if history else None
        return record if record is not None and Seat.of(record) == seat else None

    def chosen(self, base_key: str, role: Role, project: str) -> list[AdapterRecord]:
        """Return the adapters that serve, the most general first; see `AdapterStore.serving`."""
        for folder in (project, *map(str, PurePath(project).parents)) if project else ():
            record = self.serving_in(Seat("project", folder, role, base_key))
            if record is not None and record.id not in self.problems:
                below = self.record(record.on_top_of) if record.on_top_of else None
                return [record] if below is None else [below, record]
        record = self.serving_in(Seat("generic", "", role, base_key))
        return [] if record is None or record.id in self.problems else [record]


class Reader:
    """Reads snapshots of two folders, and remembers of which files it has checked the hash."""

    def __init__(self, home: Path, shipped: Path) -> None:
        self._home, self._shipped = home, shipped
        self._checked: dict[Path, tuple[Stamp, str]] = {}
        """A file's stamp when its hash was computed, and the hash."""
        self.refused: dict[Path, tuple[Stamp | None, str]] = {}
        """A file's stamp when an engine refused it, and why it did."""

    def read(self) -> Snapshot:
        own = read_folder(self._home, by_id=True)
        shipped = read_folder(self._shipped, by_id=False)
        serving, problem = _read_serving(self._home / SERVING)
        problems = {
            name: f"{name} {why}." for name, why in {**shipped.damaged, **own.damaged}.items()
        }
        if problem:
            problems[SERVING] = problem
        bare = Snapshot(None, own, shipped, serving)
        # Whatever serves is checked, and nothing else: hashing takes a while.
        seats = {Seat.of(record) for record in (*own.records.values(), *shipped.records.values())}
        for seat in seats | set(serving.histories):
            history = bare.history(seat)
            record = bare.record(history[-1]) if history else None
            if record is None:
                continue
            why = self.problem(bare, record)
            if Seat.of(record) != seat:
                why = "is said to serve where it was not trained for"
            if why:
                problems[record.id] = f"{record.name or record.id} does not serve: it {why}."
        snapshot = replace(bare, problems=problems)
        return replace(snapshot, stamp=self.stamp(snapshot))

    def stamp(self, snapshot: Snapshot) -> object:
        """Return what changes with everything that was read."""
        files = [self._home / SERVING]
        for found in (snapshot.own, snapshot.shipped):
            for folder in found.folders.values():
                files += (folder / FILE, folder / RECORD)
        folders = tuple(_folder_stamp(folder) for folder in (self._home, self._shipped))
        return folders, tuple((str(file), stamp_of(file)) for file in files)

    def problem(self, snapshot: Snapshot, record: AdapterRecord) -> str:
        """Return why an adapter cannot serve, as the end of a sentence; "" if it can."""
        folder = snapshot.folder(record.id)
        if folder is None:
            return "is missing"
        file = folder / FILE
        stamp = stamp_of(file)
        refused = self.refused.get(file)
        if refused is not None and refused[0] == stamp:
            return f"was refused by the engine: {refused[1]}"
        if stamp is None:
            return f"has lost its {FILE}"
        try:
            if self._sha256(file, stamp) != record.sha256:
                return f"has another {FILE} than was made: its SHA-256 differs"
        except OSError as error:
            return f"cannot be read: {in_words(error)}"
        if not record.on_top_of:
            return ""
        below = snapshot.record(record.on_top_of)
        if below is None:
            return f"was trained on top of {record.on_top_of}, which is gone"
        if (below.base_key, below.role, below.on_top_of) != (record.base_key, record.role, ""):
            return f"was trained on top of {below.id}, which is of another model or role"
        problem = self.problem(snapshot, below)
        return f"was trained on top of {below.id}, which {problem}" if problem else ""

    def _sha256(self, file: Path, stamp: Stamp) -> str:
        known = self._checked.get(file)
        if known is None or known[0] != stamp:
            known = self._checked[file] = (stamp, file_sha256(file))
        return known[1]


def _read_serving(file: Path) -> tuple[Serving, str]:
    """Return what serves, and what is wrong with the file; no file is no problem."""
    try:
        data, status = read_regular(file, MAX_BYTES)
        if status.st_size > len(data):
            raise ValueError("it is too large")
        return parse_serving(data), ""
    except FileNotFoundError:
        return Serving(), ""
    except OSError as error:
        return Serving(), f"Which adapters serve cannot be read: {in_words(error)}."
    except ValueError as error:
        return Serving(), f"Which adapters serve is not known, {file.name} is damaged: {error}."


def _folder_stamp(folder: Path) -> int:
    try:
        return folder.stat().st_mtime_ns
    except OSError:
        return 0
