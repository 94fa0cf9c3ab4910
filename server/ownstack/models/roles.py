"""What a model can be wanted for. Settings, status and the engine pool know all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, get_args

if TYPE_CHECKING:
    from ownstack.models.gguf.inspection import ModelInfo

Role = Literal["completion", "edit", "chat", "summary", "embedding"]
ROLES: tuple[Role, ...] = get_args(Role)
CHATTING: frozenset[Role] = frozenset(("edit", "chat", "summary"))
"""Roles that hold a conversation with the model."""


def unfit(info: ModelInfo, role: Role) -> str:
    """Return why a model cannot play a role, as the end of a sentence that names it; "" if it can.

    Whatever reads text can embed it.
    """
    if role == "completion" and not info.infill:
        return f"cannot complete code: {info.infill_problem}"
    if role in CHATTING and not info.chat:
        return f"has no chat template: it cannot be used for {role}."
    return ""
