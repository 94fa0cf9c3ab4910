"""One call of an engine, as it is counted: numbers and names, never a text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ownstack.engine.results import Finish, Usage
from ownstack.models.reference import LLAMA
from ownstack.models.roles import Role

Task = Literal["infill", "score", "chat", "embed"]
Outcome = Literal["answered", "cancelled", "failed"]


@dataclass(frozen=True, slots=True)
class Caller:
    """For whom a model works: what is the same for all calls of one user of it."""

    role: Role
    engine: str
    """ "llama", or what the user called a server."""
    model: str
    user: str = ""
    """The name of a key of `ownstack serve`; "" is the user's own editor or terminal."""


@dataclass(frozen=True, slots=True)
class Call:
    """A finished call. Times in milliseconds; those that are not known are 0."""

    caller: Caller
    task: Task
    outcome: Outcome
    background: bool = False
    """Whether nobody waited for it: what is read or written ahead of time."""
    local: bool = True
    """Whether it stayed on this machine."""
    prompt_tokens: int = 0
    reused_tokens: int = 0
    """Those of the prompt that were in the KV cache."""
    generated_tokens: int = 0
    queue_ms: float = 0.0
    prefill_ms: float = 0.0
    decode_ms: float = 0.0
    total_ms: float = 0.0
    """From the call to its end, as the caller saw it."""


def finished(
    caller: Caller,
    task: Task,
    finish: Finish | None,
    usage: Usage,
    *,
    background: bool,
    total_ms: float,
) -> Call:
    """Return the call that ended so; `finish` is None if it failed."""
    outcome: Outcome = "answered"
    if finish is None:
        outcome = "failed"
    elif finish is Finish.CANCELLED:
        outcome = "cancelled"
    return Call(
        caller,
        task,
        outcome,
        background=background,
        local=not usage.leaves_machine if finish is not None else caller.engine == LLAMA,
        prompt_tokens=usage.prompt_tokens,
        reused_tokens=max(usage.prompt_tokens - usage.evaluated_tokens, 0),
        generated_tokens=usage.generated_tokens,
        queue_ms=usage.queue_ms,
        prefill_ms=usage.layout_ms + usage.prefill_ms,
        decode_ms=usage.decode_ms,
        total_ms=total_ms,
    )
