"""The models that are known by name before any of them is here: `catalogue.toml`, checked."""

from __future__ import annotations

import dataclasses
import difflib
import re
import sys
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from ownstack.errors import ModelCorruptError, ModelNotFoundError
from ownstack.models.gguf.fim_families import FAMILIES
from ownstack.models.roles import CHATTING, Role

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

Use = Literal["completion", "chat", "embedding"]
USES: tuple[Use, ...] = get_args(Use)
FILE = Path(__file__).with_name("catalogue.toml")
_KV_BYTES = 2
"""Keys and values are kept in f16."""
_COMPUTE_BYTES = 100_000_000
_COMPUTE_SHARE = 0.02
"""Room for one step of work, about: this much, or this share of the weights if that is more."""
_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{0,63}")
_REPOSITORY = re.compile(r"[A-Za-z0-9][\w.-]{0,99}/[\w.-]{1,99}")
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class CatalogueModel:
    """One model, as its publisher describes it; the head of `catalogue.toml` has the fields."""

    name: str
    title: str
    repository: str
    file: str
    """The first one, if the model is split."""
    quantization: str
    size_bytes: int
    """Of all its files."""
    license: str
    parameters: int
    context_tokens: int
    preference: Mapping[Use, int]
    exact: bool = False
    sha256: str = ""
    active_parameters: int = 0
    layers: int = 0
    kv_heads: int = 0
    key_size: int = 0
    value_size: int = 0
    full_layers: int = 0
    window_tokens: int = 0
    kv: Literal["whole", "sliding"] = "whole"
    infill: str = ""
    tools: bool | None = None
    commercial: bool = True
    tested: str = ""
    note: str = ""
    uses: tuple[Use, ...] = field(init=False)

    def __post_init__(self) -> None:
        """Note what it is for, in the usual order."""
        object.__setattr__(self, "uses", tuple(use for use in USES if use in self.preference))

    @property
    def source(self) -> str:
        """What `ownstack models pull` takes for this very file."""
        return f"hf:{self.repository}/{self.file}"

    @property
    def active_bytes(self) -> float:
        """Weights that are read for each token, about: of a mixture of experts only some."""
        share = self.active_parameters / self.parameters if self.active_parameters else 1.0
        return self.size_bytes * share

    def kv_bytes(self, context_tokens: int) -> int:
        """Return the bytes of keys and values of a context; 0 if its shape is not known."""
        per_layer = self.kv_heads * (self.key_size + self.value_size) * _KV_BYTES
        full = self.full_layers or self.layers
        sliding = self.layers - full
        return per_layer * (
            full * context_tokens + sliding * min(context_tokens, self.window_tokens)
        )

    def memory_bytes(self, context_tokens: int) -> int:
        """Return about what it takes in memory with a context: weights, keys, values, work."""
        compute = max(_COMPUTE_BYTES, int(self.size_bytes * _COMPUTE_SHARE))
        return self.size_bytes + self.kv_bytes(context_tokens) + compute


def use_of(role: Role) -> Use:
    """Return the use under which the catalogue has a role's models."""
    return "chat" if role in CHATTING else typing.cast(Use, role)


@cache
def catalogue() -> tuple[CatalogueModel, ...]:
    """Return all models in the order of the file."""
    return parsed(FILE.read_text("utf-8"))


def named(name: str) -> CatalogueModel:
    """Return the model of that name.

    Raises:
        ModelNotFoundError: there is none; which names are near.
    """
    models = {model.name: model for model in catalogue()}
    if name.lower() in models:
        return models[name.lower()]
    near = difflib.get_close_matches(name.lower(), models, n=3, cutoff=0.5)
    hint = f"Did you mean {' or '.join(near)}?" if near else "See: ownstack models recommend --all"
    raise ModelNotFoundError(f"The catalogue has no model called “{name}”.", hint)


def parsed(text: str) -> tuple[CatalogueModel, ...]:
    """Read and check a catalogue.

    Raises:
        ModelCorruptError: which entry is wrong, and how.
    """
    try:
        entries = tomllib.loads(text).get("models", [])
    except tomllib.TOMLDecodeError as error:
        raise ModelCorruptError(f"The catalogue of models cannot be read: {error}.") from error
    models = tuple(map(_model, entries))
    names = [model.name for model in models]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ModelCorruptError(f"The catalogue has {', '.join(twice)} more than once.")
    return models


def _model(entry: Any) -> CatalogueModel:
    if not isinstance(entry, dict):
        raise ModelCorruptError("The catalogue has an entry that is no table.")
    name = str(entry.get("name", "?"))
    hints = typing.get_type_hints(CatalogueModel)
    fields = {item.name: item for item in dataclasses.fields(CatalogueModel) if item.init}
    for key, value in entry.items():
        if key not in fields:
            raise _wrong(name, f"“{key}” is not known")
        if not _fits(hints[key], value):
            raise _wrong(name, f"“{key}” is {value!r}")
    required = [
        key
        for key, item in fields.items()
        if item.default is dataclasses.MISSING and key not in entry
    ]
    if required:
        raise _wrong(name, f"{', '.join(required)} is missing")
    model = CatalogueModel(**entry)
    problem = _problem(model)
    if problem:
        raise _wrong(name, problem)
    return model


def _fits(kind: Any, value: object) -> bool:
    """Say whether a value is of a field's type; whole numbers are at least 0."""
    origin = get_origin(kind)
    if origin is Literal:
        return value in get_args(kind)
    if origin in (typing.Union, types.UnionType):
        return any(_fits(part, value) for part in get_args(kind))
    if origin is not None:
        return isinstance(value, dict) and all(
            key in USES and type(number) is int and 0 <= number <= 100
            for key, number in value.items()
        )
    return type(value) is kind and (kind is not int or typing.cast(int, value) >= 0)


def _problem(model: CatalogueModel) -> str:
    """Return what of an entry cannot be, "" if nothing."""
    shape = (model.layers, model.kv_heads, model.key_size, model.value_size)
    checks = {
        "its name has other letters than a-z, 0-9, “.” and “-”": not _NAME.fullmatch(model.name),
        "its repository is not OWNER/NAME": not _REPOSITORY.fullmatch(model.repository),
        "its file is no GGUF": not model.file.endswith(".gguf") or ".." in model.file,
        "its SHA-256 is none": bool(model.sha256) and not _SHA256.fullmatch(model.sha256),
        "a SHA-256 needs an exact size": bool(model.sha256) and not model.exact,
        "its size is nothing": model.size_bytes < 1 or model.parameters < 1,
        "it is for nothing": not model.preference,
        "its layers, heads and sizes belong together": any(shape) and not all(shape),
        "a sliding window needs window_tokens and full_layers": (model.kv == "sliding")
        != bool(model.window_tokens and model.full_layers),
        "it completes without an infill format": "completion" in model.uses and not model.infill,
        "it completes, but its keys and values cannot be trimmed": "completion" in model.uses
        and model.kv != "whole",
        f"the infill format “{model.infill}” is not known": bool(model.infill)
        and model.infill not in {family.name for family in FAMILIES},
    }
    return next((problem for problem, holds in checks.items() if holds), "")


def _wrong(name: str, what: str) -> ModelCorruptError:
    return ModelCorruptError(f"The catalogue's entry {name} is wrong: {what}.")
