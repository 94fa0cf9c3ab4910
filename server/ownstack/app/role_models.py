"""Which model plays each role in one window: looked up by settings, loaded when it is needed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from ownstack.app.documents.document_uris import check_trust
from ownstack.app.engines.lease import Lease
from ownstack.app.engines.model_choice import AnyModel
from ownstack.app.engines.router import Decision, Task
from ownstack.app.host import Host
from ownstack.app.learning.window_projects import NO_PROJECTS, WindowProjects
from ownstack.app.quick_model import QuickModel
from ownstack.app.role_status import RoleState, RoleStatus
from ownstack.engine.protocol import Engine
from ownstack.errors import ModelError, ModelTooLargeError, OwnstackError
from ownstack.models.registry import BUILTIN
from ownstack.models.remote.model import RemoteModel
from ownstack.models.roles import ROLES, Role
from ownstack.settings import EngineSettings, ModelSettings, Settings


class RoleModel:
    """The model of one role: what was found for it, and the hold on it once it is in use."""

    def __init__(self, host: Host, role: Role, changed: Callable[[], None]) -> None:
        self.role = role
        self.info: AnyModel | None = None
        self.decision: Decision | None = None
        """How it came about that it is this model."""
        self.problem: OwnstackError | None = None
        """Why the model that the settings name cannot be used."""
        self.lease: Lease | None = None
        self._failed: dict[str, OwnstackError] = {}
        """Models that were tried since the last choice, and why they did not do it."""
        self._host = host
        self._changed = changed

    @property
    def engine(self) -> Engine | None:
        return None if self.lease is None else self.lease.engine

    @property
    def failure(self) -> OwnstackError | None:
        """Why the model that was asked for is not used; nobody asks for the built-in one."""
        if self.problem is not None or self.lease is None or self.lease.name == BUILTIN:
            return self.problem
        return self.lease.error

    @property
    def parameters(self) -> int | None:
        """So many has the model; None if that is not known, or for the built-in one."""
        return None if self.info is None or self.info.name == BUILTIN else self.info.parameters

    async def look_up(self, settings: ModelSettings, untrusted: Sequence[Path]) -> None:
        """Find out which model it is; none that lies in a folder that is not trusted."""
        info: AnyModel | None = None
        problem: OwnstackError | None = None
        decision: Decision | None = None
        try:
            check_trust(getattr(settings, self.role), untrusted)
            task = Task(self.role)
            route = await asyncio.to_thread(self._host.route, task, settings, self._failed)
            info, problem, decision = route.model, route.problem, route.decision
        except OwnstackError as error:
            problem = error
        except OSError as error:
            problem = ModelError(f"The list of models cannot be read: {error}.")
        # What something stands in for is no problem; the explanation says so.
        self.problem = problem if info is None else None
        self.info, self.decision = info, decision

    def forget_failures(self) -> None:
        """Let what failed be tried again."""
        self._failed = {}

    @property
    def set_aside(self) -> OwnstackError | None:
        """Why there is not enough memory for the model that was chosen, if another stands in."""
        chosen = None if self.decision is None else self.decision.chosen
        if chosen is None or not chosen.fallback:
            return None
        short = (e for e in self._failed.values() if isinstance(e, ModelTooLargeError))
        return next(short, None)

    async def fall_back(self, settings: ModelSettings, untrusted: Sequence[Path]) -> bool:
        """Pass over the model that could not be loaded; return whether something stands in.

        If memory is short and nothing does, the chosen one is tried again when it is wanted.
        """
        error = None if self.lease is None else self.lease.error
        if self.lease is None or error is None or self.decision is None:
            return False
        short = isinstance(error, ModelTooLargeError)
        if not short and not any(step.verdict == "in reserve" for step in self.decision.steps):
            return False
        self._failed[self.lease.name] = error
        await self.look_up(settings, untrusted)
        if self.info is not None or not short:
            return self.info is not None
        problem = next(iter(self._failed.values()))
        self.forget_failures()
        self.let_go()
        await self.look_up(settings, untrusted)
        self.problem = self.problem or problem
        return False

    async def loaded(self, settings: Settings, untrusted: Sequence[Path] = ()) -> Engine:
        """Return the engine of the model that was looked up, or of what stands in for it.

        Raises:
            OwnstackError: no model was chosen, or it cannot play the role; what to do.
        """
        failure: OwnstackError | None = None
        while True:
            lease = await self._leased(settings.engine)
            if lease.engine is not None:
                return lease.engine
            if lease.unloaded:
                continue  # Another model needed the room before this one was asked.
            closed = ModelError(f"{lease.name} was closed while it was loaded.")
            failure = failure or lease.error or closed
            if not await self.fall_back(settings.models, untrusted):
                raise failure

    async def _leased(self, settings: EngineSettings) -> Lease:
        """Hold the model, and wait until it is ready or has failed."""
        if self.info is None and self.problem is not None:
            raise self.problem
        self.hold(settings)
        if self.lease is None:
            raise ModelError(
                f"No model is chosen for {self.role}.",
                f"Choose one with: ownstack models use NAME --for {self.role}",
            )
        lease = self.lease
        await lease.ready()
        return lease

    def wake(self) -> None:
        """Have the model loaded again, if it made room for another one."""
        if self.lease is not None and self.lease.unloaded:
            self.lease.wake()

    def hold(self, settings: EngineSettings) -> bool:
        """Lease the model that was found; return whether it is another one than before."""
        info, lease = self.info, self.lease
        if info is None or (self.role == "completion" and not info.infill):
            self.let_go()
            return False
        if lease is not None and lease.reference == info.reference and lease.error is None:
            return False
        self.let_go()
        self.problem = None
        self.lease = self._host.lease(info, self.role, settings, self._changed)
        return True

    def let_go(self) -> None:
        lease, self.lease = self.lease, None
        if lease is not None:
            lease.release()

    def status(self, projects: WindowProjects = NO_PROJECTS) -> RoleStatus:
        """Return what a window is told, of adapters those for its projects."""
        state, reason = self._state()
        info, adapters = self.info, self._host.learned.statuses
        return RoleStatus(
            self.role,
            "" if info is None else info.name,
            state,
            reason,
            engine="" if info is None else info.reference.engine,
            leaves_machine=isinstance(info, RemoteModel) and info.leaves_machine,
            explanation="" if self.decision is None else self.decision.explanation(),
            adapters=()
            if info is None
            else adapters(info.reference.path, info.name, self.role, projects),
        )

    def _state(self) -> tuple[RoleState, str]:
        error = None if self.lease is None else self.lease.error
        if self.info is None or error is not None or (self.problem and self.lease is None):
            error = self.problem or error
            return ("none", "") if error is None else ("error", str(error))
        if self.lease is None:
            unusable = self.info.infill_problem if self.role == "completion" else ""
            return ("error" if unusable else "chosen"), unusable
        if self.lease.unloaded:
            return "chosen", self.lease.unloaded
        if self.engine is None:
            return "loading", ""
        return "ready", "" if self.set_aside is None else str(self.set_aside)


class RoleModels:
    """The models of all roles in one window. That for completion is loaded at once."""

    def __init__(self, host: Host, changed: Callable[[], None]) -> None:
        self._all = {role: RoleModel(host, role, changed) for role in ROLES}
        self.quick = QuickModel(host, changed)
        self._changed = changed
        self._settings = Settings()
        self._untrusted: Sequence[Path] = ()
        self._picked: asyncio.Task[None] | None = None
        """Looks for the model that completes."""
        self._others: asyncio.Task[None] | None = None
        self._standing_in: asyncio.Task[None] | None = None
        """Sees to what completes where the chosen model cannot be loaded."""

    def __getitem__(self, role: Role) -> RoleModel:
        return self._all[role]

    @property
    def picking(self) -> bool:
        """Whether it is still being found out which model completes."""
        return self._picked is not None and not self._picked.done()

    def pick(
        self,
        settings: Settings,
        untrusted: Sequence[Path],
        switched: Callable[[], None] = lambda: None,
    ) -> None:
        """Find out which models to use, off the event loop, and use them.

        `switched` is called when another model completes.
        """
        self._stop()
        self._settings, self._untrusted = settings, untrusted
        for player in self._all.values():
            player.forget_failures()
        self._picked = asyncio.ensure_future(self._pick_completion(settings, untrusted, switched))
        self._others = asyncio.ensure_future(self._pick_others(settings, untrusted, self._picked))
        self._standing_in = asyncio.ensure_future(self._stand_in(self._picked, switched))

    async def picked(self, timeout_s: float | None = None) -> None:
        """Wait until it is known which model completes, or for so long."""
        if self._picked is not None:
            await asyncio.wait({self._picked}, timeout=timeout_s)

    async def ready(self) -> None:
        """Wait until what completes is loaded, has failed, or there is none to load.

        What stands in for a model that has failed is waited for, too.
        """
        while self._standing_in is not None and not self._standing_in.done():
            await asyncio.wait({self._standing_in})
        lease = self._all["completion"].lease
        if lease is not None:
            await lease.ready()

    async def known(self) -> None:
        """Wait until it is known which model plays each role; loads none of them."""
        while self._others is not None and not self._others.done():
            await asyncio.wait({self._others})

    async def engine(self, role: Role, settings: EngineSettings) -> Engine:
        """Return the engine that plays a role, loading its model if need be.

        Raises:
            OwnstackError: no model was chosen, or it cannot play the role; what to do.
        """
        await self.known()
        used = replace(self._settings, engine=settings)
        return await self._all[role].loaded(used, self._untrusted)

    def wake(self) -> None:
        """Have what completes loaded again, if it made room for another model."""
        self._all["completion"].wake()
        self.quick.wake()

    def let_go(self) -> None:
        for player in self._all.values():
            player.let_go()
        self.quick.let_go()

    def close(self) -> None:
        """Give everything back."""
        self._stop()
        self.let_go()

    def status(self, projects: WindowProjects = NO_PROJECTS) -> tuple[RoleStatus, ...]:
        """See `RoleModel.status`."""
        return tuple(player.status(projects) for player in self._all.values())

    def _stop(self) -> None:
        for task in (self._picked, self._others, self._standing_in):
            if task is not None:
                task.cancel()

    async def _pick_completion(
        self, settings: Settings, untrusted: Sequence[Path], switched: Callable[[], None]
    ) -> None:
        player = self._all["completion"]
        await player.look_up(settings.models, untrusted)
        await self.quick.hold(player.info, settings.engine)
        if player.hold(settings.engine):
            switched()
        self._changed()

    async def _pick_others(
        self, settings: Settings, untrusted: Sequence[Path], first: asyncio.Task[None]
    ) -> None:
        """Look the other models up; those in use are exchanged."""
        await asyncio.wait({first})
        for player in self._all.values():
            if player.role != "completion":
                await player.look_up(settings.models, untrusted)
                if player.lease is not None:
                    player.hold(settings.engine)
        self._changed()

    async def _stand_in(self, first: asyncio.Task[None], switched: Callable[[], None]) -> None:
        """Have the model that completes followed by what stands in for it, if it cannot."""
        await asyncio.wait({first})
        player = self._all["completion"]
        while player.lease is not None:
            await player.lease.ready()
            if not await player.fall_back(self._settings.models, self._untrusted):
                return
            if player.hold(self._settings.engine):
                switched()
            await self.quick.hold(player.info, self._settings.engine)
            self._changed()
