"""Adapters: small sets of weights (LoRA) that are added to a model's own while it runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ownstack.models.roles import Role


@dataclass(frozen=True, slots=True)
class Adapter:
    """An adapter as an engine uses it. Two that are equal share what was computed with them."""

    path: Path
    """A GGUF file; another one never takes its place (`learning/adapters/store.py`)."""
    name: str
    """As a person is told it, such as "celery" or "infill"."""
    scale: float = 1.0
    """How much of it is added; 1 is as it was trained."""


AdapterChoice = Callable[[Role, str], tuple[Adapter, ...]]
"""(role, project) → the adapters that serve, the most general first. A project is the path of its
folder, "" where there is none. Answers at once, from memory; any thread may ask."""


def no_adapters(role: Role, project: str) -> tuple[Adapter, ...]:
    """Choose none."""
    return ()
