"""What all windows of a process share: models, their registry, the signal log, the home."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import functools
import logging
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from ownstack import __version__
from ownstack.app.engines import remote_models
from ownstack.app.engines.crashes import CrashRecord
from ownstack.app.engines.engine_pool import EnginePool, OpenEngine, Progress
from ownstack.app.engines.lease import Lease
from ownstack.app.engines.model_choice import AnyModel, ModelChoice, Route
from ownstack.app.engines.model_memory import MachineMemory, graphics_cards
from ownstack.app.engines.router import Task
from ownstack.app.learning.edit_keeper import EditKeeper
from ownstack.app.learning.learned import Learned
from ownstack.app.learning.line_keeper import LineKeeper
from ownstack.app.learning.training import Training
from ownstack.app.memory import memory_bytes
from ownstack.app.status import Mode
from ownstack.app.unknown_models import unknown_models
from ownstack.concurrency import Delay
from ownstack.engine import library
from ownstack.engine.llama.native import verdicts
from ownstack.engine.protocol import Engine
from ownstack.errors import ModelError, OwnstackError
from ownstack.models.found import FoundModel, found_models
from ownstack.models.reference import ModelReference
from ownstack.models.registry import NONE, ModelInfo, ModelRegistry
from ownstack.models.remote.engines_file import EnginesFile
from ownstack.models.remote.model import RemoteModel
from ownstack.models.roles import ROLES, Role
from ownstack.models.toml_file import stamp
from ownstack.paths import Home
from ownstack.settings import EngineSettings, ModelSettings, Settings, camel

if TYPE_CHECKING:
    from ownstack.app.chats.chats import Chats
    from ownstack.app.indexes.folder_indexes import Indexes
    from ownstack.completion.context.nearby import Nearby
    from ownstack.completion.echo import Projects
    from ownstack.completion.feedback.signals import SignalLog
    from ownstack.engine.llama.scheduler import NativeThread
    from ownstack.files.publisher import Publishers
    from ownstack.usage.log import UsageLog

log = logging.getLogger(__name__)

REGISTRY_POLL_S = 2.0
"""`ownstack models use …` in a terminal reaches open windows within this time, as does what is said
of adapters there."""


class HostListener(Protocol):
    """What a host knows of a window."""

    @property
    def learns_from(self) -> Sequence[Path]:
        """The folders from which something may be learned."""

    def models_changed(self) -> None:
        """Hear that the chosen models may have changed."""

    def windows_changed(self) -> None:
        """Hear that another window has come or gone, or that other adapters serve."""


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
        self.serving: list[str] = []
        """Addresses at which other programs are served."""
        self.registry = ModelRegistry(home.models_file)
        self.crashes = CrashRecord(home.state / "crashes", self._is_known)
        self.servers = EnginesFile(home.engines_file)
        self.choice = ModelChoice(self.registry, self.servers)
        self.learned = Learned(home)
        self.training = Training(home)
        self.memory = MachineMemory(tuple if open_engine else graphics_cards)
        self.engines = EnginePool(
            open_engine or self._open,
            self.crashes,
            lambda call: self.usage.record(call),
            memory=self.memory,
        )
        self._native: NativeThread | None = None
        self._signals: SignalLog | None = None
        self._usage: UsageLog | None = None
        self.lines = LineKeeper(home.kept_lines_file)
        self.edits = EditKeeper(lambda: self.chats)
        self._nearby: Nearby | None = None
        self._projects: Projects | None = None
        self._indexes: Indexes | None = None
        self._chats: Chats | None = None
        self._publishers: Publishers | None = None
        self._listeners: list[HostListener] = []
        self._registry_seen = self._registry_stamp()
        self._poll = Delay(self._watch_registry)

    @property
    def n_sessions(self) -> int:
        return len(self._listeners)

    @property
    def signals(self) -> SignalLog:
        if self._signals is None:
            from ownstack.completion.feedback.signals import SignalLog

            self._signals = SignalLog(self.home.signals_file)
        return self._signals

    @property
    def usage(self) -> UsageLog:
        """Where calls of models are counted."""
        if self._usage is None:
            from ownstack.usage.log import UsageLog

            self._usage = UsageLog(self.home.usage_file)
        return self._usage

    @property
    def publishers(self) -> Publishers:
        """One view of each folder, for all who read it: the index, echo and completion."""
        if self._publishers is None:
            from ownstack.files.publisher import Publishers

            self._publishers = Publishers()
        return self._publishers

    @property
    def nearby(self) -> Nearby:
        if self._nearby is None:
            from ownstack.completion.context.nearby import Nearby

            self._nearby = Nearby()
        return self._nearby

    @property
    def projects(self) -> Projects:
        """What echo knows of the folders that windows have open."""
        if self._projects is None:
            from ownstack.completion.echo import Projects

            self._projects = Projects(self.home.cache / "echo", self.publishers)
        return self._projects

    @property
    def indexes(self) -> Indexes:
        """The indexes of the folders that windows have open."""
        if self._indexes is None:
            from ownstack.app.indexes.folder_indexes import Indexes

            self._indexes = Indexes(self.home.cache / "index", self.publishers, self.training.typed)
        return self._indexes

    @property
    def chats(self) -> Chats:
        """The conversations that windows have open."""
        if self._chats is None:
            from ownstack.app.chats.chats import Chats

            self._chats = Chats(self.home)
        return self._chats

    def join(self, listener: HostListener) -> None:
        """Count a window in."""
        self.had_sessions = True
        self._listeners.append(listener)
        self._tell_of_windows()
        if not self._poll.pending:
            self._watch_registry()

    def leave(self, listener: HostListener) -> None:
        """Count a window out, if it is in."""
        if listener not in self._listeners:
            return
        self._listeners.remove(listener)
        self._tell_of_windows()
        if not self._listeners:
            self._poll.cancel()

    def use_settings(self, settings: Settings) -> None:
        """Take what settings say of the whole process; those of the last window count."""
        self.idle_minutes = settings.daemon.idle_minutes
        self.memory.budget_gb = settings.models.memory_budget_gb
        self.training.use_settings(settings.learning)
        self.engines.unload_after(60.0 * settings.models.idle_minutes)

    def route(
        self,
        task: Task,
        settings: ModelSettings,
        failed: Mapping[str, OwnstackError] | None = None,
    ) -> Route:
        """Return which model does a task, and why. Reads files."""
        setting: str = getattr(settings, task.role)
        return self.choice.route(task, setting, offline=settings.offline, failed=failed)

    def pick(self, role: Role, setting: str, *, offline: bool = False) -> AnyModel | None:
        """Return the model for a role: the one the settings name, else the chosen one. Reads files.

        A built-in model that cannot be used is returned too: `infill_problem` says why.

        Raises:
            OwnstackError: it is not there, or cannot be used, and nothing stands in for it.
        """
        route = self.choice.route(Task(role), setting, offline=offline)
        if route.model is None and route.problem is not None:
            raise route.problem
        return route.model

    def use(self, name: str, role: Role) -> AnyModel | None:
        """Choose a model for a role, and give it another chance if it was set aside. Reads files.

        "none" chooses that no model does it.

        Raises:
            ModelError: it is not known, or cannot do this.
            NotAllowedError: it is on another machine, which is not allowed for this.
        """
        if name.strip().lower() == NONE:
            self.registry.use_none(role)
            return None
        remote = self.choice.use(name, role)
        if remote is not None:
            return remote
        self._adopt(name)
        info = self.registry.use(name, role)
        self.crashes.forgive(info.path)
        verdicts.forgive(self.home.cache)
        return info

    def _adopt(self, path: str) -> None:
        """Make another program's model known by the name it has there, if this is the path of one.

        Ollama's files are named by digests.
        """
        found = found_models() if os.sep in path else ()
        for model in found:
            if model.name and str(model.path) == path.strip():
                with contextlib.suppress(ModelError):  # The name is taken: its file's will do.
                    self.registry.add(model.path, model.name)

    def known_models(self) -> list[tuple[ModelInfo, list[Role]]]:
        """Return each known model with the roles it was chosen for. Reads files."""
        chosen = {
            role: self.registry.chosen(role)
            for role in ROLES
            if not self._is_remote(self.registry.choice(role))
        }
        return [
            (info, [role for role, other in chosen.items() if other and other.name == info.name])
            for info in self.registry.list()
        ]

    def served_models(self) -> list[tuple[RemoteModel, list[Role]]]:
        """Return the models of servers that were chosen, with their roles. Reads files."""
        chosen: dict[RemoteModel, list[Role]] = {}
        for role in ROLES:
            with contextlib.suppress(ModelError):  # The status says why.
                model = self.choice.named(self.registry.choice(role))
                if model is not None:
                    chosen.setdefault(model, []).append(role)
        return list(chosen.items())

    def found_models(self) -> list[tuple[FoundModel, ModelInfo]]:
        """See `unknown_models`."""
        return unknown_models(self.registry)

    def models_changed(self) -> None:
        """Tell all windows that the chosen models may have changed."""
        self._registry_seen = self._registry_stamp()
        for listener in list(self._listeners):
            listener.models_changed()

    def _is_remote(self, name: str) -> bool:
        try:
            return self.choice.named(name) is not None
        except ModelError:
            return True

    def lease(
        self,
        info: AnyModel,
        role: Role,
        settings: EngineSettings,
        changed: Callable[[], None],
        user: str = "",
        *,
        modest: bool = False,
    ) -> Lease:
        """See `EnginePool.lease`. `user` is the name of whoever asks by a key, "" for an editor."""
        pool = self.engines
        return pool.lease(info.reference, info.name, role, settings, changed, user, modest=modest)

    def report(self, sessions: int) -> dict[str, Any]:
        """Return what `ownstack daemon status --json` prints."""
        return {
            "version": __version__,
            "pid": os.getpid(),
            "mode": self.mode,
            "sessions": sessions,
            "memoryBytes": memory_bytes(),
            "idleMinutes": self.idle_minutes,
            "serving": list(self.serving),
            "models": [model.report() for model in self.engines.models],
            "indexes": [
                {camel(name): value for name, value in dataclasses.asdict(status).items()}
                for status in (self._indexes.statuses() if self._indexes is not None else ())
            ],
        }

    async def close(self) -> None:
        """Free the models, then the thread they ran on, then the logs."""
        self.training.close()
        if self._chats is not None:
            await self._chats.close()
        if self._projects is not None:
            await asyncio.to_thread(self._projects.close)
        if self._indexes is not None:
            await self._indexes.close()
        await self.engines.close()
        for part in (self._native, self._signals, self._usage, self.lines):
            if part is not None:
                await asyncio.to_thread(part.close)
        self.crashes.disarm()

    async def _open(
        self, reference: ModelReference, name: str, settings: EngineSettings, progress: Progress
    ) -> Engine:
        path = reference.path
        if path is None:
            return await remote_models.open_engine(self.servers, reference)
        return await self._open_llama(path, name, settings, progress)

    async def _open_llama(
        self, path: Path, name: str, settings: EngineSettings, progress: Progress
    ) -> Engine:
        # Half a second of imports, so neither at the start nor on the event loop.
        local = await asyncio.to_thread(library.module, "llama.engine")
        if self._native is None:
            scheduler = library.module("llama.scheduler")
            self._native = scheduler.NativeThread()
        engine: Engine = await local.LlamaEngine.open(
            path,
            name=name,
            native=self._native,
            settings=settings,
            cache=self.home.cache,
            on_progress=progress,
            working=functools.partial(self.crashes.working, path),
            adapters=await asyncio.to_thread(self.learned.choice_for, path),
        )
        return engine

    def _is_known(self, name: str) -> bool:
        return any(info.name == name for info in self.registry.list())

    def _tell_of_windows(self) -> None:
        for listener in list(self._listeners):
            listener.windows_changed()

    def _watch_registry(self) -> None:
        replaced = self.engines.give_up_replaced()
        if replaced or self._registry_stamp() != self._registry_seen:
            self.models_changed()
        self.learned.refresh(self._tell_of_windows, self.engines.refused_adapters())
        self.training.look([each for one in self._listeners for each in one.learns_from])
        self._poll.start(REGISTRY_POLL_S)

    def _registry_stamp(self) -> tuple[tuple[int, ...], ...]:
        return tuple(map(stamp, (self.home.models_file, self.home.engines_file)))
