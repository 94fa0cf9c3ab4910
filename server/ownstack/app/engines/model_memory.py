"""How much memory a model needs, and how much there is for all of them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Protocol

from ownstack.app.engines.load_policy import Room
from ownstack.engine import library
from ownstack.errors import EngineMissingError, ModelTooLargeError
from ownstack.models.gguf.inspection import inspect, memory_available, memory_needed
from ownstack.models.reference import ModelReference
from ownstack.settings import EngineSettings

if TYPE_CHECKING:
    from ownstack.models.hardware.machine import Device

log = logging.getLogger(__name__)


class Memory(Protocol):
    """What the engine pool asks before it loads a model. Threads may ask."""

    def needed_bytes(self, reference: ModelReference, settings: EngineSettings) -> int:
        """Return about how much a model takes."""
        ...

    def room(self, settings: EngineSettings) -> Room:
        """Return what there is for models."""
        ...


class MachineMemory:
    """The memory of this machine, or of its graphics card where models are loaded there."""

    def __init__(self, cards: Callable[[], Sequence[Device]] = tuple) -> None:
        """`cards` returns the graphics cards that the engine can use; a thread asks."""
        self._cards = cards
        self.budget_gb = 0
        """What the user has set; 0 = as much as is computed from the machine."""

    def needed_bytes(self, reference: ModelReference, settings: EngineSettings) -> int:
        """See `Memory`. Reads the head of the file; some ten milliseconds.

        Raises:
            ModelNotFoundError, ModelCorruptError: there is no usable file.
        """
        path = reference.path
        return 0 if path is None else memory_needed(inspect(path), settings.context_tokens)

    def room(self, settings: EngineSettings) -> Room:
        """See `Memory`."""
        cards = self._cards() if settings.gpu_layers else ()
        free = None if cards else memory_available()
        if self.budget_gb:
            return Room(self.budget_gb * 1_000_000_000, firm=True, free_bytes=free)
        from ownstack.models import fit
        from ownstack.models.hardware import machine  # With numpy, which a daemon begins without.

        budget = fit.places(machine.this_machine(cards, measure=False))[0].budget_bytes
        return Room(budget, firm=False, free_bytes=free)


def graphics_cards() -> tuple[Device, ...]:
    """Return the graphics cards that the engine can use; none without the engine."""
    try:
        bindings = library.module("llama.native.bindings")
    except EngineMissingError as error:
        log.info("No graphics cards are known: %s", error)
        return ()
    from ownstack.models.hardware.machine import Device

    return tuple(Device(name, total) for name, total in bindings.graphics_memory())


def over_budget(name: str, needed_bytes: int, used_bytes: int, room: Room) -> ModelTooLargeError:
    """Return the error for a model that does not fit into what the user has set."""
    from ownstack.models import fit

    used = f", of which {fit.gigabytes(used_bytes)} are in use" if used_bytes else ""
    return ModelTooLargeError(
        f"{name} needs about {fit.gigabytes(needed_bytes)} of memory, and models may take "
        f"{fit.gigabytes(room.budget_bytes)} together{used}.",
        "Raise the setting ownstack.models.memoryBudgetGb, or choose a smaller model. "
        "See which fit: ownstack models recommend",
    )
