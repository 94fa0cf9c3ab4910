"""What a window is told about itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from ownstack.daemon.engines import LoadedModel
from ownstack.daemon.index_status import IndexStatus
from ownstack.engine.models import BUILTIN, ModelInfo
from ownstack.errors import OwnstackError
from ownstack.settings import CompletionSettings

State = Literal["starting", "loading", "ready", "noModel", "off", "slow", "error"]
Mode = Literal["daemon", "inProcess"]

BIGGER = "Add a bigger model with: ownstack models add FILE.gguf"
SLOW_LINE_TOKENS = 8
"""A line is at least this long; a model that cannot write it before the deadline is slow."""


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
    completer: Literal["echo", "model"]
    """Who completes now."""
    model: str
    """Name of the model that is used or being loaded; "" without one."""
    progress: float | None = None
    """0..1 while loading."""
    figures: Mapping[str, float] = field(default_factory=dict)
    index: tuple[IndexStatus, ...] = ()
    """One for each workspace folder."""

    def differs(self, other: Status | None) -> bool:
        """Tell whether a person would see a difference (the figures change with every key)."""
        return other is None or _seen(self) != _seen(other)


def _seen(status: Status) -> tuple[object, ...]:
    progress = None if status.progress is None else round(status.progress, 2)
    index = [
        (one.folder, one.state, one.reason, one.progress and round(one.progress, 2), one.files)
        for one in status.index
    ]
    return (
        *(status.state, status.reason, status.completer, status.model, status.sessions, progress),
        *index,
    )


def judge(
    settings: CompletionSettings,
    *,
    picking: bool,
    problem: OwnstackError | None,
    info: ModelInfo | None,
    model: LoadedModel | None,
) -> tuple[State, str]:
    """Return the one word and the one sentence; `info` is what was picked, `model` what is held."""
    if not settings.enabled:
        return "off", "Completion is switched off in the settings."
    builtin = info is not None and info.name == BUILTIN
    error = problem or (model.error if model is not None else None)
    if error is not None and not builtin:
        return "error", f"{error} Until then, completion repeats what is in your files."
    if picking:
        return "starting", "Looking for a model."
    if error is not None or model is None:
        said = error.what if error is not None else info.infill_problem if info is not None else ""
        return "noModel", without_model(said)
    called = "The built-in completer" if builtin else model.name
    if model.engine is None:
        loading = "the built-in completer" if builtin else model.name
        return "loading", f"Loading {loading} ({round(100 * (model.progress or 0.0))} %)."
    decode = model.engine.speed().decode
    if 0 < decode * settings.deadline_ms / 1000 < SLOW_LINE_TOKENS:
        return (
            "slow",
            f"{called} writes {decode:.0f} tokens a second here, too few for a line in "
            f"{settings.deadline_ms} ms. Choose a smaller model.",
        )
    return "ready", f"{called} is ready. {BIGGER if builtin else ''}".rstrip()


def without_model(builtin_problem: str) -> str:
    """Return why there is no model, and what can be done; "" = none is wanted."""
    why = "No model is used, as you chose"
    if builtin_problem:
        said = builtin_problem[0].lower() + builtin_problem[1:].rstrip(".")
        why = f"The built-in completer cannot be used ({said})"
    return (
        f"{why}, so completion repeats what is in your files. "
        "Add a model with: ownstack models add FILE.gguf"
    )
