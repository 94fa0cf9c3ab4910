"""One adapter is judged: its rivals are found, the model is opened, asked, and a verdict spoken.

This loads a model of its own and keeps a processor busy for minutes: it is for a process of its
own, or that of `ownstack learn`, and never for the daemon's. What is broken off goes on where it
was when it is started again with the same files.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from ownstack.engine import library
from ownstack.engine.adapters import Adapter
from ownstack.errors import AdapterError, LearningError
from ownstack.learning.adapters.record import AdapterRecord
from ownstack.learning.adapters.store import AdapterStore
from ownstack.learning.data.passages import HeldOut
from ownstack.learning.gate.cursors import MAX_CURSORS, Cursor, draw_cursors
from ownstack.learning.gate.evaluation import Pace, evaluate, prompt_tokens
from ownstack.learning.gate.outcomes import Outcome, OutcomeLog, Side
from ownstack.learning.gate.verdict import LEAST_CURSORS, Verdict, verdict
from ownstack.models.gguf.base_key import base_key
from ownstack.models.roles import Role
from ownstack.settings import EngineSettings

Sides = Mapping[Side, tuple[Adapter, ...]]


@dataclass(frozen=True, slots=True)
class Trial:
    """What one adapter is judged with, and where."""

    base: Path
    """The model's file."""
    sides: Sides
    held_out: Sequence[HeldOut]
    log: Path
    """Where outcomes are kept (JSON lines)."""
    cache: Path
    """`Home.cache`: what is known of the model's speed."""
    settings: EngineSettings = field(default_factory=EngineSettings)
    minutes: float = 10.0
    seed: int = 0
    cursors: int = MAX_CURSORS


def sides_of(store: AdapterStore, record: AdapterRecord) -> Sides:
    """Return an adapter, and what it must beat: the plain model, and what serves in its place.

    Raises:
        LearningError: it was trained on top of one that is gone.
    """
    serving = store.serving(record.base_key, record.role, record.project)
    sides: dict[Side, tuple[Adapter, ...]] = {"base": ()}
    now = tuple(_adapter(store, each) for each in serving)
    below = (store.find(record.on_top_of),) if record.on_top_of else ()
    sides["candidate"] = tuple(_adapter(store, each) for each in (*below, record))
    if now and now != sides["candidate"]:
        sides["predecessor"] = now
    return sides


def judge(trial: Trial, record: AdapterRecord, pace: Pace | None = None) -> Verdict | None:
    """Return what becomes of an adapter; None if it was stopped before all was asked. Blocks.

    `pace`: what stops it, and hears how far it is; `trial.minutes` ends it, too, with a verdict on
    what there is.

    Raises:
        LearningError: the model is another one than the adapter was trained for.
        OwnstackError: the model cannot be loaded, or failed.
        OSError: outcomes cannot be kept.
    """
    import asyncio

    if record.role != "completion":
        what = f"Only adapters that complete code are judged, and this one is for {record.role}."
        return Verdict("aside", what)
    if base_key(trial.base) != record.base_key:
        raise LearningError(
            f"{trial.base.name} is not the model that the adapter was trained for.",
            "Learn anew: ownstack learn FOLDER --fresh",
        )
    cursors = draw_cursors(trial.held_out, seed=trial.seed, most=trial.cursors)
    if len(cursors) < LEAST_CURSORS:
        return verdict_on_few(len(cursors))
    pace = pace or Pace()
    limit_s = time.monotonic() + 60 * trial.minutes
    pace = replace(pace, until_s=min(pace.until_s, limit_s))
    try:
        outcomes = asyncio.run(_asked(trial, record, cursors, pace))
    except AdapterError as error:
        return Verdict("aside", f"It cannot be used: {error}")
    if pace.is_stopped():
        return None
    judged = verdict(outcomes)
    compared = {side: [each.name for each in trial.sides[side]] for side in trial.sides}
    return replace(judged, figures={**judged.figures, "adapters": compared})


def verdict_on_few(n: int) -> Verdict:
    """Return the verdict where too little was held out to ask at all."""
    reason = f"Only {n} lines were held out to judge it by; it takes {LEAST_CURSORS}."
    return Verdict("aside", reason, {"cursors": n})


def settle(store: AdapterStore, record: AdapterRecord, judged: Verdict) -> AdapterRecord:
    """Write a verdict into an adapter's record, and let it serve if it is fit.

    Raises:
        LearningError: it cannot be written, or the adapter cannot serve after all.
    """
    settled = replace(
        record, standing=judged.standing, reason=judged.reason, judged=dict(judged.figures)
    )
    store.put(settled)
    if settled.standing == "fit":
        store.use(settled.id)
    return settled


async def _asked(
    trial: Trial, record: AdapterRecord, cursors: Sequence[Cursor], pace: Pace
) -> list[Outcome]:
    engines, scheduler = library.module("llama.engine"), library.module("llama.scheduler")
    by_project = {f"side:{side}": adapters for side, adapters in trial.sides.items()}

    def choose(role: Role, project: str) -> tuple[Adapter, ...]:
        # What serves without a project is loaded at once, and found fault with.
        return by_project[project or "side:candidate"]

    native = scheduler.NativeThread()
    try:
        engine = await engines.LlamaEngine.open(
            trial.base,
            name=record.base_name,
            native=native,
            # What was read for one cursor is not moved to the next: answers are the same then
            # whatever was asked before, also after a pause.
            settings=replace(trial.settings, suffix_shift="off"),
            cache=trial.cache,
            adapters=choose,
        )
        try:
            await engine.prepare(record.role)
            for adapter in trial.sides["candidate"]:
                if adapter.path in engine.adapter_problems:
                    raise AdapterError(engine.adapter_problems[adapter.path])
            comparison = {
                "base": record.base_key,
                "sides": {side: [_key(each) for each in trial.sides[side]] for side in trial.sides},
                "cursors": [cursor.key for cursor in cursors],
            }
            with OutcomeLog(trial.log, comparison, prompt_tokens(engine)) as log:
                sides = {side: f"side:{side}" for side in trial.sides}
                await evaluate(engine, sides, cursors, log, pace)
                return list(log.outcomes.values())
        finally:
            await engine.close()
    finally:
        native.close()


def _adapter(store: AdapterStore, record: AdapterRecord) -> Adapter:
    return Adapter(store.file(record.id), record.label, store.scale(record.id))


def _key(adapter: Adapter) -> str:
    """Return what tells one adapter from another: its folder is called by its id."""
    return f"{adapter.path.parent.name}*{adapter.scale:g}"
