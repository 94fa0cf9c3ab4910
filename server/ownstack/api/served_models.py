"""Which models are served, by which names, and the hold on one while it is asked and shortly after.

A program that asks two models in turn, for vectors and for answers, should not have each loaded
anew every time.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass

from ownstack.api.refusals import ApiError
from ownstack.app.engines.lease import Lease
from ownstack.app.engines.router import Task
from ownstack.app.host import Host
from ownstack.engine.protocol import Engine
from ownstack.errors import EngineClosedError, ModelTooLargeError, OwnstackError
from ownstack.models.registry import ModelInfo
from ownstack.models.roles import ROLES, Role, unfit
from ownstack.settings import EngineSettings

LOOK_S = 2.0
"""What `ownstack models` changes counts after this time."""
KEEP_S = 120.0
"""A model stays in memory so long after its last request, unless another one needs the place."""


@dataclass(frozen=True, slots=True)
class Hold:
    """A model in use by a request."""

    engine: Engine
    name: str
    chat_tokens: int
    """A conversation has no more tokens than these; the engine may have room for fewer."""
    release: Callable[[], None]
    """To be called once, at the end."""


class ServedModels:
    """The models that this user has made known; none of another machine."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._names: dict[str, ModelInfo] = {}
        self._looked_s = float("-inf")
        self._kept: dict[Lease, asyncio.TimerHandle] = {}

    def close(self) -> None:
        """Let go of what is only kept."""
        for lease in list(self._kept):
            self._drop(lease)

    async def names(self) -> dict[str, ModelInfo]:
        """Return models by name. A role names the model that was chosen for it."""
        if time.monotonic() - self._looked_s > LOOK_S:
            known = await asyncio.to_thread(self._host.known_models)
            names = {info.name: info for info, _ in known if _is_here(info)}
            for info, roles in known:
                for role in roles:
                    if info.name in names:
                        names.setdefault(role, info)
            self._names, self._looked_s = names, time.monotonic()
        return self._names

    async def hold(self, name: str, role: Role, user: str) -> Hold:
        """Load a model if need be, and hold it.

        Raises:
            ApiError: there is none of that name, or it cannot play the role.
            OwnstackError: it cannot be loaded.
        """
        info = (await self.names()).get(name)
        if info is None:
            raise ApiError(
                404,
                f"The model {name!r} does not exist. GET /v1/models lists those that do.",
                code="model_not_found",
                param="model",
            )
        reason = unfit(info, role)
        if reason:
            raise ApiError(400, f"{info.name} {reason}", code="model_not_supported", param="model")
        try:
            lease = await self._with_room(info, role, user)
        except ModelTooLargeError as error:
            if name == info.name or name not in ROLES:
                raise  # This very model was asked for.
            info, lease = await self._standing_in(info, name, role, user, error)
        assert lease.engine is not None
        # What is said of an engine may be the window of completion, if it plays that role, too.
        window = max(lease.engine.capabilities.context_tokens, info.context_tokens or 0)
        return Hold(lease.engine, info.name, window, lambda: self._keep(lease))

    async def _with_room(self, info: ModelInfo, role: Role, user: str) -> Lease:
        """Return a lease; where memory is short, what is only kept is let go of first."""
        try:
            return await self._leased(info, role, user)
        except ModelTooLargeError:
            if not self._kept:
                raise
            self.close()
            return await self._leased(info, role, user)

    async def _standing_in(
        self, info: ModelInfo, asked: Role, role: Role, user: str, error: ModelTooLargeError
    ) -> tuple[ModelInfo, Lease]:
        """Return what stands in, as in an editor, for a role's model that memory is too short for.

        Raises:
            ModelTooLargeError: nothing does; why the first was refused.
        """
        failed: dict[str, OwnstackError] = {info.name: error}
        while True:
            route = await asyncio.to_thread(self._host.choice.route, Task(asked), failed=failed)
            other = route.model
            if not isinstance(other, ModelInfo) or other.name in failed or unfit(other, role):
                raise error
            try:
                return other, await self._leased(other, role, user)
            except ModelTooLargeError as again:
                failed[other.name] = again

    async def _leased(self, info: ModelInfo, role: Role, user: str) -> Lease:
        """Return a lease whose engine is ready.

        Raises:
            OwnstackError: it will not be.
        """
        lease = self._host.lease(info, role, self._settings(info), lambda: None, user)
        try:
            await lease.ready()
            if lease.engine is None:
                raise lease.error or EngineClosedError(f"{info.name} was closed meanwhile.")
        except BaseException:
            lease.release()
            raise
        return lease

    def _keep(self, lease: Lease) -> None:
        """Hold a model a bit longer, in place of what kept it before."""
        for older in [kept for kept in self._kept if kept.reference == lease.reference]:
            self._drop(older)
        loop = asyncio.get_running_loop()
        self._kept[lease] = loop.call_later(KEEP_S, self._drop, lease)

    def _drop(self, lease: Lease) -> None:
        self._kept.pop(lease).cancel()
        lease.release()

    def _settings(self, info: ModelInfo) -> EngineSettings:
        """Return the settings that the model is loaded with, so that it stays loaded."""
        loaded = (
            model.settings
            for model in self._host.engines.models
            if model.reference == info.reference
        )
        return next(loaded, EngineSettings())


def _is_here(info: ModelInfo) -> bool:
    """Say whether it is a file of this machine that can be read."""
    return info.reference.path is not None and bool(info.architecture)
