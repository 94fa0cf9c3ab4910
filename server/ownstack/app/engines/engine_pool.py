"""The loaded models of a process, each in memory once, however many windows use it."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from ownstack.app.engines import load_policy
from ownstack.app.engines.crashes import CrashRecord
from ownstack.app.engines.lease import Lease
from ownstack.app.engines.load_policy import Resident
from ownstack.app.engines.loaded_model import LoadedModel
from ownstack.app.engines.model_memory import Memory, over_budget
from ownstack.concurrency import CallLater, Delay, Tasks, call_later
from ownstack.engine.adapters import UsesAdapters
from ownstack.engine.protocol import Engine
from ownstack.errors import ModelError, OwnstackError
from ownstack.models.reference import ModelReference
from ownstack.models.roles import Role
from ownstack.settings import EngineSettings
from ownstack.usage.counting import Record

log = logging.getLogger(__name__)

Progress = Callable[[float], None]
OpenEngine = Callable[[ModelReference, str, EngineSettings, Progress], Awaitable[Engine]]
"""Loads a model by its reference and its name; the engine is prepared for roles afterwards."""

_SHORTEST_S = 1.0
"""Idle models are not looked for more often."""


class EnginePool:
    """Models by reference. All methods run on the event loop; loading happens elsewhere."""

    def __init__(
        self,
        open_engine: OpenEngine,
        crashes: CrashRecord,
        record: Record | None = None,
        *,
        memory: Memory | None = None,
        clock: Callable[[], float] = time.monotonic,
        later: CallLater = call_later,
    ) -> None:
        """`record` hears of each call of an engine that was leased; None: nothing is counted.

        `memory` says what there is; None: no model has to make room for another.
        """
        self._record = record
        self._memory = memory
        self._clock = clock
        self._idle = Delay(self._unload_idle, later)
        self._idle_s = 0.0
        self._open_engine = open_engine
        self._crashes = crashes
        self._models: dict[ModelReference, LoadedModel] = {}
        self._closing = Tasks("Freeing a model")

    @property
    def models(self) -> list[LoadedModel]:
        return list(self._models.values())

    def refused_adapters(self) -> dict[Path, str]:
        """Return the files of adapters that engines could not use, and why, a sentence each."""
        refused: dict[Path, str] = {}
        for model in self.models:
            engine: object = model.engine
            if isinstance(engine, UsesAdapters):
                refused |= engine.adapter_problems
        return refused

    def lease(
        self,
        reference: ModelReference,
        name: str,
        role: Role,
        settings: EngineSettings,
        changed: Callable[[], None],
        user: str = "",
        *,
        modest: bool = False,
    ) -> Lease:
        """Hold a model for a role, loading it in the background if nobody has yet.

        Roles that name one model share it. Settings count for the first user; later ones share
        what there is. Models without a user are freed: a machine that holds one model may not
        hold two. No other model has to make room for one that is only wanted `modest`ly.
        """
        model = self._models.get(reference)
        stale = model is not None and not model.users and model.settings != settings
        if model is not None and (model.error is not None or stale):
            self._forget(model)
            model = None
        for other in self.models:
            if not other.users and other is not model:
                self._forget(other)
        if model is None:
            model = LoadedModel(reference, name, settings, self._wake)
            self._models[reference] = model
            model.modest = modest
        model.modest = model.modest and modest
        lease = Lease(model, role, changed, self._record, user)
        if role in model.refused:
            del model.refused[role], model.preparing[role]
        self._wake(model, role)
        return lease

    def unload_after(self, idle_s: float) -> None:
        """Unload models that nobody has asked for so long, but those that complete; 0 = never."""
        self._idle_s = idle_s
        self._watch_idle()

    def give_up_replaced(self) -> bool:
        """Give up models whose files are others by now; return whether there are any.

        Asked again and again: a file that is still being written is left until it stays the same.
        One that was deleted is still in memory, and is used on.
        """
        given_up = False
        for model in self.models:
            stamp = model.file_stamp()
            if stamp is None or model.stamp is None or stamp == model.stamp:
                continue
            settled, model.changed_stamp = stamp == model.changed_stamp, stamp
            if settled:
                model.error = ModelError(
                    f"The file of {model.name} was replaced while it was in use.",
                    "It is loaded anew. Where it does not do, choose another model.",
                )
                model.stamp = None
                given_up = True
                model.tell()
        return given_up

    async def close(self) -> None:
        """Free everything."""
        self._idle.cancel()
        for model in self.models:
            self._forget(model)
        await self._closing.ended()

    def _forget(self, model: LoadedModel) -> None:
        del self._models[model.reference]
        self._closing.start(self._free(model))

    def _wake(self, model: LoadedModel, role: Role) -> None:
        """Load a model that is not in memory, and prepare it for a role that it does not play."""
        if self._models.get(model.reference) is not model:
            return  # It was given up; whoever holds it leases it anew.
        model.used_s = self._clock()
        if model.loading is None:
            model.unloaded, model.progress = "", 0.0
            model.loading = asyncio.ensure_future(self._load(model, role, self._closing.running))
        if role not in model.preparing:
            model.preparing[role] = asyncio.ensure_future(self._prepare(model, role))

    def _unload(self, model: LoadedModel, why: str) -> None:
        """Free a model's memory; its leases stay, and one that nobody holds is forgotten."""
        log.info("%s", why)
        engine, worked = model.engine, bool(model.ready)
        assert engine is not None
        model.engine = model.loading = None
        model.ready.clear()
        model.refused.clear()
        model.preparing.clear()
        model.unloaded = why
        self._closing.start(self._close(model, engine, worked=worked))
        if not model.users:
            del self._models[model.reference]
        model.tell()

    def _others(self, model: LoadedModel | None = None) -> list[Resident]:
        """Return what is in memory beside a model; models of servers take none."""
        return [
            other.resident()
            for other in self.models
            if other is not model and other.reference.path is not None and other.memory_bytes
        ]

    async def _make_room(self, model: LoadedModel) -> None:
        """Unload what has to make room for a model that is about to be loaded.

        Raises:
            ModelTooLargeError: it does not fit into what models may take.
        """
        if self._memory is None or model.reference.path is None:
            return
        needed = await asyncio.to_thread(self._memory.needed_bytes, model.reference, model.settings)
        room = await asyncio.to_thread(self._memory.room, model.settings)
        others = self._others(model)
        plan = load_policy.make_room(needed, others, room, modest=model.modest)
        if not plan.fits and (coming := self._coming(model)):
            await asyncio.wait(coming)  # What is just being loaded can make room once it is there.
            others = self._others(model)
            plan = load_policy.make_room(needed, others, room, modest=model.modest)
        if not plan.fits:
            in_use = sum(other.memory_bytes for other in others if other.at_work)
            raise over_budget(model.name, needed, in_use, room)
        model.needed_bytes = needed
        self._unload_for(model, plan.unload)
        if closing := self._closing.running:
            await asyncio.wait(set(closing))

    def _coming(self, model: LoadedModel) -> set[asyncio.Task[None]]:
        """Return what loads and prepares others; those that wait for room themselves are none."""
        return {
            task
            for other in self.models
            if other is not model and other.memory_bytes
            for task in (other.loading, *other.preparing.values())
            if task is not None and not task.done()
        }

    async def _keep_within(self, model: LoadedModel) -> None:
        """Unload others if a model, prepared for a role, has taken more than was foretold."""
        if self._memory is None or model.memory_bytes <= model.needed_bytes:
            return
        room = await asyncio.to_thread(self._memory.room, model.settings)
        others = self._others(model)
        plan = load_policy.make_room(model.memory_bytes, others, room, modest=model.modest)
        model.needed_bytes = model.memory_bytes
        self._unload_for(model, plan.unload)

    def _unload_for(self, model: LoadedModel, leaving: tuple[ModelReference, ...]) -> None:
        for reference in leaving:
            other = self._models[reference]
            self._unload(other, f"{other.name} was unloaded to make room for {model.name}.")

    def _unload_idle(self) -> None:
        now = self._clock()
        for reference in load_policy.idle(self._in_memory(), now, self._idle_s):
            model = self._models[reference]
            minutes = round((now - model.used_s) / 60)
            self._unload(model, f"{model.name} was unloaded: it was not used for {minutes} min.")
        self._watch_idle()

    def _watch_idle(self) -> None:
        """Look again when the next model may have been idle for long enough."""
        waiting = [model.used_s for model in self._in_memory() if not model.completes]
        if not self._idle_s or not waiting:
            self._idle.cancel()
            return
        left = min(waiting) + self._idle_s - self._clock()
        self._idle.start(max(left, _SHORTEST_S))

    def _in_memory(self) -> list[Resident]:
        """Return what is in memory; what is at work is used now."""
        for model in self.models:
            if model.engine is not None and model.at_work:
                model.used_s = self._clock()
        return [resident for resident in self._others() if not resident.loading]

    async def _load(
        self, model: LoadedModel, role: Role, waited_for: tuple[asyncio.Task[None], ...]
    ) -> None:
        if waited_for:
            await asyncio.wait(set(waited_for))
        loop, path = asyncio.get_running_loop(), model.reference.path
        model.stamp = model.file_stamp()

        def progress(fraction: float) -> None:
            loop.call_soon_threadsafe(self._progressed, model, fraction)

        try:
            await self._make_room(model)
            if path is not None:
                self._crashes.check(path, model.name, role)
                self._crashes.begin(path)
            with self._at_work(model):
                model.engine = await self._open_engine(
                    model.reference, model.name, model.settings, progress
                )
            model.engine.activity.on_request = lambda: self._used(model)
        except asyncio.CancelledError:
            self._gave_back(model, worked=False)
            raise
        except Exception as error:
            model.error = _explained(model, error)
        if model.engine is None:
            self._gave_back(model, worked=False)
        model.progress = None
        model.tell()

    async def _prepare(self, model: LoadedModel, role: Role) -> None:
        """Make the engine ready for a role, once the model is loaded.

        One that can play none of the roles it was wanted for is not kept in memory.
        """
        assert model.loading is not None
        await asyncio.wait({model.loading})
        engine = model.engine
        if engine is None:
            return
        try:
            with self._at_work(model):
                await engine.prepare(role)
            model.ready.add(role)
            self._used(model)
            await self._keep_within(model)
            self._watch_idle()
        except Exception as error:
            model.refused[role] = _explained(model, error)
            if model.refused.keys() == model.preparing.keys() and model.engine is not None:
                model.error, model.engine = model.refused[role], None
                self._closing.start(self._close(model, engine, worked=bool(model.ready)))
        model.tell()

    def _used(self, model: LoadedModel) -> None:
        model.used_s = self._clock()

    async def _free(self, model: LoadedModel) -> None:
        tasks = {task for task in (model.loading, *model.preparing.values()) if task is not None}
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
        engine, model.engine = model.engine, None
        if engine is not None:
            await self._close(model, engine, worked=bool(model.ready))

    async def _close(self, model: LoadedModel, engine: Engine, *, worked: bool) -> None:
        try:
            with self._at_work(model):
                await engine.close()
        except OwnstackError as error:
            log.warning("The model %s did not close well: %s", model.name, error)
        self._gave_back(model, worked=worked)

    def _at_work(self, model: LoadedModel) -> AbstractContextManager[None]:
        path = model.reference.path
        return nullcontext() if path is None else self._crashes.at_work(path)

    def _gave_back(self, model: LoadedModel, *, worked: bool) -> None:
        if model.reference.path is not None:
            self._crashes.end(model.reference.path, worked=worked)

    def _progressed(self, model: LoadedModel, fraction: float) -> None:
        if model.progress is not None:
            model.progress = min(max(fraction, 0.0), 1.0)
            model.tell()


def _explained(model: LoadedModel, error: Exception) -> OwnstackError:
    """Log why a model cannot be used, and return it as an error for a person."""
    if isinstance(error, OwnstackError):
        log.warning("%s", error)
        return error
    log.error("The model %s cannot be loaded", model.reference.id, exc_info=error)
    return OwnstackError(f"The model {model.name} cannot be loaded: {error}.")
