"""The loaded models of a process, each in memory once, however many windows use it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path

from ownstack.daemon.crashes import CrashRecord
from ownstack.engine.protocol import Engine
from ownstack.errors import OwnstackError
from ownstack.settings import EngineSettings

log = logging.getLogger(__name__)

Progress = Callable[[float], None]
OpenEngine = Callable[[Path, str, EngineSettings, Progress], Awaitable[Engine]]


class LoadedModel:
    """One model: being loaded, loaded, or failed to load. Shared by its users."""

    def __init__(self, path: Path, name: str, settings: EngineSettings) -> None:
        self.path = path
        self.name = name
        self.settings = settings
        self.engine: Engine | None = None
        self.progress: float | None = 0.0
        """0..1 while loading, then None."""
        self.error: OwnstackError | None = None
        self.users: list[Callable[[], None]] = []
        """Called, on the event loop, whenever one of the fields above changes."""
        self.task: asyncio.Task[None] | None = None

    def tell(self) -> None:
        for user in list(self.users):
            user()


class Lease:
    """One user's hold on a model."""

    def __init__(self, pool: EnginePool, model: LoadedModel, changed: Callable[[], None]) -> None:
        self._pool = pool
        self._changed = changed
        self.model = model
        model.users.append(changed)

    @property
    def engine(self) -> Engine | None:
        return self.model.engine

    async def ready(self) -> None:
        """Wait until the model is loaded or has failed."""
        if self.model.task is not None:
            await asyncio.wait({self.model.task})

    def release(self) -> None:
        """Let go; the model stays in memory until another one is wanted."""
        if self._changed in self.model.users:
            self.model.users.remove(self._changed)


class EnginePool:
    """Models by path. All methods run on the event loop; loading happens elsewhere."""

    def __init__(self, open_engine: OpenEngine, crashes: CrashRecord) -> None:
        self._open_engine = open_engine
        self._crashes = crashes
        self._models: dict[Path, LoadedModel] = {}
        self._closing: set[asyncio.Task[None]] = set()

    @property
    def models(self) -> list[LoadedModel]:
        return list(self._models.values())

    def lease(
        self, path: Path, name: str, settings: EngineSettings, changed: Callable[[], None]
    ) -> Lease:
        """Hold a model, loading it in the background if nobody has yet.

        Settings count for the first user; later ones share what there is. Models without a
        user are freed: a machine that holds one model may not hold two.
        """
        model = self._models.get(path)
        stale = model is not None and not model.users and model.settings != settings
        if model is not None and (model.error is not None or stale):
            self._forget(model)
            model = None
        for other in self.models:
            if not other.users and other is not model:
                self._forget(other)
        if model is None:
            model = self._models[path] = LoadedModel(path, name, settings)
            waited_for = tuple(self._closing)
            model.task = asyncio.ensure_future(self._load(model, waited_for))
        return Lease(self, model, changed)

    async def close(self) -> None:
        """Free everything."""
        for model in self.models:
            self._forget(model)
        while self._closing:
            await asyncio.wait(set(self._closing))

    def _forget(self, model: LoadedModel) -> None:
        del self._models[model.path]
        task = asyncio.ensure_future(self._free(model))
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    async def _load(self, model: LoadedModel, waited_for: tuple[asyncio.Task[None], ...]) -> None:
        if waited_for:
            await asyncio.wait(set(waited_for))
        loop = asyncio.get_running_loop()

        def progress(fraction: float) -> None:
            loop.call_soon_threadsafe(self._progressed, model, fraction)

        try:
            self._crashes.check(model.path, model.name)
            self._crashes.begin(model.path)
            model.engine = await self._open_engine(model.path, model.name, model.settings, progress)
        except asyncio.CancelledError:
            self._crashes.end(model.path, worked=False)
            raise
        except OwnstackError as error:
            log.warning("%s", error)
            model.error = error
        except Exception as error:
            log.exception("The model %s cannot be loaded", model.path)
            model.error = OwnstackError(f"The model {model.name} cannot be loaded: {error}.")
        if model.engine is None:
            self._crashes.end(model.path, worked=False)
        model.progress = None
        model.tell()

    async def _free(self, model: LoadedModel) -> None:
        assert model.task is not None
        model.task.cancel()
        await asyncio.wait({model.task})
        if model.engine is None:
            return
        engine, model.engine = model.engine, None
        try:
            await engine.close()
        except OwnstackError as error:
            log.warning("The model %s did not close well: %s", model.name, error)
        self._crashes.end(model.path, worked=True)

    def _progressed(self, model: LoadedModel, fraction: float) -> None:
        if model.progress is not None:
            model.progress = min(max(fraction, 0.0), 1.0)
            model.tell()
