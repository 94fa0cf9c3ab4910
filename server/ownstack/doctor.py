"""Is everything here that is needed, and if not, what to do. Leaves everything as it is."""

from __future__ import annotations

import errno
import os
import platform
import sys
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import psutil

from ownstack import __version__
from ownstack.app.host import Host
from ownstack.app.status import BIGGER, without_model
from ownstack.daemon import lifecycle
from ownstack.daemon.handshake import Hello
from ownstack.engine import library
from ownstack.errors import EngineMissingError, OwnstackError, in_words
from ownstack.learning import machine, needs
from ownstack.models.registry import BUILTIN, ModelRegistry, check_memory, found_on_disk
from ownstack.models.remote.engines_file import EnginesFile
from ownstack.models.remote.model import RemoteModel
from ownstack.paths import Home

Level = Literal["ok", "warning", "error"]

LITTLE_MEMORY_BYTES = 2_000_000_000
LITTLE_DISK_BYTES = 500_000_000
"""An index of a large project takes some hundred megabytes, and is written before old parts go."""
TRIED_BYTES = 1_000_000
"""So much is written to see whether a folder takes it."""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at."""

    name: str
    level: Level
    detail: str
    hint: str = ""
    """What to do, if anything."""


def examine(home: Home, setting: str = "", *, loaded: bool = False) -> list[Check]:
    """Check everything. Takes a second or so: it loads the engine's library.

    `setting` is the model that an editor's settings name, if they do; `loaded` says that the
    model is at work already. A check that fails by itself becomes an error in the list.
    """
    checks: list[tuple[str, Callable[[], Iterable[Check]]]] = [
        ("python", _python),
        ("engine", _engine),
        ("memory", _memory),
        ("model", lambda: _model(home, setting, loaded=loaded)),
        ("models", lambda: _models(home)),
        ("servers", lambda: _engines(home)),
        ("learning", _learning),
        ("daemon", lambda: _daemon(home)),
        ("folders", lambda: _folders(home)),
        ("index", lambda: _index(home)),
    ]
    found: list[Check] = []
    for name, check in checks:
        try:
            found.extend(check())
        except Exception as error:
            found.append(Check(name, "error", f"{type(error).__name__}: {error}"))
    return found


def _python() -> Iterable[Check]:
    detail = f"Ownstack {__version__}, Python {platform.python_version()} ({sys.executable})"
    yield Check("python", "ok", detail)


def _engine() -> Iterable[Check]:
    try:
        llama = library.module("llama.native.bindings")
    except EngineMissingError as error:
        yield Check("engine", "error", error.what, error.hint)
        return
    yield Check(
        "engine",
        "ok",
        f"llama-cpp-python {llama.build()}; devices: {', '.join(llama.devices()) or 'cpu'}; "
        f"CPU code: {llama.cpu_build() or 'the one it was compiled with'}",
    )


def _memory() -> Iterable[Check]:
    memory = psutil.virtual_memory()
    detail = f"{memory.available / 1e9:.1f} GB of {memory.total / 1e9:.1f} GB are free"
    if memory.available < LITTLE_MEMORY_BYTES:
        yield Check("memory", "warning", detail, "Close programs, or use a smaller model.")
    else:
        yield Check("memory", "ok", detail)


def _model(home: Home, setting: str, *, loaded: bool) -> Iterable[Check]:
    """Say what completes: only what is there, can infill, fits and is not set aside does."""
    host = Host(home, mode="inProcess")
    try:
        chosen = host.pick("completion", setting)
        if isinstance(chosen, RemoteModel):
            yield from _remote(chosen)
            return
        if chosen is None or (chosen.name == BUILTIN and chosen.infill_problem):
            detail = without_model(chosen.infill_problem if chosen is not None else "")
            yield Check("model", "warning", detail)
            return
        library.module("llama.native.bindings")
        host.crashes.check(chosen.path, chosen.name)
        if not loaded:
            check_memory(chosen)
    except EngineMissingError:
        detail = "No model can run without llama.cpp; completion repeats what is in your files."
        yield Check("model", "warning", detail)
    except OwnstackError as error:
        yield Check("model", "error", error.what, error.hint)
    else:
        if chosen.name == BUILTIN:
            detail = f"The built-in completer completes ({chosen.size_bytes / 1e6:.0f} MB)."
            yield Check("model", "ok", detail, BIGGER)
        else:
            yield Check("model", "ok", f"{chosen.name} completes ({chosen.path})")


def _remote(chosen: RemoteModel) -> Iterable[Check]:
    hint = f"Ask it with: ownstack engines test {chosen.entry.name}"
    if chosen.leaves_machine:
        detail = f"{chosen.name} completes: what is typed is sent to {chosen.entry.host}."
        yield Check("model", "warning", detail, hint)
    else:
        yield Check("model", "ok", f"{chosen.name} completes ({chosen.entry.url})", hint)


def _engines(home: Home) -> Iterable[Check]:
    """Say which servers are named. None is asked: nobody named one now."""
    entries, problems = EnginesFile(home.engines_file).read()
    for problem in problems:
        yield Check("servers", "error", problem, f"Mend {home.engines_file}.")
    for entry in entries.values():
        may = ", ".join(entry.roles) or "nothing"
        where = "on this machine" if entry.local else f"on another machine, may be sent: {may}"
        yield Check("servers", "ok", f"{entry.name} ({entry.root}), {where}")


def _models(home: Home) -> Iterable[Check]:
    known = ModelRegistry(home.models_file).list()
    yield Check("models known", "ok", ", ".join(info.name for info in known) or "none")
    known_paths = {info.path for info in known}
    others = [str(path) for path in found_on_disk() if path not in known_paths]
    if others:
        hint = "Add one with: ownstack models add PATH"
        yield Check("models found", "ok", ", ".join(others), hint)


def _learning() -> Iterable[Check]:
    """Say whether adapters can be trained here; who does not want to misses nothing."""
    absent, problem = needs.missing(), machine.problem()
    if absent:
        detail = f"Models do not learn from your code: {', '.join(absent)} not installed."
        hint = problem or f"If they are to: {needs.INSTALL}"
        yield Check("learning", "ok", detail, hint)
        return
    version = machine.torch_version()
    if problem:
        yield Check("learning", "warning", f"{problem} (PyTorch {version})", needs.torch_hint())
        return
    has_card, is_cpu_build = machine.has_card(), version.endswith("+cpu")
    where = "graphics card" if has_card and not is_cpu_build else "processor"
    detail = f"Models can learn from your code (PyTorch {version}, on the {where})."
    hint = "Begin with: ownstack learn"
    if has_card and is_cpu_build:
        hint += ". This build of PyTorch does not use the graphics card; another one would."
    yield Check("learning", "ok", detail, hint)


def _daemon(home: Home) -> Iterable[Check]:
    try:
        welcome = lifecycle.ask(home, Hello("status"))
    except OwnstackError as error:
        yield Check("daemon", "error", error.what, error.hint)
        return
    if welcome is None:
        yield Check("daemon", "ok", "It does not run; an editor window starts it.")
    elif welcome.version != __version__:
        detail = f"It runs version {welcome.version}, this is {__version__}."
        yield Check("daemon", "warning", detail, "Run: ownstack daemon stop")
    else:
        detail = f"It runs as process {welcome.pid}, windows: {welcome.sessions}"
        yield Check("daemon", "ok", detail)
    from ownstack.daemon.address import TRANSPORT, address_file, socket_path

    try:
        place = socket_path(home) if TRANSPORT == "unix" else address_file(home)
    except OwnstackError as error:
        yield Check("socket", "warning", f"{error.what} Windows do not share a model.", error.hint)
    else:
        yield Check("socket", "ok", str(place))


def _folders(home: Home) -> Iterable[Check]:
    for name, folder in (
        ("settings folder", home.config),
        ("data folder", home.data),
        ("cache folder", home.cache),
        ("log folder", home.state),
        ("socket folder", home.runtime),
    ):
        yield _writable(name, folder)


def _index(home: Home) -> Iterable[Check]:
    yield _writable("index folder", home.cache / "index")


def _writable(name: str, folder: Path) -> Check:
    """Write into the folder, or the nearest one above it that is there."""
    existing = next((place for place in (folder, *folder.parents) if place.exists()), folder)
    if not existing.is_dir():
        return Check(name, "error", f"{existing} is not a folder.", _ELSEWHERE)
    try:
        free = psutil.disk_usage(str(existing)).free
        with tempfile.TemporaryFile(dir=existing) as file:
            file.write(bytes(TRIED_BYTES))
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        is_full = error.errno in _FULL
        problem = f"{existing} cannot be written: {in_words(error)}."
        return Check(name, "error", problem, _make_room(existing) if is_full else _ELSEWHERE)
    if free < LITTLE_DISK_BYTES:
        detail = f"{folder}: only {free / 1e6:.0f} MB are free on its disk."
        return Check(name, "warning", detail, _make_room(existing))
    return Check(name, "ok", str(folder))


_ELSEWHERE = "Make it writable, or set OWNSTACK_HOME to a folder that is."
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
"""The disk is full, the user's share of it is, or no file may be as large."""


def _make_room(folder: Path) -> str:
    return (
        f"Remove files on the disk of {folder}, or set OWNSTACK_HOME to a folder on another one; "
        "then restart Ownstack. Indexes and logs are not kept until then."
    )
