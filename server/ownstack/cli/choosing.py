"""Which model a command asks: the one that is named, else the one that was chosen for the role."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from ownstack.cli.output import warn
from ownstack.errors import ModelError

if TYPE_CHECKING:
    from ownstack.app.engines.model_choice import AnyModel
    from ownstack.app.host import Host
    from ownstack.engine.protocol import Engine
    from ownstack.models.roles import Role


def add_model_to(command: argparse.ArgumentParser) -> None:
    """Let a command take the model that is asked."""
    command.add_argument(
        "--model",
        default="",
        metavar="NAME|PATH",
        help="a known model, a GGUF file, or ENGINE:MODEL of a server",
    )


async def engine_for(
    host: Host, role: Role, named: str, loading: Callable[[str], None] = lambda name: None
) -> Engine:
    """Return the model to ask, loaded; `loading` is told its name before.

    What stands in where the role's cannot be loaded, such as a smaller one where memory is short,
    is said. One that is named answers, or none.

    Raises:
        OwnstackError: there is none, or it cannot be loaded.
    """
    import asyncio

    from ownstack.app.role_models import RoleModel
    from ownstack.settings import ModelSettings, Settings

    info = await asyncio.to_thread(model_for, host, role, named)
    loading(info.name)
    if named:
        lease = host.lease(info, role, Settings().engine, lambda: None)
        await lease.ready()
        if lease.engine is None:
            raise lease.error or ModelError(f"{info.name} cannot be loaded.")
        return lease.engine
    model = RoleModel(host, role, lambda: None)
    await model.look_up(ModelSettings(), ())
    engine = await model.loaded(Settings())
    chosen = None if model.decision is None else model.decision.chosen
    if model.decision is not None and chosen is not None and chosen.fallback:
        warn(model.decision.explanation())
    return engine


def model_for(host: Host, role: Role, named: str) -> AnyModel:
    """Return the model to ask: a file, a known one by its name, or with "" the role's.

    Raises:
        ModelError: there is none; how to get one that fits.
    """
    setting = str(Path(named).resolve()) if named and Path(named).is_file() else named
    info = host.pick(role, setting)
    if info is not None:
        return info
    known = [model for model, _roles in host.known_models() if model.chat]
    if known:
        names = ", ".join(model.name for model in known[:5])
        raise ModelError(
            f"No model is chosen for {role}.",
            f"These can chat: {names}. Choose one with: "
            f"ownstack models use {known[0].name} --for {role}",
        )
    raise ModelError(
        f"There is no model for {role}.",
        f"See what fits this machine: ownstack models recommend --role {role}. Then: "
        f"ownstack models pull NAME, and ownstack models use NAME --for {role}",
    )
