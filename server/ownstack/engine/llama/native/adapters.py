"""The adapters of one model that llama.cpp holds: loaded when first wanted, freed when others are.

A context says which it computes with (`Context.use`); none is freed that a context uses. llama.cpp
makes a context's graph anew, with room for the adapters, when those that it uses change, so that
contexts may be older than adapters; a graph that the room was not made for would end the process.

Used by the native thread alone, but for `problems` and `loaded`, which any thread may read.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ownstack.engine.adapters import Adapter, Correction
from ownstack.engine.llama.native.folding import Folder
from ownstack.errors import AdapterError
from ownstack.models.gguf import adapter_file

log = logging.getLogger(__name__)

MAX_AT_ONCE = 4
MAX_IDLE = MAX_AT_ONCE
"""So many that no context uses stay loaded: each takes as much memory as its file has bytes."""
MAX_SCALE = 16.0

Adapters = tuple[Adapter, ...]
Given = tuple[tuple[Path, float], ...]
"""Files, and the scales at which they are added."""
_Stamp = tuple[int, int] | None


class LoadedAdapters:
    """The adapters of a model, by their files."""

    def __init__(
        self, architecture: str, load: Callable[[Path], Any], free: Callable[[Any], None]
    ) -> None:
        """`load` gives llama.cpp's pointer of an adapter, or raises AdapterError."""
        self._architecture = architecture
        self._load = load
        self._free = free
        self._handles: dict[Path, Any] = {}
        """The one that was wanted last comes last."""
        self._used: dict[object, Given] = {}
        """Context → what it computes with."""
        self.folder: Folder | None = None
        """Makes faster ones of them, if it is set."""
        self._refused: dict[Path, tuple[_Stamp, AdapterError]] = {}
        self.problems: Mapping[Path, str] = {}
        """Files that cannot be used → why, in a sentence."""
        self.loaded: tuple[Path, ...] = ()

    def usable(self, wanted: Adapters) -> Adapters:
        """Load adapters; return those before the first that cannot be used.

        What comes after one was made to be added to it.
        """
        if self.folder is not None and self._folded(self.folder.ready(wanted), wanted) is not None:
            return wanted
        for n, adapter in enumerate(wanted):
            try:
                if n == MAX_AT_ONCE:
                    raise AdapterError(f"More than {n} adapters cannot be added at once.")
                if adapter.path in {other.path for other in wanted[:n]}:
                    raise AdapterError(f"The adapter {adapter.name} was to be added twice.")
                if not abs(adapter.scale) <= MAX_SCALE or not math.isfinite(adapter.scale):
                    raise AdapterError(f"The adapter {adapter.name} has the scale {adapter.scale}.")
                self._handle(adapter.path)
            except AdapterError as error:
                if self.problems.get(adapter.path) != str(error):
                    log.warning("The model serves without an adapter. %s", error)
                    self.problems = {**self.problems, adapter.path: str(error)}
                return wanted[:n]
            if adapter.path in self.problems:
                self.problems = {p: w for p, w in self.problems.items() if p != adapter.path}
        return wanted

    def known(self, wanted: Adapters) -> Adapters:
        """Return what `usable` is expected to; loads nothing, so that any thread may ask."""
        for n, adapter in enumerate(wanted):
            if adapter.path in self.problems:
                return wanted[:n]
        return wanted

    def given(self, adapters: Adapters) -> Given:
        """Return files and scales that a context computes with if it is to use `adapters`.

        They are one other file from the moment on in which they are folded (`folding.py`).
        """
        if adapters and self.folder is not None:
            folded = self._folded(self.folder.get(adapters, self._architecture), adapters)
            if folded is not None:
                return ((folded, 1.0),)
        return tuple((adapter.path, adapter.scale) for adapter in adapters)

    def handles(self, given: Given) -> list[Any]:
        """Return llama.cpp's pointers, for a context that begins to use them.

        Raises:
            AdapterError: one cannot be loaded (any more).
        """
        # None of them may be freed for another: `_trim` keeps the last `MAX_IDLE`.
        assert len(given) <= MAX_AT_ONCE
        return [self._handle(path) for path, _ in given]

    def uses(self, context: object, given: Given) -> None:
        """Note what a context computes with from now on; () also before it is freed."""
        if given:
            self._used[context] = given
        else:
            self._used.pop(context, None)

    def close(self) -> None:
        """Free all, once no context uses any."""
        for handle in self._handles.values():
            self._free(handle)
        self._handles = {}
        self.loaded = ()
        if self.folder is not None:
            self.folder.close()

    def _folded(self, path: Path | None, adapters: Adapters) -> Path | None:
        """Load the file of several adapters in one, if there is one and it can be used."""
        if path is None or self.folder is None:
            return None
        try:
            self._handle(path)
        except AdapterError as error:
            log.info("Folded adapters are used one by one: %s", error)
            self.folder.refuse(adapters)
            return None
        return path

    def _handle(self, path: Path) -> Any:
        handle = self._handles.pop(path, None)
        if handle is None:
            handle = self._new(path)
        self._handles[path] = handle
        self.loaded = tuple(self._handles)
        return handle

    def _new(self, path: Path) -> Any:
        stamp = _stamp(path)
        refused = self._refused.get(path)
        if refused is not None and refused[0] == stamp:
            raise refused[1]
        started_s = time.perf_counter()
        try:
            adapter_file.read(path, architecture=self._architecture)
            self._trim()
            handle = self._load(path)
        except AdapterError as error:
            self._refused[path] = (stamp, error)
            raise
        self._refused.pop(path, None)
        log.info("Loaded %s in %.0f ms", path, 1e3 * (time.perf_counter() - started_s))
        return handle

    def _trim(self) -> None:
        """Free those that were not wanted for longest, of those that no context uses."""
        used = {path for given in self._used.values() for path, _ in given}
        idle = [path for path in self._handles if path not in used]
        for path in idle[: max(0, len(idle) - MAX_IDLE + 1)]:
            self._free(self._handles.pop(path))


def names(adapters: Sequence[Adapter]) -> tuple[str, ...]:
    """Return what people are told of adapters."""
    return tuple(adapter.name for adapter in adapters)


def correction(adapters: Sequence[Adapter]) -> Correction | None:
    """Return what was measured of the chances of lines; the last one was judged with the others."""
    return adapters[-1].correction if adapters else None


def _stamp(path: Path) -> _Stamp:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_size, status.st_mtime_ns
