"""The built-in network beside a larger model that completes: it answers where that takes longer."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from ownstack.app.engines.lease import Lease
from ownstack.app.engines.model_choice import AnyModel
from ownstack.app.host import Host
from ownstack.engine.protocol import Engine
from ownstack.errors import ModelError
from ownstack.models.registry import BUILTIN, ModelInfo
from ownstack.settings import EngineSettings

log = logging.getLogger(__name__)


class QuickModel:
    """One window's hold on it. No model has to make room for it; without room there is none."""

    def __init__(self, host: Host, changed: Callable[[], None]) -> None:
        self._host = host
        self._changed = changed
        self._lease: Lease | None = None

    @property
    def engine(self) -> Engine | None:
        """The network, once it is loaded; None where it is not wanted or cannot be used."""
        return None if self._lease is None else self._lease.engine

    async def hold(self, completes: AnyModel | None, settings: EngineSettings) -> None:
        """Hold it beside the model that completes; let go of it if that is itself, or none."""
        wanted = completes is not None and completes.infill and completes.name != BUILTIN
        info = await asyncio.to_thread(self._builtin) if wanted else None
        if info is None:
            self.let_go()
        elif self._lease is None or self._lease.error is not None:
            self.let_go()
            self._lease = self._host.lease(info, "completion", settings, self._changed, modest=True)

    def wake(self) -> None:
        """Have it loaded again, if it made room for another one."""
        if self._lease is not None and self._lease.unloaded:
            self._lease.wake()

    async def ready(self) -> None:
        """Wait until it is loaded, has failed, or is not wanted."""
        if self._lease is not None:
            await self._lease.ready()

    def let_go(self) -> None:
        lease, self._lease = self._lease, None
        if lease is not None:
            lease.release()

    def _builtin(self) -> ModelInfo | None:
        """Return what is known of it, None if it cannot complete. Reads a file's head."""
        try:
            info = self._host.registry.resolve(BUILTIN)
        except ModelError as error:
            log.info("The built-in completer does not answer meanwhile: %s", error)
            return None
        return info if info.infill else None
