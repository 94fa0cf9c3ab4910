"""The servers that the user named: a TOML file of theirs, which no workspace has a say in.

An editor's settings come to a language server without their origin: those of a project that was
just cloned look like the user's own. So where to send what is read from here alone.
"""

from __future__ import annotations

import dataclasses
import difflib
import logging
import typing
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ownstack.errors import ModelError, ModelNotFoundError
from ownstack.models import toml_file
from ownstack.models.remote.entry import EngineEntry, checked
from ownstack.models.roles import ROLES, Role
from ownstack.terminal import visible

log = logging.getLogger(__name__)

LIMITS = {"context_tokens": (0, 100_000_000), "first_token_s": (1, 86_400)}
_SECRETS = frozenset(("api_key", "apikey", "token", "secret", "password", "authorization"))


class EnginesFile:
    """Tables `[engines.NAME]`, read anew at each call."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._said: tuple[str, ...] = ()

    def read(self) -> tuple[dict[str, EngineEntry], tuple[str, ...]]:
        """Return name → engine, and one sentence for each that cannot be used."""
        content, problem = toml_file.read(self._file)
        entries: dict[str, EngineEntry] = {}
        problems = [f"{problem} It is left out."] if problem else []
        for name, table in _tables(content).items():
            try:
                entries[name] = _entry(name, table)
            except ModelError as error:
                problems.append(str(error))
        if tuple(problems) != self._said:
            self._said = tuple(problems)
            for line in problems:
                log.warning("%s", visible(line))
        return entries, self._said

    def names(self, name: str) -> bool:
        """Tell whether there is an engine of that name, usable or not."""
        return name in _tables(toml_file.read(self._file)[0])

    def get(self, name: str) -> EngineEntry:
        """Return one engine.

        Raises:
            ModelError: it is not there, or cannot be used.
        """
        content, problem = toml_file.read(self._file)
        tables = _tables(content)
        if name in tables:
            return _entry(name, tables[name])
        near = difflib.get_close_matches(name, tables, n=1, cutoff=0.5)
        hint = f"Did you mean {near[0]}?" if near else "See what there is: ownstack engines list"
        raise ModelNotFoundError(problem or f"No engine is called “{visible(name[:40])}”.", hint)

    def put(self, entry: EngineEntry) -> EngineEntry:
        """Add an engine, or change one of that name.

        Raises:
            ModelError: it cannot be used, or the file cannot be written.
        """
        good = checked(entry)

        def change(content: dict[str, Any]) -> None:
            if not isinstance(content.get("engines"), dict):
                content["engines"] = {}
            if not isinstance(content["engines"].get(good.name), dict):
                content["engines"][good.name] = {}
            table, told = content["engines"][good.name], _told(good)
            for item in dataclasses.fields(EngineEntry):
                if item.name in table and item.name not in told:
                    del table[item.name]
            table.update(told)

        self._write(change)
        return good

    def allow(self, name: str, roles: tuple[Role, ...]) -> EngineEntry:
        """Let an engine have what some roles are given, beside those that may already.

        Raises:
            ModelError: it is not there, or the file cannot be written.
        """
        entry = self.get(name)
        both = tuple(role for role in ROLES if role in (*entry.roles, *roles))
        return self.put(dataclasses.replace(entry, roles=both))

    def remove(self, name: str) -> None:
        """Forget an engine.

        Raises:
            ModelError: it is not there, or the file cannot be written.
        """
        content, _ = toml_file.read(self._file)
        if name not in _tables(content):
            self.get(name)
        self._write(lambda content: content["engines"].pop(name))

    def _write(self, change: Any) -> None:
        try:
            toml_file.update(self._file, change)
        except OSError as error:
            raise ModelError(
                f"The list of engines {self._file} cannot be written: {error.strerror or error}.",
                "Check the folder's permissions, or set OWNSTACK_HOME to another folder.",
            ) from error


def _tables(content: Mapping[str, Any]) -> dict[str, Any]:
    engines = content.get("engines")
    return dict(engines) if isinstance(engines, Mapping) else {}


def _told(entry: EngineEntry) -> dict[str, Any]:
    """Return what is written of an engine: all that is no default, and its kind and roles."""
    kept: dict[str, Any] = {}
    for item in dataclasses.fields(EngineEntry):
        value = getattr(entry, item.name)
        if item.name != "name" and (value != item.default or item.name in ("kind", "roles")):
            kept[item.name] = list(value) if isinstance(value, tuple) else value
    return kept


def _entry(name: str, table: Any) -> EngineEntry:
    """Read one table.

    Raises:
        ModelError: it cannot be used.
    """
    if not isinstance(table, Mapping):
        raise ModelError(f"The engine {visible(name[:40])} must be a table.")
    if secrets := sorted(key for key in table if key.lower() in _SECRETS):
        raise ModelError(
            f"The engine {visible(name[:40])} has its key in the file ({', '.join(secrets)}), where"
            " it does not belong.",
            "Remove it there, make a new one where you got it, and store that with: "
            f"ownstack engines key {visible(name[:40])}",
        )
    values: dict[str, Any] = {}
    kinds = typing.get_type_hints(EngineEntry)
    for item in dataclasses.fields(EngineEntry):
        if item.name == "name" or item.name not in table:
            continue
        values[item.name] = _value(name, item.name, kinds[item.name], table[item.name])
    return checked(EngineEntry(name=name, **{"url": "", **values}))


def _value(name: str, key: str, kind: Any, raw: Any) -> Any:
    if key == "roles":
        if not isinstance(raw, list) or not all(role in ROLES for role in raw):
            raise ModelError(f"The roles of {name} must be a list of {', '.join(ROLES)}.")
        return tuple(role for role in ROLES if role in raw)
    wanted = kind if kind in (bool, int) else str
    if not isinstance(raw, wanted) or (wanted is int and isinstance(raw, bool)):
        raise ModelError(f"The engine {name} has no usable {key}.")
    if isinstance(raw, int) and key in LIMITS and not LIMITS[key][0] <= raw <= LIMITS[key][1]:
        low, high = LIMITS[key]
        raise ModelError(f"The {key} of {name} must be between {low:,} and {high:,}.")
    return raw
