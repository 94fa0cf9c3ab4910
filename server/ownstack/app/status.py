"""What a window is told about itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import psutil

from ownstack.app.engines.lease import Lease
from ownstack.app.engines.model_choice import AnyModel
from ownstack.app.indexes.index_status import IndexStatus
from ownstack.app.role_status import RoleStatus
from ownstack.engine.protocol import Engine
from ownstack.errors import EngineMissingError, OwnstackError
from ownstack.models.registry import BUILTIN
from ownstack.models.remote.model import RemoteModel
from ownstack.settings import CompletionSettings, camel

State = Literal["starting", "loading", "ready", "noModel", "off", "slow", "error"]
Mode = Literal["daemon", "inProcess"]
Completing = Literal["echo", "builtin", "model"]
"""Until the model that was chosen can, it is the built-in network, or echo alone."""

_REPEATS = "completion repeats what is in your files"
BIGGER = "Add a bigger model with: ownstack models add FILE.gguf"


@dataclass(frozen=True, slots=True)
class Status:
    """One word, one sentence, and figures."""

    state: State
    reason: str
    """One sentence for a person."""
    version: str
    mode: Mode
    pid: int
    sessions: int
    """Windows that share this process."""
    completer: Completing
    """Who completes now."""
    model: str
    """Name of the model that is used or being loaded; "" without one."""
    progress: float | None = None
    """0..1 while loading."""
    figures: Mapping[str, float] = field(default_factory=dict)
    index: tuple[IndexStatus, ...] = ()
    """One for each workspace folder."""
    roles: tuple[RoleStatus, ...] = ()
    """Which model plays each role."""

    def differs(self, other: Status | None) -> bool:
        """Tell whether a person would see a difference (the figures change with every key)."""
        return other is None or _seen(self) != _seen(other)


def _seen(status: Status) -> tuple[object, ...]:
    progress = None if status.progress is None else round(status.progress, 2)
    index = [
        (
            followed.folder,
            followed.state,
            followed.reason,
            followed.progress and round(followed.progress, 2),
            followed.files,
        )
        for followed in status.index
    ]
    return (
        *(status.state, status.reason, status.completer, status.model, status.sessions, progress),
        *index,
        *status.roles,
    )


def judge(
    settings: CompletionSettings,
    *,
    picking: bool,
    problem: OwnstackError | None,
    info: AnyModel | None,
    model: Lease | None,
    late: str = "",
    instead: OwnstackError | None = None,
    quick: bool = False,
) -> tuple[State, str]:
    """Return the one word and the one sentence.

    `info` is what was picked, `model` what is held; `late` says that suggestions come too late,
    `instead` why there is not enough memory for the model that was chosen. `quick`: the built-in
    network answers until the model can.
    """
    meanwhile = "the built-in completer answers" if quick else _REPEATS
    if not settings.enabled:
        return "off", "Completion is switched off."
    builtin = info is not None and info.name == BUILTIN
    error = problem or (model.error if model is not None else None)
    if builtin and isinstance(error, EngineMissingError):
        return "noModel", f"{error} Until then, {_REPEATS}."
    if error is not None and not builtin:
        return "error", f"{error} Until then, {meanwhile}."
    if picking:
        return "starting", "Looking for a model."
    if error is not None or model is None:
        said = error.what if error is not None else info.infill_problem if info is not None else ""
        return "noModel", without_model(said)
    called = "The built-in completer" if builtin else model.name
    if model.unloaded:
        again = f"It is loaded again when you type; until then, {meanwhile}."
        return "ready", f"{model.unloaded} {again}"
    if model.engine is None:
        loading = "the built-in completer" if builtin else model.name
        percent = round(100 * (model.progress or 0.0))
        said = f"Loading {loading} ({percent} %)."
        if percent >= 100:
            said = f"{loading[0].upper()}{loading[1:]} is in memory and is tried out."
        return "loading", f"{said} Until then, {meanwhile}." if quick else said
    if late:
        return "slow", late
    if isinstance(info, RemoteModel) and info.leaves_machine:
        return "ready", f"{called} is ready. What is typed leaves this machine: {info.entry.host}."
    if instead is not None:
        return "ready", f"{called} stands in: {instead}"
    return "ready", f"{called} is ready. {BIGGER if builtin else ''}".rstrip()


def who_completes(engine: Engine | None, quick: Engine | None) -> Completing:
    """Return who answers; each is None while it cannot."""
    if engine is not None:
        return "model"
    return "echo" if quick is None else "builtin"


def without_model(builtin_problem: str) -> str:
    """Return why there is no model, and what can be done; "" = none is wanted."""
    why = "No model is used, as you chose"
    if builtin_problem:
        said = builtin_problem[0].lower() + builtin_problem[1:].rstrip(".")
        why = f"The built-in completer cannot be used ({said})"
    return f"{why}, so {_REPEATS}. Add a model with: ownstack models add FILE.gguf"


def figures(statistics: Mapping[str, float], engine: Engine | None) -> dict[str, float]:
    """Return what is counted and measured, by its names on the wire."""
    told = {camel(name): value for name, value in statistics.items()}
    told["memoryBytes"] = psutil.Process().memory_info().rss
    if engine is not None:
        speed = engine.speed()
        told["prefillTokensPerSecond"] = round(speed.prefill, 1)
        told["decodeTokensPerSecond"] = round(speed.decode, 1)
    return told
