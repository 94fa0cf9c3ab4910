"""What a window is told about the model of a role."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ownstack.app.learning.adapter_status import AdapterStatus
from ownstack.models.roles import Role

RoleState = Literal["none", "chosen", "loading", "ready", "error"]


@dataclass(frozen=True, slots=True)
class RoleStatus:
    """Who plays a role."""

    role: Role
    model: str
    """Its name; "" if there is none."""
    state: RoleState
    """A model that was chosen is loaded when it is first needed."""
    reason: str = ""
    """For a person: why it cannot play the role, why it was unloaded, or why it stands in."""
    engine: str = ""
    """What runs it: "llama" in this process, or what the user called a server; "" without one."""
    leaves_machine: bool = False
    """Whether what it is given is sent to another machine."""
    explanation: str = ""
    """Why it is this one, or none, in one sentence."""
    adapters: tuple[AdapterStatus, ...] = ()
    """Those that serve with it in this window, and those that one would expect to."""
