"""The models this user has: which files, under which names, and which one does what."""

from __future__ import annotations

import difflib
import logging
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

from ownstack.engine import toml_file
from ownstack.engine.found_models import found_on_disk
from ownstack.engine.inspection import (
    ModelInfo,
    broken,
    check_memory,
    inspect,
    memory_available,
    memory_needed,
)
from ownstack.engine.protocol import Role
from ownstack.errors import CannotInfillError, ModelCorruptError, ModelError, ModelNotFoundError
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
_CHATTING: frozenset[Role] = frozenset(("edit", "chat", "summary"))


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

    def add(self, path: Path, name: str | None = None) -> ModelInfo:
        """Make a model known, by its file's name unless `name` is given.

        A file that is known already gets the new name, if there is one.

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

        def change(content: dict[str, Any]) -> None:
            models = [e for e in _tables(content) if e.get("path") not in (str(path),)]
            models = [e for e in models if e.get("name") != chosen]
            content["models"] = [*models, {"name": chosen, "path": str(path)}]
            roles = content.get("roles")
            if isinstance(roles, dict) and known:
                content["roles"] = {r: chosen if n == known else n for r, n in roles.items()}

        self._write(change)
        return replace(info, name=chosen)

    def use(self, name: str, role: Role) -> ModelInfo:
        """Choose a model for a role; a path of a file that is not known is added first.

        Raises:
            CannotInfillError: `role` is completion, and it was not trained for that.
            ModelError: it is not there, cannot be used, or cannot chat.
        """
        info = self.resolve(name)
        if role == "completion" and not info.infill:
            raise CannotInfillError(
                f"{info.name} cannot complete code: {info.infill_problem}",
                "Choose an infill model, such as Qwen2.5-Coder (not “Instruct”) or StarCoder2.",
            )
        if role in _CHATTING and not info.chat:
            raise ModelError(
                f"{info.name} has no chat template: it cannot be used for {role}.",
                "Choose a model with “Instruct” or “Chat” in its name.",
            )
        if info.name not in self._read()[0]:
            info = self.add(info.path)
        self._choose(info.name, role)
        return info

    def use_none(self, role: Role) -> None:
        """Choose that no model does this."""
        self._choose(NONE, role)

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
        near = difflib.get_close_matches(wanted.lower(), names, n=3, cutoff=0.5)
        near += [low for low in names if wanted and wanted.lower() in low and low not in near]
        hint = f"Did you mean {' or '.join(names[low] for low in near[:3])}?" if near else _SEE
        raise ModelNotFoundError(f"No model is called “{wanted}”.", hint)

    def _choose(self, name: str, role: Role) -> None:
        def change(content: dict[str, Any]) -> None:
            roles = content.get("roles")
            content["roles"] = {**(roles if isinstance(roles, dict) else {}), role: name}

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
        content, problem = toml_file.read(self._file)
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
        roles = content.get("roles")
        said = roles.items() if isinstance(roles, dict) else ()
        return entries, {role: name for role, name in said if isinstance(name, str)}

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


def _free_name(name: str, taken: dict[str, Path]) -> str:
    """Return `name`, or the first of name-2, name-3 … that no model has."""
    number, free = 1, name
    while free in taken:
        number += 1
        free = f"{name}-{number}"
    return free
