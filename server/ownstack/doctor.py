"""Is everything here that is needed, and if not, what to do. Reads only; changes nothing."""

from __future__ import annotations

import importlib
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
from ownstack.daemon import lifecycle
from ownstack.daemon.handshake import Hello
from ownstack.daemon.status import BIGGER, without_model
from ownstack.engine.models import BUILTIN, ModelRegistry, found_on_disk
from ownstack.errors import OwnstackError
from ownstack.paths import Home

Level = Literal["ok", "warning", "error"]

LITTLE_MEMORY_BYTES = 2_000_000_000


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at."""

    name: str
    level: Level
    detail: str
    hint: str = ""
    """What to do, if anything."""


def examine(home: Home) -> list[Check]:
    """Check everything. Takes a second or so: it loads the engine's library.

    A check that fails by itself becomes an error in the list.
    """
    checks: list[tuple[str, Callable[[], Iterable[Check]]]] = [
        ("python", _python),
        ("engine", _engine),
        ("memory", _memory),
        ("models", lambda: _models(home)),
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
        llama = importlib.import_module("ownstack.engine.llama")
    except (ImportError, OSError, RuntimeError) as error:
        hint = "Reinstall it with: pip install --force-reinstall llama-cpp-python==0.3.36"
        yield Check("engine", "error", f"llama.cpp cannot be loaded: {error}.", hint)
        return
    yield Check(
        "engine",
        "ok",
        f"llama-cpp-python {llama.build()}; devices: {', '.join(llama.devices()) or 'cpu'}",
    )


def _memory() -> Iterable[Check]:
    memory = psutil.virtual_memory()
    detail = f"{memory.available / 1e9:.1f} GB of {memory.total / 1e9:.1f} GB are free"
    if memory.available < LITTLE_MEMORY_BYTES:
        yield Check("memory", "warning", detail, "Close programs, or use a smaller model.")
    else:
        yield Check("memory", "ok", detail)


def _models(home: Home) -> Iterable[Check]:
    registry = ModelRegistry(home.models_file)
    known = registry.list()
    try:
        chosen = registry.chosen("completion")
    except OwnstackError as error:
        yield Check("model", "error", error.what, error.hint)
    else:
        builtin = chosen is not None and chosen.name == BUILTIN
        if chosen is None or (builtin and chosen.infill_problem):
            detail = without_model(chosen.infill_problem if chosen is not None else "")
            yield Check("model", "warning", detail)
        elif builtin:
            detail = f"The built-in completer completes ({chosen.size_bytes / 1e6:.0f} MB)."
            yield Check("model", "ok", detail, BIGGER)
        elif chosen.infill_problem:
            hint = "Choose another: ownstack models use NAME --for completion"
            yield Check("model", "error", f"{chosen.name}: {chosen.infill_problem}", hint)
        else:
            yield Check("model", "ok", f"{chosen.name} completes ({chosen.path})")
    yield Check("models known", "ok", ", ".join(info.name for info in known) or "none")
    known_paths = {info.path for info in known}
    others = [str(path) for path in found_on_disk() if path not in known_paths]
    if others:
        hint = "Add one with: ownstack models add PATH"
        yield Check("models found", "ok", ", ".join(others), hint)


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
    """Try the folder, or the nearest one above it that is there."""
    existing = next((place for place in (folder, *folder.parents) if place.exists()), folder)
    problem = ""
    if not existing.is_dir():
        problem = f"{existing} is not a folder"
    else:
        try:
            with tempfile.TemporaryFile(dir=existing):
                problem = ""
        except OSError as error:
            problem = f"{existing} cannot be written: {os.strerror(error.errno or 0)}"
    if problem:
        hint = "Make it writable, or set OWNSTACK_HOME to a folder that is."
        return Check(name, "error", f"{problem}.", hint)
    return Check(name, "ok", str(folder))
