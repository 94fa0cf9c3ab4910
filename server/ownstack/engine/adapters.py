"""Adapters: small sets of weights (LoRA) that are added to a model's own while it runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, runtime_checkable

from ownstack.models.roles import Role

Correction = tuple[float, float, float]
"""Slope, shift and lowest: what becomes of a chance, as completion's own calibration has it."""


@dataclass(frozen=True, slots=True)
class Adapter:
    """An adapter as an engine uses it. Two that are equal share what was computed with them."""

    path: Path
    """A GGUF file; another one never takes its place (`learning/adapters/store.py`)."""
    name: str
    """As a person is told it, such as "celery" or "infill"."""
    scale: float = 1.0
    """How much of it is added; 1 is as it was trained."""
    correction: Correction | None = field(default=None, compare=False)
    """Of the chances of lines that are written with it and those before it, as it was measured."""


AdapterChoice = Callable[[Role, str], tuple[Adapter, ...]]
"""(role, project) → the adapters that serve, the most general first. A project is the path of its
folder, "" where there is none. Answers at once, from memory; any thread may ask."""


@runtime_checkable
class UsesAdapters(Protocol):
    """An engine with which adapters serve."""

    @property
    def adapter_problems(self) -> Mapping[Path, str]:
        """Adapters that were chosen and cannot be used → why, in a sentence."""
        ...


def no_adapters(role: Role, project: str) -> tuple[Adapter, ...]:
    """Choose none."""
    return ()
