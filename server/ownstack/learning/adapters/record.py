"""What is known of one adapter: written beside its file, read back with suspicion."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Literal, get_args

from ownstack.files.opening import read_regular
from ownstack.models.roles import ROLES, Role

Scope = Literal["generic", "project"]
Standing = Literal["new", "fit", "aside"]
"""new: not judged yet; fit: it may serve; aside: it was judged, and does not."""

VERSION = 1
MAX_BYTES = 1_048_576
ID = re.compile(r"[0-9a-f]{16}")
MAX_TEXT = 4_096
MAX_FIGURE = 1e15
"""Of any figure in a record. JSON has numbers that no float holds, and some that are none."""


@dataclass(frozen=True, slots=True)
class AdapterRecord:
    """One adapter. Its folder is called by its id and holds `adapter.gguf` and `record.json`."""

    id: str
    scope: Scope
    role: Role
    base_key: str
    """Of the model that it was trained for (`models/gguf/base_key.py`)."""
    base_name: str
    architecture: str
    rank: int
    alpha: float
    sha256: str
    """Of `adapter.gguf`."""
    created: str
    """ISO 8601, UTC."""
    project: str = ""
    """The folder's absolute path; "" if generic."""
    name: str = ""
    """As a person is told it."""
    on_top_of: str = ""
    """The id of the generic adapter that it was trained on top of, and is served with."""
    standing: Standing = "new"
    reason: str = ""
    """Why it is aside, or serves, in a sentence."""
    trained: Mapping[str, float] = field(default_factory=dict)
    """seconds, steps, tokens, samples, loss_before, loss_after, …"""
    languages: Mapping[str, int] = field(default_factory=dict)
    """Language → lines learned from."""
    judged: Mapping[str, Any] = field(default_factory=dict)
    """What the gate measured."""

    @property
    def label(self) -> str:
        """Its name and the beginning of its id, as in "celery 4a33".

        What is learned of its lines is kept by it: not what was learned of the one before it, nor
        of a project that is called alike.
        """
        return f"{self.name} {self.id[:4]}".strip()

    def to_json(self) -> str:
        return json.dumps({"version": VERSION, **asdict(self)}, indent=1, sort_keys=True)


def read_record(folder: Path) -> AdapterRecord:
    """Read the record of the adapter in a folder.

    Raises:
        OSError: it is not there, or cannot be read.
        ValueError: it is none; what is wrong with it.
    """
    data, _ = read_regular(folder / "record.json", MAX_BYTES)
    try:
        raw = json.loads(data)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    except ValueError as error:
        raise ValueError("it is not JSON") from error
    if not isinstance(raw, dict) or raw.get("version") != VERSION:
        raise ValueError("it is of another version")
    values: dict[str, Any] = {}
    for item in fields(AdapterRecord):
        if item.name not in raw:
            continue
        values[item.name] = raw[item.name]
    try:
        record = AdapterRecord(**values)
    except TypeError as error:
        raise ValueError(f"something is missing: {error}") from error
    _check(record)
    # They are told to programs, whose JSON has no such numbers.
    return replace(record, trained=_figures(record.trained), languages=_figures(record.languages))


def _check(record: AdapterRecord) -> None:
    texts: tuple[str, ...] = (
        record.base_key,
        record.base_name,
        record.architecture,
        record.sha256,
        record.created,
    )
    texts += (record.project, record.name, record.on_top_of, record.reason)
    if not all(isinstance(text, str) and len(text) <= MAX_TEXT for text in texts):
        raise ValueError("a text in it is none, or too long")
    if not isinstance(record.id, str) or not ID.fullmatch(record.id):
        raise ValueError("its id is none")
    if record.scope not in get_args(Scope) or record.standing not in get_args(Standing):
        raise ValueError("its scope or standing is unknown")
    if record.role not in ROLES:
        raise ValueError("its role is unknown")
    if type(record.rank) is not int or not 1 <= record.rank <= 1_024:
        raise ValueError("its rank is not between 1 and 1024")
    if not _is_figure(record.alpha):
        raise ValueError("its alpha is no number")
    for mapping in (record.trained, record.languages, record.judged):
        if not isinstance(mapping, dict):
            raise ValueError("figures in it are none")


def _figures(found: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in found.items() if _is_figure(value)}


def _is_figure(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    return abs(value) <= MAX_FIGURE
