"""Which model a command asks: the one that is named, else the one that was chosen for the role."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ownstack.errors import ModelError

if TYPE_CHECKING:
    from ownstack.app.engines.model_choice import AnyModel
    from ownstack.app.host import Host
    from ownstack.models.roles import Role


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
