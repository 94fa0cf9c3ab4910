"""What is sent about models: which there are, which could be had, and what is chosen.

Types of the messages that `lsp/protocol.py` lists.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from ownstack.app.offers import Offer, ServedModel, ServerEntry


@dataclass(frozen=True, slots=True)
class Model:
    """A model that is known, or that another program has on this disk."""

    name: str
    path: str
    size_bytes: int
    parameters: int | None
    infill: str
    """Family of its infill format, "" if it cannot infill."""
    infill_problem: str
    memory_bytes: int
    """What it needs, about, with a context of the usual size."""
    program: str = ""
    """Whose file it is, if it is not known yet: "Ollama", "LM Studio", …"""
    chosen_for: list[str] = field(default_factory=list)
    problems: dict[str, str] = field(default_factory=dict)
    """Role → why it cannot play it, a sentence each."""


@dataclass(frozen=True, slots=True)
class ModelsResult:
    models: list[Model]
    found: list[Model]
    """Those of other programs; each is chosen by its path."""
    free_bytes: int
    """Memory that a model may take."""
    served: list[ServedModel] = field(default_factory=list)
    """Models of servers that were chosen."""
    servers: list[ServerEntry] = field(default_factory=list)
    """Those that the user named; none was asked."""


@dataclass(frozen=True, slots=True)
class UseModelParams:
    name: str
    role: str


@dataclass(frozen=True, slots=True)
class ModelOffersParams:
    role: str


@dataclass(frozen=True, slots=True)
class ModelOffersResult:
    role: str
    machine: str
    """What was counted with, as one sentence."""
    reason: str
    """Why no model is recommended, if none is: a sentence, or ""."""
    host: str
    """Whom a download asks."""
    offers: list[Offer]
    """The recommended one, then those that nothing speaks against, then the others."""


@dataclass(frozen=True, slots=True)
class PullModelParams:
    name: str
    """As the catalogue has it."""
    role: str
    """What it is chosen for, once it is here."""
    work_done_token: str | None = None
    """Of the `$/progress` that says how far it is."""


@dataclass(frozen=True, slots=True)
class ServerModelsParams:
    engine: str


@dataclass(frozen=True, slots=True)
class ServerModelsResult:
    models: list[ServedModel]
