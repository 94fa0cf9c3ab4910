"""What the commands about models share: the host, and how a model is described in JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ownstack.app.host import Host
    from ownstack.app.model_offers import ModelOffers
    from ownstack.models.registry import ModelInfo


def host() -> Host:
    from ownstack.app.host import Host
    from ownstack.paths import Home

    return Host(Home.default(), mode="inProcess")


def offers() -> ModelOffers:
    from ownstack.app.model_offers import ModelOffers

    return ModelOffers(host())


def entry(info: ModelInfo, roles: list[Any]) -> dict[str, Any]:
    """Return a model as `ownstack/models` shows it, and what only a terminal shows."""
    from ownstack.models.registry import BUILTIN

    return {
        "name": info.name,
        "path": str(info.path),
        "sizeBytes": info.size_bytes,
        "architecture": info.architecture,
        "parameters": info.parameters,
        "contextTokens": info.context_tokens,
        "quantization": info.quantization,
        "license": info.license,
        "builtIn": info.name == BUILTIN,
        "infill": info.infill,
        "infillOrder": info.infill_order,
        "infillProblem": info.infill_problem,
        "chat": info.chat,
        "chosenFor": roles,
    }


def next_steps(info: ModelInfo) -> list[str]:
    """Return what to do with a model that has just come, one line a possibility."""
    from ownstack.models.roles import unfit

    lines = [
        f"To {verb} with it: ownstack models use {info.name} --for {role}"
        for role, verb in (("completion", "complete"), ("chat", "chat"))
        if not unfit(info, role)  # type: ignore[arg-type]
    ]
    if info.infill_problem:
        lines.insert(0, f"It cannot complete code: {info.infill_problem}")
    return lines
