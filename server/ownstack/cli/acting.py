"""What commands that act on code work with: a model, the project's index, what belongs to lines."""

from __future__ import annotations

import contextlib
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ownstack.cli.choosing import engine_for
from ownstack.cli.output import say_meanwhile, warn
from ownstack.cli.project import opened
from ownstack.errors import IndexingError, in_words

if TYPE_CHECKING:
    from ownstack.actions.context import Around
    from ownstack.actions.target import Target
    from ownstack.engine.protocol import Engine
    from ownstack.index.snapshot.snapshot import Snapshot
    from ownstack.models.roles import Role

RELATED_SHARE = 0.2
"""Of the model's window: what belongs to the lines."""


@dataclass(frozen=True, slots=True)
class Means:
    """A model, and the project as it is known."""

    engine: Engine
    snapshot: Snapshot | None
    root: Path

    async def around(self, target: Target) -> Around:
        """Return what belongs to lines."""
        import asyncio

        from ownstack.actions.context import around

        budget = int(RELATED_SHARE * self.engine.capabilities.context_tokens)
        return await asyncio.to_thread(
            around, self.snapshot, target, self.engine.count, budget, self.root
        )


@contextlib.asynccontextmanager
async def means(
    root: Path, role: Role, model: str, *, quiet: bool = False, indexed: bool = True
) -> AsyncIterator[Means]:
    """Load a model, and bring the project's index up to date; without one it goes on.

    Raises:
        OwnstackError: there is no such model, or it cannot be loaded.
    """
    from ownstack.app.host import Host
    from ownstack.engine.about_project import AboutProject
    from ownstack.paths import Home

    async with contextlib.AsyncExitStack() as stack:
        host = Host(Home.default(), mode="inProcess")
        stack.push_async_callback(host.close)
        loading = (
            (lambda name: None) if quiet else (lambda name: say_meanwhile(f"Loading {name} …"))
        )
        engine = await engine_for(host, role, model, loading)
        snapshot = None
        if indexed:
            try:
                snapshot = stack.enter_context(opened(root, quiet=quiet)).snapshot
            except IndexingError as error:
                warn(f"Without the project's index: {in_words(error)}")
        yield Means(AboutProject(engine, os.path.realpath(root), role), snapshot, root)
