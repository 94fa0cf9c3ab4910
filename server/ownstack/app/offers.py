"""What a list of models shows beside those that are here: those to download, those on servers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ownstack.app.engines.model_choice import refused_by_server
from ownstack.models.catalogue import CatalogueModel, use_of
from ownstack.models.remote.model import RemoteModel
from ownstack.models.roles import ROLES, Role

if TYPE_CHECKING:
    # What fits is computed for who asks: the messages of a window need the types alone.
    from ownstack.models.fit import Choice, Fitting


@dataclass(frozen=True, slots=True)
class Offer:
    """A model of the catalogue, as it would be on this machine in a role."""

    name: str
    title: str
    size_bytes: int
    begun_bytes: int
    """What an earlier download has left, which the next one goes on with."""
    license: str
    commercial: bool
    """Whether its licence allows commercial use."""
    parameters: int
    context_tokens: int
    """The window it would have; 0 = not known before it is here."""
    memory_bytes: int
    """What it would take with that window; 0 = not known."""
    tokens_per_s: float | None
    """How fast it writes."""
    measured: bool
    """The speed was measured here, not estimated."""
    recommended: bool
    reason: str
    """Why it is recommended, or "", or what speaks against it."""
    advised: bool
    """Nothing speaks against it."""
    blocked: str
    """Why it cannot be downloaded, as a sentence; "" if it can."""
    installed_as: str
    """Its name among the models that are here, "" if it is not."""


@dataclass(frozen=True, slots=True)
class ServedModel:
    """A model on a server that the user named."""

    name: str
    """ENGINE:MODEL."""
    engine: str
    host: str
    leaves_machine: bool
    """What it is given is sent to another machine."""
    chosen_for: tuple[str, ...]
    problems: Mapping[str, str]
    """Role → why it cannot play it, or may not; a sentence each."""


@dataclass(frozen=True, slots=True)
class ServerEntry:
    """A server that the user named."""

    name: str
    host: str
    local: bool
    """It is on this machine."""


@dataclass(frozen=True, slots=True)
class Downloading:
    """What decides whether something can be downloaded."""

    refusal: str
    """Why nothing may be, "" if something may."""
    room_bytes: int
    begun_bytes: Mapping[str, int]
    """Name of a model → what of it is here already."""


def offers(
    fitting: Fitting,
    choice: Choice,
    installed: Mapping[str, str],
    downloading: Downloading,
) -> list[Offer]:
    """Return the models of the catalogue that can play a role: recommended, advised, others.

    `choice`: what is recommended for the role. `installed`: name in the catalogue → name here.
    """
    use = use_of(choice.role)
    models = [model for model in fitting.models if use in model.uses]
    made = [_offer(fitting, choice, model, installed, downloading) for model in models]
    preference = {model.name: model.preference[use] for model in models}

    def rank(offer: Offer) -> tuple[bool, bool, int]:
        """Of those that are not advised, the smallest come nearest to fitting."""
        order = -preference[offer.name] if offer.advised else offer.size_bytes
        return not offer.recommended, not offer.advised, order

    return sorted(made, key=rank)


def _offer(
    fitting: Fitting,
    choice: Choice,
    model: CatalogueModel,
    installed: Mapping[str, str],
    downloading: Downloading,
) -> Offer:
    use = use_of(choice.role)
    recommended = model is choice.model
    objection = "" if recommended else fitting.objection(model, use)
    speed = None if use == "embedding" else fitting.decode(model)
    window = choice.context_tokens if recommended else _window(fitting, model, choice.role)
    begun = downloading.begun_bytes.get(model.name, 0)
    return Offer(
        model.name,
        model.title,
        model.size_bytes,
        begun,
        model.license,
        model.commercial,
        model.parameters,
        window if model.layers else 0,
        model.memory_bytes(window) if model.layers else 0,
        None if speed is None else speed.tokens_per_s,
        speed is not None and speed.measured,
        recommended,
        _sentence(choice.why if recommended else objection),
        not objection,
        _blocked(model, begun, downloading),
        installed.get(model.name, ""),
    )


def _window(fitting: Fitting, model: CatalogueModel, role: Role) -> int:
    from ownstack.models.fit import COMPLETION_TOKENS, EMBEDDING_TOKENS

    use = use_of(role)
    if use == "chat":
        return max(fitting.windows(model), default=0) if model.layers else 0
    return COMPLETION_TOKENS if use == "completion" else EMBEDDING_TOKENS


def _blocked(model: CatalogueModel, begun_bytes: int, downloading: Downloading) -> str:
    from ownstack.models.fit import gigabytes

    if downloading.refusal:
        return downloading.refusal
    missing, room = max(0, model.size_bytes - begun_bytes), downloading.room_bytes
    if missing <= room:
        return ""
    return (
        f"There is not enough room on the disk: {gigabytes(missing)} are to come, and "
        f"{gigabytes(room)} may be filled. Free some space."
    )


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:].rstrip('.')}." if text else ""


def served(model: RemoteModel, chosen_for: Sequence[Role] = ()) -> ServedModel:
    """Return a model of a server as a list shows it."""
    refusals = ((role, refused_by_server(model, role)) for role in ROLES)
    return ServedModel(
        model.name,
        model.entry.name,
        model.entry.host,
        model.leaves_machine,
        tuple(chosen_for),
        {role: str(refusal) for role, refusal in refusals if refusal is not None},
    )
