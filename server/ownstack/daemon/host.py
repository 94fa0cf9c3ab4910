"""What all windows of a process share: models, their registry, the signal log, the home."""

from __future__ import annotations

import asyncio
import dataclasses
import importlib
import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, get_args

import psutil

from ownstack import __version__
from ownstack.daemon.crashes import CrashRecord
from ownstack.daemon.engines import EnginePool, Lease, OpenEngine, Progress
from ownstack.daemon.status import Mode
from ownstack.engine.models import BUILTIN, NONE, ModelInfo, ModelRegistry
from ownstack.engine.protocol import Engine, Role
from ownstack.errors import CannotInfillError
from ownstack.paths import Home
from ownstack.settings import EngineSettings, Settings, camel

if TYPE_CHECKING:
    from ownstack.completion.echo import Projects
    from ownstack.completion.nearby import Nearby
    from ownstack.completion.signals import SignalLog
    from ownstack.daemon.indexes import Indexes
    from ownstack.engine.scheduler import NativeThread

log = logging.getLogger(__name__)

REGISTRY_POLL_S = 2.0
"""`ownstack models use …` in a terminal reaches open windows within this time."""


class Guest(Protocol):
    """What a host knows of a window."""

    def models_changed(self) -> None:
        """Hear that the chosen models may have changed."""

    def windows_changed(self) -> None:
        """Hear that another window has come or gone."""


class Host:
    """One per process. Everything here is made when it is first needed."""

    def __init__(
        self,
        home: Home,
        *,
        mode: Mode,
        mode_reason: str = "",
        open_engine: OpenEngine | None = None,
    ) -> None:
        """`mode_reason` says why there is no daemon, if there should be one."""
        self.home = home
        self.mode: Mode = mode
        self.mode_reason = mode_reason
        self.idle_minutes = Settings().daemon.idle_minutes
        self.had_sessions = False
        self.registry = ModelRegistry(home.models_file)
        self.crashes = CrashRecord(home.state / "crashes")
        self.engines = EnginePool(open_engine or self._open_llama, self.crashes)
        self._native: NativeThread | None = None
        self._signals: SignalLog | None = None
        self._nearby: Nearby | None = None
        self._projects: Projects | None = None
        self._indexes: Indexes | None = None
        self._guests: list[Guest] = []
        self._registry_seen = self._registry_stamp()
        self._poll: asyncio.TimerHandle | None = None

    @property
    def n_sessions(self) -> int:
        return len(self._guests)

    @property
    def signals(self) -> SignalLog:
        if self._signals is None:
            from ownstack.completion.signals import SignalLog

            self._signals = SignalLog(self.home.signals_file)
        return self._signals

    @property
    def nearby(self) -> Nearby:
        if self._nearby is None:
            from ownstack.completion.nearby import Nearby

            self._nearby = Nearby()
        return self._nearby

    @property
    def projects(self) -> Projects:
        """What echo knows of the folders that windows have open."""
        if self._projects is None:
            from ownstack.completion.echo import Projects

            self._projects = Projects(self.home.cache / "echo")
        return self._projects

    @property
    def indexes(self) -> Indexes:
        """The indexes of the folders that windows have open."""
        if self._indexes is None:
            from ownstack.daemon.indexes import Indexes

            self._indexes = Indexes(self.home.cache / "index")
        return self._indexes

    def join(self, guest: Guest) -> None:
        """Count a window in."""
        self.had_sessions = True
        self._guests.append(guest)
        self._tell_of_windows()
        if self._poll is None:
            self._watch_registry()

    def leave(self, guest: Guest) -> None:
        """Count a window out, if it is in."""
        if guest not in self._guests:
            return
        self._guests.remove(guest)
        self._tell_of_windows()
        if not self._guests and self._poll is not None:
            self._poll.cancel()
            self._poll = None

    def pick(self, role: Role, setting: str) -> ModelInfo | None:
        """Return the model for a role: the one the settings name, else the chosen one. Reads files.

        A built-in model that cannot be used is returned too: `infill_problem` says why.

        Raises:
            ModelError: the named model is not there, or cannot be used.
        """
        if setting.strip().lower() == NONE:
            return None
        info = self.registry.resolve(setting) if setting else self.registry.chosen(role)
        if info is not None and role == "completion" and not info.infill and info.name != BUILTIN:
            raise CannotInfillError(
                f"The model {info.name} cannot complete code: {info.infill_problem}",
                "Choose another with: ownstack models use NAME --for completion",
            )
        return info

    def use(self, name: str, role: Role) -> ModelInfo | None:
        """Choose a model for a role, and give it another chance if it was set aside. Reads files.

        "none" chooses that no model does it.

        Raises:
            ModelError: it is not known, or cannot do this.
        """
        if name.strip().lower() == NONE:
            self.registry.use_none(role)
            return None
        info = self.registry.use(name, role)
        self.crashes.forgive(info.path)
        return info

    def known_models(self) -> list[tuple[ModelInfo, list[Role]]]:
        """Return each known model with the roles it was chosen for. Reads files."""
        chosen = {role: self.registry.chosen(role) for role in get_args(Role)}
        return [
            (info, [role for role, other in chosen.items() if other and other.name == info.name])
            for info in self.registry.list()
        ]

    def models_changed(self) -> None:
        """Tell all windows that the chosen models may have changed."""
        self._registry_seen = self._registry_stamp()
        for guest in list(self._guests):
            guest.models_changed()

    def lease(
        self, info: ModelInfo, settings: EngineSettings, changed: Callable[[], None]
    ) -> Lease:
        return self.engines.lease(info.path, info.name, settings, changed)

    def report(self, sessions: int) -> dict[str, Any]:
        """Return what `ownstack daemon status --json` prints."""
        return {
            "version": __version__,
            "pid": os.getpid(),
            "mode": self.mode,
            "sessions": sessions,
            "memoryBytes": memory_bytes(),
            "idleMinutes": self.idle_minutes,
            "models": [
                {
                    "name": model.name,
                    "path": str(model.path),
                    "users": len(model.users),
                    "loaded": model.engine is not None,
                    "progress": model.progress,
                    "error": "" if model.error is None else str(model.error),
                }
                for model in self.engines.models
            ],
            "indexes": [
                {camel(name): value for name, value in dataclasses.asdict(one).items()}
                for one in (self._indexes.statuses() if self._indexes is not None else ())
            ],
        }

    async def close(self) -> None:
        """Free the models, then the thread they ran on, then the log."""
        if self._projects is not None:
            self._projects.close()
        if self._indexes is not None:
            await self._indexes.close()
        await self.engines.close()
        if self._native is not None:
            await asyncio.to_thread(self._native.close)
        if self._signals is not None:
            await asyncio.to_thread(self._signals.close)

    async def _open_llama(
        self, path: Path, name: str, settings: EngineSettings, progress: Progress
    ) -> Engine:
        # Half a second of imports, so neither at the start nor on the event loop.
        local = await asyncio.to_thread(importlib.import_module, "ownstack.engine.local")
        if self._native is None:
            scheduler = importlib.import_module("ownstack.engine.scheduler")
            self._native = scheduler.NativeThread()
        engine: Engine = await local.LlamaEngine.open(
            path,
            name=name,
            native=self._native,
            settings=settings,
            cache=self.home.cache,
            on_progress=progress,
        )
        return engine

    def _tell_of_windows(self) -> None:
        for guest in list(self._guests):
            guest.windows_changed()

    def _watch_registry(self) -> None:
        if self._registry_stamp() != self._registry_seen:
            self.models_changed()
        loop = asyncio.get_running_loop()
        self._poll = loop.call_later(REGISTRY_POLL_S, self._watch_registry)

    def _registry_stamp(self) -> tuple[int, int]:
        try:
            stat = self.home.models_file.stat()
        except OSError:
            return 0, 0
        return stat.st_mtime_ns, stat.st_size


def memory_bytes() -> int:
    """Return the memory this process holds."""
    return int(psutil.Process().memory_info().rss)
