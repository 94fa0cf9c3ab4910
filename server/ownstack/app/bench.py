"""Measures how fast a model reads and writes, with the engine and the settings that work uses."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from ownstack.app.engines.lease import Lease
from ownstack.app.host import Host
from ownstack.engine.messages import Message
from ownstack.engine.protocol import Engine
from ownstack.engine.requests import ChatRequest, InfillRequest
from ownstack.engine.results import Usage
from ownstack.errors import ModelError
from ownstack.models.hardware import sizing
from ownstack.models.registry import ModelInfo
from ownstack.models.roles import Role, unfit
from ownstack.models.speeds import MeasuredSpeed
from ownstack.settings import EngineSettings

_RUNS = 4
_PROMPT_LINES = 60
_ANSWER_TOKENS = 48
_FEWEST_TOKENS = 16
"""Answers of fewer tokens in all say nothing."""


async def measure(
    host: Host, info: ModelInfo, tell: Callable[[str], None] = lambda line: None
) -> MeasuredSpeed:
    """Load a model, have it answer some prompts that it has not seen, and return its speeds.

    Other programs count: measure on a machine that is otherwise at rest.

    Raises:
        OwnstackError: it cannot be loaded, neither completes nor chats, or does not write.
    """
    role: Role = "chat" if info.chat else "completion"
    reason = unfit(info, role)
    if reason:
        raise ModelError(
            f"{info.name} {reason}", "Only models that complete or chat can be measured."
        )
    settings = EngineSettings()
    lease = host.lease(info, role, settings, lambda: None)
    tell(f"Loading {info.name} …")
    try:
        engine = await _ready(lease)
        usages = []
        for run in range(_RUNS):
            tell(f"Run {run + 1} of {_RUNS} …")
            usages.append(await _answered(engine, role, run))
        return _speed(info, usages, engine.capabilities.device, settings)
    finally:
        lease.release()


async def _ready(lease: Lease) -> Engine:
    await lease.ready()
    if lease.engine is None:
        raise lease.error or ModelError(f"{lease.name} was closed while it was loaded.")
    return lease.engine


async def _answered(engine: Engine, role: Role, run: int) -> Usage:
    text = _text(run)
    if role == "completion":
        request = InfillRequest(
            prefix=f"{text}def total_{run}(", suffix="\n", path=f"bench_{run}.py",
            max_tokens=_ANSWER_TOKENS, max_lines=40,
        )  # fmt: skip
        return (await engine.infill(request).result()).usage
    question = Message.of("user", f"Explain each line of this program:\n\n{text}")
    stream = engine.chat(ChatRequest((question,), f"bench-{run}", max_tokens=_ANSWER_TOKENS))
    usage = Usage()
    async for event in stream:
        if isinstance(event, Usage):
            usage = event
    return usage


def _text(run: int) -> str:
    """Return a program that begins differently in each run, so that nothing of it is in a cache."""
    lines = [f"# Part {run} of the measurement."]
    lines += [
        f"value_{run}_{number} = compute(first={number * 7 + run}, second={number + 3})"
        for number in range(_PROMPT_LINES)
    ]
    return "\n".join(lines) + "\n\n"


def _speed(
    info: ModelInfo, usages: list[Usage], device: str, settings: EngineSettings
) -> MeasuredSpeed:
    """Return the fastest run of each kind: what else the machine did only made them slower."""
    read = [1000 * u.evaluated_tokens / u.prefill_ms for u in usages if u.prefill_ms > 0]
    written = [
        1000 * u.generated_tokens / u.decode_ms
        for u in usages
        if u.decode_ms > 0 and u.generated_tokens > 1
    ]
    if sum(usage.generated_tokens for usage in usages) < _FEWEST_TOKENS or not (read and written):
        raise ModelError(
            f"{info.name} wrote too little to be measured.", "Its format may not be what it says."
        )
    return MeasuredSpeed(
        prefill=max(read),
        decode=max(written),
        prompt_tokens=max(usage.prompt_tokens for usage in usages),
        device=device,
        threads=sizing.threads(settings.threads),
    )


def run(host: Host, info: ModelInfo, tell: Callable[[str], None]) -> MeasuredSpeed:
    """Do so from a program without an event loop, and give everything back."""

    async def work() -> MeasuredSpeed:
        try:
            return await measure(host, info, tell)
        finally:
            await host.close()  # It remembers the speed that its engine has measured at work, too.

    return asyncio.run(work())
