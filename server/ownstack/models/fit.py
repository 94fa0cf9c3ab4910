"""Which models of the catalogue fit a machine together, one for each role, and why.

Functions of values to values. How fast a model will write is estimated from how fast memory is
read: for each token all weights that take part in it go through the processor once, and so do the
keys and values of the context. How fast one reads a prompt is bound by arithmetic, two operations a
weight and token. What was measured counts more than what is estimated.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from ownstack.models.catalogue import CatalogueModel, Use, use_of
from ownstack.models.hardware import sizing
from ownstack.models.hardware.machine import Machine
from ownstack.models.roles import ROLES, Role
from ownstack.models.speeds import MeasuredSpeed

COMPLETION_TOKENS = 4_096
"""The window of completion (`models/hardware/sizing.py`)."""
EMBEDDING_TOKENS = 2_048
_ENOUGH_TOKENS = 8_192
_SHORT_PENALTY = 10
"""A window for chat below `_ENOUGH_TOKENS` weighs as much as so many points of preference."""
SLOWEST: Mapping[Use, float] = {"completion": 20.0, "chat": 6.0, "embedding": 0.0}
"""Tokens a second: a line of twelve is there in about half a second; text as fast as it is read."""
SLOWEST_READING: Mapping[Use, float] = {"completion": 60.0, "chat": 30.0, "embedding": 0.0}
"""Tokens a second of a prompt: 500 in eight seconds, once a file; 2,000 in about a minute."""
_EFFICIENCY = 0.6
"""What is reached of the bandwidth in decoding, about."""
_OPERATIONS_PER_CORE = 80e9
"""A second, with weights of 4 to 8 bits: half of what was measured on cores with AVX-512. Graphics
are so much faster that reading is not what decides there."""
_USUAL_TOKENS = 2_048
"""Context whose keys and values are read while a usual answer is written."""
_CARD_RESERVE_BYTES = 1_000_000_000
_CARD_RESERVE_SHARE = 0.06
"""What a card's memory keeps for the screen and the driver."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where models are loaded: the main memory, or a card's."""

    name: str
    budget_bytes: int
    bandwidth_bytes_s: float
    graphics: bool


@dataclass(frozen=True, slots=True)
class Figure:
    """Tokens a second."""

    tokens_per_s: float
    measured: bool


@dataclass(frozen=True, slots=True)
class Choice:
    """What one role should use, and why. Without a model, what is there anyhow does."""

    role: Role
    model: CatalogueModel | None
    context_tokens: int
    memory_bytes: int
    """What this role adds; a load that is shared counts for the first role."""
    prefill: Figure | None
    decode: Figure | None
    why: str


@dataclass(frozen=True, slots=True)
class Plan:
    """Models that fit together."""

    machine: Machine
    place: Place
    used_bytes: int
    choices: tuple[Choice, ...]


def recommend(
    machine: Machine,
    models: Iterable[CatalogueModel],
    *,
    roles: Sequence[Role] = ROLES,
    measured: Mapping[str, MeasuredSpeed] | None = None,
    any_license: bool = False,
) -> Plan:
    """Choose a model for each of the roles, such that all of them fit at the same time.

    Only the roles that are asked for take memory. `measured`: names of models → how fast they are
    on this machine; with that the others are estimated better.
    """
    candidates = tuple(models)
    plans = [
        _plan(Fitting(machine, place, candidates, measured or {}, any_license), roles)
        for place in places(machine)
    ]
    # A card that is too small for what was asked leaves it to the main memory.
    missing = [sum(choice.model is None for choice in _written(plan)) for plan in plans]
    return plans[missing.index(min(missing))]


def places(machine: Machine) -> tuple[Place, ...]:
    """Return where models can be loaded, the fastest first."""
    found = []
    for device in sorted(machine.devices, key=lambda device: -device.memory_bytes)[:1]:
        reserve = max(_CARD_RESERVE_BYTES, int(device.memory_bytes * _CARD_RESERVE_SHARE))
        budget = max(0, device.memory_bytes - reserve)
        found.append(Place(device.name, budget, device.bandwidth_bytes_s, graphics=True))
    main = "shared memory" if machine.unified else "main memory"
    budget = machine.budget_bytes
    return (*found, Place(main, budget, machine.bandwidth_bytes_s, graphics=machine.unified))


class Fitting:
    """What is asked while a plan is made: how fast, how large, and what speaks against a model."""

    def __init__(
        self,
        machine: Machine,
        place: Place,
        models: Sequence[CatalogueModel],
        measured: Mapping[str, MeasuredSpeed],
        any_license: bool,
    ) -> None:
        self.machine = machine
        self.place = place
        self.models = models
        self._measured = {
            name: speed
            for name, speed in measured.items()
            if (speed.device.lower() != "cpu") == place.graphics
        }
        self._any_license = any_license
        known = [
            (model, self._measured[model.name]) for model in models if model.name in self._measured
        ]
        self._reached_bytes_s = max(
            (speed.decode * _read_bytes(model) for model, speed in known),
            default=place.bandwidth_bytes_s * _EFFICIENCY,
        )
        self._operations_s = max(
            (speed.prefill * _operations(model) for model, speed in known),
            default=0.0 if place.graphics else machine.cores * _OPERATIONS_PER_CORE,
        )

    def decode(self, model: CatalogueModel) -> Figure | None:
        """Return how fast a model writes; None if nothing is known of the memory's speed."""
        if model.name in self._measured:
            return Figure(self._measured[model.name].decode, measured=True)
        if not self._reached_bytes_s:
            return None
        return Figure(self._reached_bytes_s / _read_bytes(model), measured=False)

    def prefill(self, model: CatalogueModel) -> Figure | None:
        """Return how fast a model reads; None if that is not known (of graphics)."""
        if model.name in self._measured:
            return Figure(self._measured[model.name].prefill, measured=True)
        if not self._operations_s:
            return None
        return Figure(self._operations_s / _operations(model), measured=False)

    def windows(self, model: CatalogueModel) -> tuple[int, ...]:
        """Return windows for conversations, up to the one that the engine would open here."""
        figure = self.prefill(model)
        longest = sizing.chat_window(
            trained=model.context_tokens,
            kv_bytes_per_token=model.kv_bytes(_USUAL_TOKENS) / _USUAL_TOKENS,
            free_bytes=self.place.budget_bytes,
            prefill=figure.tokens_per_s if figure is not None else math.inf,
        )
        return tuple(size for size in sizing.CHAT_WINDOWS if size <= longest)

    def objection(self, model: CatalogueModel, use: Use) -> str:
        """Return why a model is not chosen for a use, "" if nothing speaks against it alone."""
        if not model.commercial and not self._any_license:
            return f"its licence ({model.license}) forbids commercial use"
        if not model.layers:
            return "how much memory it needs is known only once its file is there"
        needed = model.memory_bytes(COMPLETION_TOKENS)
        if needed > self.place.budget_bytes:
            there = gigabytes(self.place.budget_bytes)
            return f"it needs {gigabytes(needed)}, and {there} are for models"
        for verb, figure, slowest in (
            ("write", self.decode(model), SLOWEST[use]),
            ("read", self.prefill(model), SLOWEST_READING[use]),
        ):
            if figure is not None and figure.tokens_per_s < slowest:
                said = f"{verb}s" if figure.measured else f"would {verb} about"
                return f"it {said} {figure.tokens_per_s:.0f} tokens/s, and {slowest:.0f} are wanted"
        return ""

    def fitting(self, use: Use) -> list[CatalogueModel]:
        return [
            model for model in self.models if use in model.uses and not self.objection(model, use)
        ]


def _plan(fitting: Fitting, roles: Sequence[Role]) -> Plan:
    uses = {use_of(role) for role in roles}
    completion, chat, context_tokens = _pair(fitting, uses)
    used = together(completion, chat, context_tokens)
    left = fitting.place.budget_bytes - used
    embedding = _embedder(fitting, left) if "embedding" in uses else None
    if embedding is not None:
        used += embedding.memory_bytes(EMBEDDING_TOKENS)
    chosen: dict[Use, CatalogueModel | None] = {
        "completion": completion,
        "chat": chat,
        "embedding": embedding,
    }
    windows = {
        "completion": COMPLETION_TOKENS,
        "chat": context_tokens,
        "embedding": EMBEDDING_TOKENS,
    }
    choices: list[Choice] = []
    for role in roles:
        use = use_of(role)
        model = chosen[use]
        window = windows[use] if model is not None else 0
        sharers = [choice for choice in choices if choice.model is model and model is not None]
        choices.append(
            Choice(
                role,
                model,
                window,
                _added_bytes(model, window, use, sharers),
                None if model is None else fitting.prefill(model),
                None if model is None or use == "embedding" else fitting.decode(model),
                _why(fitting, use, model, sharers),
            )
        )
    return Plan(fitting.machine, fitting.place, used, tuple(choices))


def together(
    completion: CatalogueModel | None, chat: CatalogueModel | None, context_tokens: int
) -> int:
    """Return what both take at the same time: of one file the weights count once."""
    total = completion.memory_bytes(COMPLETION_TOKENS) if completion is not None else 0
    if chat is not None and chat is completion:
        return total + chat.kv_bytes(context_tokens)
    return total + (chat.memory_bytes(context_tokens) if chat is not None else 0)


def _pair(
    fitting: Fitting, uses: set[Use]
) -> tuple[CatalogueModel | None, CatalogueModel | None, int]:
    """Return what is preferred most among all that fits: for completion, for chat, its window."""
    completers = fitting.fitting("completion") if "completion" in uses else []
    chatters = fitting.fitting("chat") if "chat" in uses else []
    best: tuple[tuple[int, int, int], tuple[CatalogueModel | None, CatalogueModel | None, int]]
    best = ((0, 0, 0), (None, None, 0))
    for completion, chat in product((None, *completers), (None, *chatters)):
        for window in fitting.windows(chat) if chat is not None else (0,):
            used = together(completion, chat, window)
            if used > fitting.place.budget_bytes:
                continue
            points = completion.preference["completion"] if completion is not None else 0
            if chat is not None:
                points += chat.preference["chat"]
                points -= _SHORT_PENALTY if window < _ENOUGH_TOKENS else 0
            rank = (points, window, -used)
            if rank > best[0]:
                best = (rank, (completion, chat, window))
    return best[1]


def _embedder(fitting: Fitting, left_bytes: int) -> CatalogueModel | None:
    """Return the best that fits beside the others, where graphics make it quick enough."""
    if not fitting.place.graphics:
        return None
    models = [
        model
        for model in fitting.fitting("embedding")
        if model.memory_bytes(EMBEDDING_TOKENS) <= left_bytes
    ]
    return max(models, key=lambda model: model.preference["embedding"], default=None)


def _added_bytes(
    model: CatalogueModel | None, window: int, use: Use, sharers: Sequence[Choice]
) -> int:
    if model is None or any(use_of(choice.role) == use for choice in sharers):
        return 0
    return model.kv_bytes(window) if sharers else model.memory_bytes(window)


def _why(
    fitting: Fitting,
    use: Use,
    model: CatalogueModel | None,
    sharers: Sequence[Choice],
) -> str:
    if use == "embedding" and model is None:
        return "the table that comes with Ownstack: no download, a minute per million lines"
    if model is None:
        nearest = _passed_over(fitting, use, 0)
        what = "none fits"
        if use == "completion":
            what += "; the network that comes with Ownstack and what is in your files complete"
        return f"{what}. {nearest}".strip().rstrip(".")
    if any(use_of(choice.role) == use for choice in sharers):
        return f"the same load as {sharers[0].role}"
    passed = _passed_over(fitting, use, model.preference[use])
    if sharers:
        return f"the same load as {sharers[0].role}. {passed}".strip().rstrip(".")
    reason = f"the best of the catalogue that fits ({fitting.place.name})"
    if use == "completion":
        reason += ", and writes a line in about half a second"
    elif use == "chat":
        reason += ", and writes as fast as one reads"
    return f"{reason}. {passed}".strip().rstrip(".")


def _passed_over(fitting: Fitting, use: Use, than: int) -> str:
    """Return a sentence on the next better model that was not taken; "" if there is none."""
    better = [model for model in fitting.models if model.preference.get(use, 0) > than]
    if not better:
        return ""
    model = min(better, key=lambda model: model.preference[use])
    objection = fitting.objection(model, use) or "it does not fit together with the others"
    return f"Not {model.name}: {objection}."


def _written(plan: Plan) -> list[Choice]:
    return [choice for choice in plan.choices if choice.role != "embedding"]


def _read_bytes(model: CatalogueModel) -> float:
    """Return about how much memory is read for one token."""
    return model.active_bytes + model.kv_bytes(_USUAL_TOKENS)


def _operations(model: CatalogueModel) -> float:
    """Return the arithmetic for one token of a prompt."""
    return 2.0 * (model.active_parameters or model.parameters)


def gigabytes(size: float) -> str:
    """Return a size such as "4.1 GB"."""
    return f"{size / 1e9:.1f} GB"
