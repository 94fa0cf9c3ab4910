"""Settings: one frozen tree that holds every default, parsed once at the border.

The keys are those of VS Code's `ownstack.*` settings (`vscode-client/package.json`), camelCase
there, snake_case here; `tests/extension/test_settings_agree.py` compares keys, types, defaults and
choices. A value that cannot be used falls back to its default and is reported, never raised.
"""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args, get_origin

from ownstack.text import truncate

Multiline = Literal["auto", "never"]
Eagerness = Literal["shy", "normal", "eager"]
SuffixShift = Literal["auto", "on", "off"]
InfillOrder = Literal["auto", "psm", "spm"]


@dataclass(frozen=True, slots=True)
class CompletionSettings:
    """`ownstack.completion.*`."""

    enabled: bool = True
    languages: Mapping[str, bool] = field(default_factory=dict)
    """Language id → on or off; `"*"` is the rest. Not named means on."""
    exclude: tuple[str, ...] = ("**/.env", "**/.env.*", "**/*.pem", "**/*.key", "**/id_rsa*")
    """Git-style patterns of paths in which nothing is suggested."""
    multiline: Multiline = "auto"
    deadline_ms: int = field(default=400, metadata={"minimum": 50, "maximum": 10_000})
    """Time until the first line should be there, a wish: a later one is shown if nothing was typed
    meanwhile, else it is kept in the cache."""
    max_lines: int = field(default=12, metadata={"minimum": 1, "maximum": 60})
    """Longest automatic suggestion; one that was asked for may be twice as long."""
    prefetch: bool = True
    """Compute what follows a suggestion while it is being read."""
    eagerness: Eagerness = "normal"
    """How likely a suggestion without a large model must be right to be shown unasked."""
    learn_from_outcomes: bool = True
    """Correct how likely that is by what the user kept and turned down before."""


@dataclass(frozen=True, slots=True)
class ModelSettings:
    """`ownstack.models.*`: which model does what.

    "" = the one chosen by `ownstack models`, else the built-in one.
    """

    completion: str = ""
    """A name that `ownstack models list` shows, the path of a GGUF file, "builtin" or "none"."""
    edit: str = ""
    chat: str = ""
    summary: str = ""
    embedding: str = ""
    """These have no built-in model. One is loaded when it is first needed."""
    offline: bool = False
    """Download nothing, even when it is asked for, and use no model on another machine.
    `OWNSTACK_OFFLINE=1` says it to terminals, and to windows whatever their settings say."""
    memory_budget_gb: int = field(default=0, metadata={"minimum": 0, "maximum": 4_096})
    """What all loaded models may take together; 0 = computed from the machine
    (`models/hardware/machine.py`), and then only free memory decides what is refused."""
    idle_minutes: int = field(default=15, metadata={"minimum": 0, "maximum": 1_440})
    """A model that does not complete is unloaded after so long without a request; 0 = never."""


@dataclass(frozen=True, slots=True)
class EngineSettings:
    """`ownstack.engine.*`: how llama.cpp is run."""

    threads: int = field(default=0, metadata={"minimum": 0, "maximum": 256})
    """0 = chosen from the physical cores."""
    gpu_layers: int = field(default=-1, metadata={"minimum": -1, "maximum": 10_000})
    """-1 = all layers, if the build has a GPU backend."""
    context_tokens: int = field(default=0, metadata={"minimum": 0, "maximum": 131_072})
    """Window of the infill slot; 0 = chosen from the model and the free memory."""
    infill_order: InfillOrder = "auto"
    """What the model was trained for: suffix last (PSM) or first (SPM)."""
    suffix_shift: SuffixShift = "auto"
    """Reuse the suffix's KV at shifted positions while typing (PSM models)."""


@dataclass(frozen=True, slots=True)
class DaemonSettings:
    """`ownstack.daemon.*`."""

    enabled: bool = True
    """One process for all windows; off = one process a window."""
    idle_minutes: int = field(default=10, metadata={"minimum": 0, "maximum": 1_440})
    """The daemon leaves this long after its last window has gone."""


@dataclass(frozen=True, slots=True)
class IndexSettings:
    """`ownstack.index.*`."""

    enabled: bool = True
    """Keep an index of the folders of a trusted workspace."""


@dataclass(frozen=True, slots=True)
class ActionSettings:
    """`ownstack.actions.*`."""

    enabled: bool = True
    """Offer code actions."""
    max_seconds: int = field(default=60, metadata={"minimum": 5, "maximum": 600})
    """How long an edit may be drafted, checked and repaired."""
    run_tools: bool = False
    """Have the project's formatter and linter check an edit, where it has some."""
    run_tests: bool = False
    """Have the tests that touch the code check an edit, in a copy of the project."""


@dataclass(frozen=True, slots=True)
class LearningSettings:
    """`ownstack.learning.*`: adapters trained on the user's own code, on this machine."""

    enabled: bool = False
    """Keep which suggestions were kept, and train at night (`learning/schedule`)."""
    only_on_mains: bool = True
    """Train only while the machine is not on its battery."""
    minutes: int = field(default=60, metadata={"minimum": 5, "maximum": 1_440})
    """How long one training may take."""
    while_idle_minutes: int = field(default=5, metadata={"minimum": 1, "maximum": 240})
    """How long nobody must have typed before training goes on."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The whole tree."""

    completion: CompletionSettings = field(default_factory=CompletionSettings)
    models: ModelSettings = field(default_factory=ModelSettings)
    engine: EngineSettings = field(default_factory=EngineSettings)
    daemon: DaemonSettings = field(default_factory=DaemonSettings)
    index: IndexSettings = field(default_factory=IndexSettings)
    actions: ActionSettings = field(default_factory=ActionSettings)
    learning: LearningSettings = field(default_factory=LearningSettings)

    @classmethod
    def from_json(cls, raw: object) -> tuple[Settings, list[str]]:
        """Read what an editor sent: nested camelCase objects; unknown keys are ignored.

        Returns the settings and one sentence for each value that could not be used.
        """
        problems: list[str] = []
        if raw is None:
            raw = {}
        if isinstance(raw, Mapping) and raw.get("engines"):
            problems.append(
                "ownstack.engines is not read: settings may come with a project, and must not say "
                "where anything is sent, nor hold a key. Name servers with: ownstack engines add "
                "NAME URL; store keys with: ownstack engines key NAME."
            )
        return _parse(cls, raw, "ownstack", problems), problems


def camel(name: str) -> str:
    """Return `snake_case` as `camelCase`."""
    head, *tail = name.split("_")
    return head + "".join(word.capitalize() for word in tail)


def _parse(kind: Any, raw: object, where: str, problems: list[str]) -> Any:
    if not isinstance(raw, Mapping):
        problems.append(f"{where} must be an object, not {truncate(repr(raw), 40)}.")
        raw = {}
    hints = typing.get_type_hints(kind)
    values: dict[str, Any] = {}
    for item in dataclasses.fields(kind):
        key = camel(item.name)
        if key not in raw or raw[key] is None:
            continue
        name = f"{where}.{key}"
        if dataclasses.is_dataclass(hints[item.name]):
            values[item.name] = _parse(hints[item.name], raw[key], name, problems)
            continue
        try:
            values[item.name] = _value(hints[item.name], raw[key], item.metadata)
        except ValueError as error:
            problems.append(f"{name} {error}; the default is used.")
    return kind(**values)


def _value(kind: Any, raw: object, limits: Mapping[str, int]) -> Any:
    origin = get_origin(kind)
    if origin is Literal:
        if raw not in get_args(kind):
            choices = ", ".join(map(str, get_args(kind)))
            raise ValueError(f"must be one of {choices}, not {truncate(repr(raw), 40)}")
        return raw
    if origin is tuple:
        if not isinstance(raw, list) or not all(isinstance(item, str) for item in raw):
            raise ValueError("must be a list of texts")
        return tuple(raw)
    if origin is not None and issubclass(typing.cast(type, origin), Mapping):
        if not isinstance(raw, Mapping) or not all(isinstance(v, bool) for v in raw.values()):
            raise ValueError("must map names to true or false")
        return types.MappingProxyType(dict(raw))
    if kind is int:
        return _whole_number(raw, limits)
    if not isinstance(raw, kind) or (isinstance(raw, bool) and kind is not bool):
        raise ValueError(f"must be of type {kind.__name__}, not {truncate(repr(raw), 40)}")
    return raw


def _whole_number(raw: object, limits: Mapping[str, int]) -> int:
    if isinstance(raw, bool) or not isinstance(raw, (int, float)) or raw != int(raw):
        raise ValueError(f"must be a whole number, not {truncate(repr(raw), 40)}")
    low, high = limits["minimum"], limits["maximum"]
    if not low <= raw <= high:
        raise ValueError(f"must be between {low} and {high}, not {int(raw)}")
    return int(raw)
