"""The models this user has: which files, under which names, and which one does what."""

from __future__ import annotations

import difflib
import logging
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ownstack.errors import CannotInfillError, ModelCorruptError, ModelError, ModelNotFoundError
from ownstack.models import toml_file
from ownstack.models.catalogue import catalogue
from ownstack.models.found import found_on_disk
from ownstack.models.gguf.inspection import (
    ModelInfo,
    broken,
    check_memory,
    inspect,
    memory_available,
    memory_needed,
)
from ownstack.models.roles import Role, unfit
from ownstack.paths import builtin_model

__all__ = [
    "BUILTIN",
    "NONE",
    "ModelInfo",
    "ModelRegistry",
    "check_memory",
    "found_on_disk",
    "inspect",
    "memory_available",
    "memory_needed",
]

log = logging.getLogger(__name__)

BUILTIN = "builtin"
"""Name of the network that comes with this package: always known, used if nothing was chosen."""
NONE = "none"
"""Chosen for a role instead of a model: completion then repeats what is in the user's files."""
_SEE = "See what there is: ownstack models list"


class ModelRegistry:
    """The list of models in a TOML file that the user may edit; read anew at each call.

    Nothing is copied or moved: a model stays where its file is. The built-in one is not in the
    file: it can be neither removed nor replaced by an entry there.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._builtin = builtin_model()
        self._inspected: dict[Path, tuple[tuple[int, int], ModelInfo]] = {}
        self.problem = ""
        """What is wrong with the file, "" if nothing; models that could be read are still there."""

    def list(self) -> list[ModelInfo]:
        """Return the built-in model, then the user's by name.

        Of one whose file is gone, `infill_problem` says so.
        """
        entries, _ = self._read()
        infos = (self._known(name, path) for name, path in entries.items())
        return sorted(infos, key=lambda info: (info.name != BUILTIN, info.name.lower()))

    def add(self, path: Path, name: str | None = None, source: str = "") -> ModelInfo:
        """Make a model known, by its file's name unless `name` is given.

        A file that is known already gets the new name, if there is one. `source`: where it was
        downloaded from, if we did that; only then its files are ours to delete.

        Raises:
            ModelNotFoundError, ModelCorruptError: the file is of no use; why.
            ModelError: the name is taken by another file, or the list cannot be written.
        """
        path = Path(os.path.abspath(path.expanduser()))
        info = self._inspect(path)
        if path == self._builtin:
            return replace(info, name=BUILTIN)
        if info.parameters is None:
            raise ModelCorruptError(
                f"{path.name} holds a vocabulary only, no weights: nothing can be written with it.",
                "Get the file with the model's weights.",
            )
        entries, _ = self._read()
        known = {other: called for called, other in entries.items()}.get(path)
        chosen = (name or "").strip() or known or _free_name(info.name, entries)
        if chosen.lower() in (BUILTIN, NONE):
            raise ModelError(f"No file can be called {chosen}.", "Give another --name.")
        if entries.get(chosen, path) != path:
            raise ModelError(
                f"Another model is called {chosen}: {entries[chosen]}.", "Give another --name."
            )

        entry = {"name": chosen, "path": str(path)} | ({"source": source} if source else {})

        def change(content: dict[str, Any]) -> None:
            ours = [
                e for e in _tables(content) if e.get("path") == str(path) or e.get("name") == chosen
            ]
            if ours:
                if ours[0].get("path") != str(path):
                    ours[0].pop("source", None)
                ours[0].update(entry)
                for other in ours[1:]:
                    content["models"].remove(other)
            elif _tables(content):
                content["models"].append(entry)
            else:
                content["models"] = [entry]
            for role, name in _roles(content).items():
                if known and name == known:
                    content["roles"][role] = chosen

        self._write(change)
        return replace(info, name=chosen)

    def use(self, name: str, role: Role) -> ModelInfo:
        """Choose a model for a role; a path of a file that is not known is added first.

        Raises:
            CannotInfillError: `role` is completion, and it was not trained for that.
            ModelError: it is not there, cannot be used, or cannot chat.
        """
        info = self.resolve(name)
        reason = unfit(info, role)
        if reason and role == "completion":
            raise CannotInfillError(
                f"{info.name} {reason}",
                "Choose a model that was trained to fill in the middle, such as Qwen2.5-Coder.",
            )
        if reason:
            raise ModelError(
                f"{info.name} {reason}", "Choose a model with “Instruct” or “Chat” in its name."
            )
        if info.name not in self._read()[0]:
            info = self.add(info.path)
        self.choose(info.name, role)
        return info

    def paths(self) -> dict[str, Path]:
        """Return the file of each model that the user made known; none is looked at."""
        return {name: path for name, path in self._read()[0].items() if name != BUILTIN}

    def source(self, name: str) -> str:
        """Return where a known model was downloaded from; "" if its file is the user's own."""
        content, _ = toml_file.read(self._file)
        found = (entry for entry in _tables(content) if entry.get("name") == name)
        source = next(found, {}).get("source", "")
        return source if isinstance(source, str) else ""

    def known_as(self, name_or_path: str) -> tuple[str, Path]:
        """Return the name and file of a known model, also of one whose file is gone.

        Raises:
            ModelNotFoundError: there is none; which names are near.
        """
        entries, _ = self._read()
        wanted = name_or_path.strip()
        for name, path in entries.items():
            if wanted and wanted.lower() == name.lower():
                return name, path
        for name, path in entries.items():
            if wanted and Path(os.path.abspath(Path(wanted).expanduser())) == path:
                return name, path
        raise _not_known(wanted, {name.lower(): name for name in entries})

    def remove(self, name: str) -> None:
        """Forget a known model, and that it was chosen. Its file is left alone.

        Raises:
            ModelError: it is the built-in one, or the list cannot be written.
        """
        if name == BUILTIN:
            raise ModelError(
                "The built-in model comes with Ownstack and stays.",
                "To do without it: ownstack models use none --for completion",
            )

        def change(content: dict[str, Any]) -> None:
            for entry in [entry for entry in _tables(content) if entry.get("name") == name]:
                content["models"].remove(entry)
            if not content.get("models", True):
                del content["models"]
            for role in [role for role, chosen in _roles(content).items() if chosen == name]:
                del content["roles"][role]

        self._write(change)

    def use_none(self, role: Role) -> None:
        """Choose that no model does this."""
        self.choose(NONE, role)

    def knows(self, name: str) -> bool:
        """Tell whether a file has exactly this name."""
        return name in self._read()[0]

    def choice(self, role: Role) -> str:
        """Return the name that was chosen for a role, whatever it is of; "" if none was."""
        return self._read()[1].get(role, "")

    def fallbacks(self, role: Role) -> tuple[str, ...]:
        """Return the names of what stands in where the chosen model cannot be used."""
        table = toml_file.read(self._file)[0].get("fallbacks")
        names = table.get(role) if isinstance(table, dict) else None
        return tuple(n for n in names if isinstance(n, str)) if isinstance(names, list) else ()

    def use_fallbacks(self, names: Sequence[str], role: Role) -> None:
        """Set what stands in for a role, the first first."""

        def change(content: dict[str, Any]) -> None:
            if not isinstance(content.get("fallbacks"), dict):
                content["fallbacks"] = {}
            content["fallbacks"][role] = list(names)

        self._write(change)

    def chosen(self, role: Role) -> ModelInfo | None:
        """Return the model that was chosen for a role, if one was and it is still known.

        For completion it is the built-in one if nothing was chosen.
        """
        entries, roles = self._read()
        name = roles.get(role, "")
        if name not in entries and name != NONE and role == "completion":
            name = BUILTIN
        return self._known(name, entries[name]) if name in entries else None

    def resolve(self, name_or_path: str) -> ModelInfo:
        """Return the known model of that name (case does not matter), or the file at that path.

        Raises:
            ModelNotFoundError: there is neither; which names are near.
            ModelCorruptError: the file is of no use.
        """
        entries, _ = self._read()
        wanted = name_or_path.strip()
        names = {name.lower(): name for name in entries}
        name = wanted if wanted in entries else names.get(wanted.lower())
        if name is not None:
            return replace(self._inspect(entries[name]), name=name)
        path = Path(os.path.abspath(Path(wanted).expanduser()))
        if wanted and (path.is_file() or wanted.lower().endswith(".gguf") or os.sep in wanted):
            known = {other: called for called, other in entries.items()}.get(path)
            info = self._inspect(path)
            return replace(info, name=known) if known else info
        raise _not_known(wanted, names)

    def choose(self, name: str, role: Role) -> None:
        """Write down a choice, which was looked at before.

        Raises:
            ModelError: the list cannot be written.
        """

        def change(content: dict[str, Any]) -> None:
            if not _roles(content):
                content["roles"] = {}
            content["roles"][role] = name

        self._write(change)

    def _known(self, name: str, path: Path) -> ModelInfo:
        try:
            return replace(self._inspect(path), name=name)
        except ModelError as error:
            problem = str(error)
            if name == BUILTIN:  # The hints are about files that one has got somewhere.
                missing = isinstance(error, ModelNotFoundError)
                problem = "Its file is missing." if missing else error.what
            return broken(name, path, problem)

    def _inspect(self, path: Path) -> ModelInfo:
        """Inspect a file once, until it changes."""
        try:
            status = path.stat()
        except OSError:
            return inspect(path)  # which says why
        stamp = (status.st_mtime_ns, status.st_size)
        seen = self._inspected.get(path)
        if seen is None or seen[0] != stamp:
            seen = self._inspected[path] = (stamp, inspect(path))
        return seen[1]

    def _read(self) -> tuple[dict[str, Path], dict[str, str]]:
        """Return name → path, with the built-in model's, and role → name."""
        content, damage = toml_file.read(self._file)
        problem = f"{damage} It is left out." if damage else ""
        if problem and problem != self.problem:
            log.warning("%s", problem)
        self.problem = problem
        entries = {
            entry["name"]: Path(entry["path"])
            for entry in _tables(content)
            if isinstance(entry.get("name"), str) and isinstance(entry.get("path"), str)
            if entry["name"].lower() not in (BUILTIN, NONE)
        }
        entries[BUILTIN] = self._builtin
        roles = _roles(content).items()
        return entries, {role: name for role, name in roles if isinstance(name, str)}

    def _write(self, change: Any) -> None:
        try:
            toml_file.update(self._file, change)
        except OSError as error:
            raise ModelError(
                f"The list of models {self._file} cannot be written: {error.strerror or error}.",
                "Check the folder's permissions, or set OWNSTACK_HOME to another folder.",
            ) from error


def _tables(content: dict[str, Any]) -> list[dict[str, Any]]:
    models = content.get("models")
    return [e for e in models if isinstance(e, dict)] if isinstance(models, list) else []


def _roles(content: dict[str, Any]) -> dict[str, Any]:
    roles = content.get("roles")
    return roles if isinstance(roles, dict) else {}


def _not_known(wanted: str, names: dict[str, str]) -> ModelNotFoundError:
    """Return the error that says which names (lower case → as it is) are near."""
    near = difflib.get_close_matches(wanted.lower(), names, n=3, cutoff=0.5)
    near += [low for low in names if wanted and wanted.lower() in low and low not in near]
    hint = f"Did you mean {' or '.join(names[low] for low in near[:3])}?" if near else _SEE
    if any(model.name == wanted.lower() for model in catalogue()):
        hint = f"To download it: ownstack models pull {wanted.lower()}"
    return ModelNotFoundError(f"No model is called “{wanted}”.", hint)


def _free_name(name: str, taken: dict[str, Path]) -> str:
    """Return `name`, or the first of name-2, name-3 … that no model has."""
    number, free = 1, name
    while free in taken:
        number += 1
        free = f"{name}-{number}"
    return free
