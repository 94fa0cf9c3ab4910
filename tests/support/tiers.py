"""A quick network and a model that takes its time, both scripted."""

import asyncio
import math
from collections.abc import Sequence

from ownstack.engine.results import ScoredLine, WrittenToken
from ownstack.engine.scripted import ScriptedEngine

QUICK_SAYS, QUICK_CHANCE = "open_file(path)", 0.6
MODEL_SAYS = "read_lines(path)"
SURE = [WrittenToken(len(MODEL_SAYS) + 1, -0.01)]
UNSURE = [WrittenToken(len(MODEL_SAYS) + 1, -9.0)]


def network(
    text: str = QUICK_SAYS,
    chance: float = QUICK_CHANCE,
    *,
    times: int = 1,
    gate: asyncio.Event | None = None,
    error: Exception | None = None,
) -> ScriptedEngine:
    """Return an engine that scores one line, as often as it is told to."""
    engine = ScriptedEngine(scores_lines=True, name="quick")
    line = ScoredLine(text, math.log(chance), 3, proposed=False, found=True)
    for _ in range(times):
        engine.enqueue("", scored=[line], gate=gate, error=error)
    return engine


def model(
    text: str = MODEL_SAYS,
    *,
    gate: asyncio.Event | None = None,
    tokens: Sequence[WrittenToken] = (),
) -> ScriptedEngine:
    """Return an engine that writes one answer; without tokens it does not say how sure it is."""
    engine = ScriptedEngine(name="model")
    engine.enqueue(text, gate=gate, tokens=tokens)
    return engine
