"""Models that other programs have on this disk, and that nobody has made known here."""

from __future__ import annotations

import logging

from ownstack.errors import ModelError
from ownstack.models.found import FoundModel, found_models
from ownstack.models.registry import ModelInfo, ModelRegistry, inspect

log = logging.getLogger(__name__)

MAX_FOUND = 60
"""They are looked into, so not more, for a list of them to be there soon."""


def unknown_models(registry: ModelRegistry) -> list[tuple[FoundModel, ModelInfo]]:
    """Return models of other programs that a registry does not know.

    Reads the heads of files; some ten milliseconds each. Those that can complete come first.
    """
    known = {info.path.resolve() for info in registry.list()}
    found: list[tuple[FoundModel, ModelInfo]] = []
    for model in found_models():
        if model.path.resolve() in known or len(found) == MAX_FOUND:
            continue
        try:
            found.append((model, inspect(model.path, model.name)))
        except ModelError as error:
            log.info("%s is left out: %s", model.path, error)
    return sorted(found, key=lambda pair: (not pair[1].infill, pair[1].name.lower()))
