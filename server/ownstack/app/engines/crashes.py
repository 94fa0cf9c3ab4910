"""Which models were at work when a process crashed: a native crash cannot be caught, only counted.

Each process that holds models keeps three files beside those of others: a note that names them, a
byte for each that says whether native code works with it just now, and what the system's signal
handler wrote at a crash. A process that was killed has written nothing there, and so is no crash,
unless the system killed it for want of memory. Two crashes in a row set a model aside for a day.
"""

from __future__ import annotations

import faulthandler
import io
import json
import logging
import os
import shlex
import stat
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

from ownstack.app.engines.crash_counts import Deaths
from ownstack.errors import ModelSetAsideError
from ownstack.files.opening import read_regular
from ownstack.models.roles import Role
from ownstack.paths import private_folder, remove, set_aside

log = logging.getLogger(__name__)

SET_ASIDE_AFTER = 2
MAX_NOTE_BYTES = 1_000_000
_MAX_FAULT_BYTES = 20_000
_BUSY, _IDLE = b"1", b"0"


class CrashRecord:
    """Notes in one folder. A folder that cannot be written only means that nothing is learned."""

    def __init__(self, folder: Path, known: Callable[[str], bool] = lambda name: True) -> None:
        """`known`: whether a command can name a model by this name."""
        self._folder = folder
        self._known = known
        self._note, self._work, self._fault = _files(folder, os.getpid())
        self._deaths = Deaths(folder / "deaths.json")
        self._models: list[str] = []
        """A model's place is that of its byte; "" where one was given back."""
        self._busy: Counter[str] = Counter()
        self._marks: io.FileIO | None = None
        self._faults: io.FileIO | None = None
        self._lock = threading.Lock()
        self._collect()

    def deaths(self, model: Path) -> int:
        """Return how often in a row, lately, native work with `model` ended in a crash."""
        return self._deaths.of(str(model))

    def check(self, model: Path, name: str, role: Role = "completion") -> None:
        """Refuse a model that has crashed too often lately.

        Raises:
            ModelSetAsideError: say so, and how to try again.
        """
        n = self.deaths(model)
        if n >= SET_ASIDE_AFTER:
            until = time.strftime("%Y-%m-%d %H:%M", time.localtime(self._deaths.until(str(model))))
            named = shlex.quote(name if self._known(name) else str(model))
            raise ModelSetAsideError(
                f"The model {name} crashed the engine {n} times and is set aside until {until}.",
                f"To try it again: ownstack models use {named} --for {role}",
            )

    def arm(self) -> None:
        """Have the signal handler of this process leave its traces here, until `disarm`."""
        try:
            private_folder(self._folder)
            remove(self._fault)
            self._faults = io.FileIO(self._fault, "x")
        except OSError as error:
            log.warning("Crashes cannot be recorded: %s", error)
            return
        faulthandler.enable(self._faults)

    def disarm(self) -> None:
        """Close what this process keeps: it ends in good order."""
        if self._faults is not None:
            faulthandler.disable()
            self._faults.close()
            self._faults = None
            _remove(self._fault)

    def begin(self, model: Path) -> None:
        """Note that this process is going to load and use `model`."""
        with self._lock:
            if "" in self._models:
                self._models[self._models.index("")] = str(model)
            else:
                self._models.append(str(model))
            self._write_note()

    def end(self, model: Path, *, worked: bool) -> None:
        """Note that it was given back in good order; `worked` forgives earlier crashes."""
        with self._lock:
            if str(model) in self._models:
                self._models[self._models.index(str(model))] = ""
            self._write_note()
        if worked:
            self.forgive(model)

    def forgive(self, model: Path) -> None:
        self._deaths.forget(str(model))

    def working(self, model: Path, on: bool) -> None:
        """Note that native code begins or ends to work with `model`. From any thread; cheap."""
        with self._lock:
            self._busy[str(model)] += 1 if on else -1
            if self._busy[str(model)] == (1 if on else 0) and str(model) in self._models:
                self._mark(self._models.index(str(model)), _BUSY if on else _IDLE)

    @contextmanager
    def at_work(self, model: Path) -> Iterator[None]:
        """Note that native code works with `model` meanwhile."""
        self.working(model, True)
        try:
            yield
        finally:
            self.working(model, False)

    def _mark(self, place: int, mark: bytes) -> None:
        try:
            if self._marks is None:
                private_folder(self._folder)
                remove(self._work)
                self._marks = io.FileIO(self._work, "x")
            self._marks.seek(place)
            self._marks.write(mark)
        except OSError as error:
            log.warning("Crashes cannot be recorded: %s", error)

    def _collect(self) -> None:
        """Count the crashes of the processes that left a note."""
        for note in self._folder.glob("using-*.json"):
            raw = _read(note)
            if not _abandoned(raw):
                continue
            _, work, fault = _files(self._folder, note.stem.partition("-")[2])
            crashed = _crashed_models(raw, work, fault)
            removed = [_remove(file) for file in (note, work, fault)]
            if not all(removed):
                return
            for model in crashed:
                log.warning("A process crashed while it worked with %s.", model)
                self._deaths.add(model)
        for fault in self._folder.glob("fault-*.txt"):
            number = fault.stem.partition("-")[2]
            if not (number.isdecimal() and len(number) < 10 and psutil.pid_exists(int(number))):
                _remove(fault)

    def _write_note(self) -> None:
        if any(self._models):
            note = {
                "pid": os.getpid(),
                "started": psutil.Process().create_time(),
                "boot": _boot(),
                "killed": _killed_for_memory(),
                "models": self._models,
            }
            self._write(self._note, note)
            return
        self._models = []
        _remove(self._note)
        if self._marks is not None:
            self._marks.close()
            self._marks = None
            _remove(self._work)

    def _write(self, file: Path, value: object) -> None:
        try:
            private_folder(self._folder)
            if os.path.lexists(file) and not stat.S_ISREG(file.lstat().st_mode):
                set_aside(file)
            file.write_text(json.dumps(value), "utf-8")
        except OSError as error:
            log.warning("Crashes cannot be recorded: %s", error)


def _files(folder: Path, pid: int | str) -> tuple[Path, Path, Path]:
    return folder / f"using-{pid}.json", folder / f"work-{pid}", folder / f"fault-{pid}.txt"


def _crashed_models(note: dict[str, Any], work: Path, fault: Path) -> list[str]:
    """Return the models that a process worked with when it crashed; none if it did not."""
    models = note.get("models")
    if note.get("boot") != _boot() or not isinstance(models, list):
        return []
    trace = _content(fault, _MAX_FAULT_BYTES).decode("utf-8", "replace")
    if trace:
        log.warning("A process crashed in native code:\n%s", trace)
    if not (_in_engine(trace) if trace else _was_killed_for_memory(note)):
        return []
    marks = _content(work, MAX_NOTE_BYTES)
    at_work = [model for place, model in enumerate(models) if marks[place : place + 1] == _BUSY]
    return [model for model in at_work if isinstance(model, str) and model]


def _in_engine(trace: str) -> bool:
    """Tell whether the thread that crashed is the engine's, or one that llama.cpp has started."""
    _, _, current = trace.partition("Current thread")
    thread = current.partition("\n\n")[0]
    inside = f"ownstack{os.sep}engine{os.sep}"
    return inside in thread or "<no Python frame>" in thread or 'File "' not in thread


def _killed_for_memory() -> int:
    """Return how many processes the system has killed for want of memory; 0 if it does not say."""
    try:
        lines = Path("/proc/vmstat").read_text("ascii").splitlines()
    except OSError:
        return 0
    counts = [line.split()[1] for line in lines if line.startswith("oom_kill ")]
    return int(counts[0]) if counts else 0


def _was_killed_for_memory(note: dict[str, Any]) -> bool:
    before = note.get("killed")
    return type(before) is int and _killed_for_memory() > before


def _content(file: Path, max_bytes: int) -> bytes:
    try:
        return read_regular(file, max_bytes)[0]
    except OSError:
        return b""


def _remove(file: Path) -> bool:
    try:
        remove(file)
    except OSError as error:
        log.warning("A crash note cannot be removed: %s", error)
        return False
    return True


def _read(file: Path) -> dict[str, Any]:
    try:
        raw = json.loads(read_regular(file, MAX_NOTE_BYTES)[0])
    except (OSError, ValueError, RecursionError):
        return {}
    return raw if isinstance(raw, dict) else {}


def _abandoned(note: dict[str, Any]) -> bool:
    """Tell whether the process that wrote `note` has gone (its number may be in use again)."""
    try:
        return bool(psutil.Process(int(note["pid"])).create_time() != note["started"])
    except psutil.NoSuchProcess:
        return True
    except psutil.Error:
        return False
    except (KeyError, TypeError, ValueError, OverflowError):
        return True


def _boot() -> str:
    """Name this run of the machine: switching it off is no crash of ours."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
    except OSError:
        return str(round(psutil.boot_time(), -2))
