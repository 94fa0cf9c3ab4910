"""What a training told of itself, read back with suspicion."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ownstack.files.opening import read_regular

MAX_BYTES = 64 * 1_048_576
MAX_STEPS = 200_000


@dataclass(frozen=True, slots=True)
class Step:
    """One line of `progress.jsonl`."""

    trained_s: float
    step: int = 0
    tokens: int = 0
    samples: int = 0
    loss: float | None = None
    """Nats a token, of the rows of this step."""
    held_out_loss: float | None = None
    """Where it was computed: of what was never learned from."""
    rate: float | None = None
    """Tokens a second."""


def read_progress(file: Path) -> tuple[Step, ...]:
    """Return the steps of a training in order; none if there is no such file.

    Lines that are damaged are left out, and so is what was trained and then lost: after a kill a
    training goes on from its last checkpoint.
    """
    try:
        data, _ = read_regular(file, MAX_BYTES)
    except (OSError, ValueError):
        return ()
    return kept(_steps(data.split(b"\n")))


def kept(steps: Iterable[Step]) -> tuple[Step, ...]:
    """Return the steps that led to where the last one is; their times ascend."""
    found: list[Step] = []
    for step in steps:
        while found and found[-1].trained_s > step.trained_s:
            found.pop()
        found.append(step)
    return tuple(found)


def _steps(lines: Iterable[bytes]) -> Iterator[Step]:
    for _, line in zip(range(MAX_STEPS), lines, strict=False):
        try:
            raw = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if not isinstance(raw, dict) or raw.get("state") == "loading":
            continue
        trained_s = _number(raw.get("trained_s"))
        if trained_s is None:
            continue
        step, tokens, samples = (_count(raw.get(name)) for name in ("step", "tokens", "samples"))
        loss, held_out, rate = (_number(raw.get(n)) for n in ("loss", "held_out_loss", "rate"))
        yield Step(trained_s, step, tokens, samples, loss, held_out, rate)


def _number(value: Any) -> float | None:
    if type(value) not in (int, float) or not 0 <= value < 1e15 or not math.isfinite(value):
        return None
    return float(value)


def _count(value: Any) -> int:
    return value if type(value) is int and 0 <= value < 10**15 else 0
