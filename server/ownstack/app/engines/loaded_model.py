"""One model of the engine pool: what became of it, who uses it, and what it takes of memory."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from ownstack.app.engines.load_policy import Resident
from ownstack.engine.protocol import Engine
from ownstack.errors import OwnstackError
from ownstack.models.reference import ModelReference
from ownstack.models.roles import Role
from ownstack.settings import EngineSettings


class LoadedModel:
    """One model: being loaded, loaded, unloaded, or failed to load. Shared by its users."""

    def __init__(
        self,
        reference: ModelReference,
        name: str,
        settings: EngineSettings,
        wake: Callable[[LoadedModel, Role], None],
    ) -> None:
        """`wake` makes it ready for a role, if it is not, and is not being made so."""
        self.reference = reference
        self.name = name
        self.settings = settings
        self.wake = wake
        self.engine: Engine | None = None
        self.progress: float | None = 0.0
        """0..1 while loading, then None."""
        self.error: OwnstackError | None = None
        self.ready: set[Role] = set()
        """The roles that the engine is prepared for."""
        self.refused: dict[Role, OwnstackError] = {}
        """Role → why the model cannot play it."""
        self.unloaded = ""
        """Why it is not in memory any more, in a sentence; "" = it is, or comes, or failed."""
        self.needed_bytes = 0
        """What it takes of memory, as was foretold."""
        self.used_s = 0.0
        """When it was last asked for something, by the pool's clock."""
        self.modest = False
        """Whether no other model has to make room for it."""
        self.held: list[Role] = []
        """The roles of its leases."""
        self.users: list[Callable[[], None]] = []
        """Called, on the event loop, whenever one of the fields above changes."""
        self.stamp: tuple[int, ...] | None = None
        """What the file was when its loading began."""
        self.changed_stamp: tuple[int, ...] | None = None
        """What it was when it was last looked at, if that is something else."""
        self.loading: asyncio.Task[None] | None = None
        self.preparing: dict[Role, asyncio.Task[None]] = {}

    @property
    def memory_bytes(self) -> int:
        """What it takes of memory, or is about to take."""
        if self.engine is not None:
            return max(self.needed_bytes, self.engine.capabilities.memory_bytes)
        return 0 if self.progress is None else self.needed_bytes

    @property
    def completes(self) -> bool:
        """Whether it completes, or did until the last window was closed."""
        return "completion" in (self.held or self.preparing)

    @property
    def at_work(self) -> bool:
        """Whether it is being loaded or prepared, or a request is under way."""
        preparing = any(not task.done() for task in self.preparing.values())
        return preparing or self.engine is None or self.engine.activity.busy

    def resident(self) -> Resident:
        """Return what decides whether it is unloaded."""
        return Resident(
            self.reference,
            self.memory_bytes,
            self.used_s,
            completes=self.completes,
            at_work=self.at_work,
            loading=self.engine is None,
        )

    def report(self) -> dict[str, Any]:
        """Return what `ownstack daemon status --json` prints of it."""
        return {
            "name": self.name,
            "path": self.reference.id,
            "roles": sorted(self.ready),
            "users": len(self.users),
            "loaded": self.engine is not None,
            "memoryBytes": self.memory_bytes,
            "unloaded": self.unloaded,
            "progress": self.progress,
            "error": "" if self.error is None else str(self.error),
        }

    def tell(self) -> None:
        for user in list(self.users):
            user()

    def file_stamp(self) -> tuple[int, ...] | None:
        """Return what tells its file from one that stands in its place later; None without one."""
        path = self.reference.path
        try:
            status = None if path is None else path.stat()
        except OSError:
            return None
        return None if status is None else (status.st_ino, status.st_size, status.st_mtime_ns)
