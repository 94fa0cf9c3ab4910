"""One user's hold on a model of the engine pool, for one role."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from ownstack.app.engines.loaded_model import LoadedModel
from ownstack.engine.protocol import Engine
from ownstack.errors import OwnstackError
from ownstack.models.reference import ModelReference
from ownstack.models.roles import Role
from ownstack.usage.calls import Caller
from ownstack.usage.counting import CountedEngine, Record


class Lease:
    """One user's hold on a model, for one role. It outlives the model's stay in memory.

    The engine is to be asked for anew for each request: a model that nobody asks is unloaded, and
    `ready` has it loaded again.
    """

    def __init__(
        self,
        model: LoadedModel,
        role: Role,
        changed: Callable[[], None],
        record: Record | None = None,
        user: str = "",
    ) -> None:
        """`record` hears of each call of the engine; `user` is for whom it is."""
        self._changed = changed
        self._is_held = True
        self._record = record
        self._counted: CountedEngine | None = None
        self.model = model
        self.role = role
        self.user = user
        model.users.append(changed)
        model.held.append(role)

    @property
    def name(self) -> str:
        return self.model.name

    @property
    def reference(self) -> ModelReference:
        return self.model.reference

    @property
    def engine(self) -> Engine | None:
        """The engine, once it is ready for the role. What it is asked for is counted."""
        engine = self.model.engine if self.role in self.model.ready else None
        if engine is None or self._record is None:
            return engine
        if self._counted is None or self._counted.engine is not engine:
            caller = Caller(self.role, self.reference.engine, self.name, self.user)
            self._counted = CountedEngine(engine, caller, self._record)
        return self._counted

    @property
    def error(self) -> OwnstackError | None:
        """Why there will be no engine, if there will be none."""
        return self.model.error or self.model.refused.get(self.role)

    @property
    def progress(self) -> float | None:
        """0..1 until the engine is there or has failed, then None."""
        if self.engine is not None or self.error is not None or self.unloaded:
            return None
        return 1.0 if self.model.progress is None else self.model.progress

    @property
    def unloaded(self) -> str:
        """Why the model left memory, in a sentence; "" if it did not."""
        return self.model.unloaded

    def wake(self) -> None:
        """Have the model loaded again, if it left memory."""
        if self.engine is None and self.error is None:
            self.model.wake(self.model, self.role)

    async def ready(self) -> None:
        """Wait until the model is ready for the role, or has failed; wakes it."""
        self.wake()
        task = self.model.preparing.get(self.role)
        if task is not None:
            await asyncio.wait({task})

    def release(self) -> None:
        """Let go; the model stays in memory until another one is wanted."""
        if self._is_held:
            self._is_held = False
            self.model.users.remove(self._changed)
            self.model.held.remove(self.role)
