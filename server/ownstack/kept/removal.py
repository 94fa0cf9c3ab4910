"""Removes what is kept: file by file, only what was found to be ours, and nothing that is used."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from ownstack.daemon import holder
from ownstack.errors import ModelError
from ownstack.kept.item import Found, Item
from ownstack.kept.walk import is_plain_folder, size_of
from ownstack.locking import FileLock
from ownstack.models.registry import ModelRegistry
from ownstack.paths import Home


@dataclass(slots=True)
class Removed:
    """What became of it."""

    items: list[Item] = field(default_factory=list)
    """Those of which nothing is left."""
    size_bytes: int = 0
    problems: dict[Path, str] = field(default_factory=dict)
    """What is still there, and why."""


def remove(home: Home, items: Iterable[Item], removed: Removed) -> None:
    """Remove some items; what cannot be is noted, and the others go on."""
    for item in items:
        reason = in_use(item)
        if reason:
            removed.problems[item.path] = reason
            continue
        before = len(removed.problems)
        _remove_files(item, removed)
        for folder in reversed(item.folders):
            _remove_folder(folder, removed)
        if len(removed.problems) == before:
            if item.model:
                _forget(home, item, removed)
            removed.items.append(item)


def remove_empty(found: Found) -> None:
    """Remove folders of ours in which nothing is any more.

    Those right in the user's own folder are left: nobody can tell who made them.
    """
    for folder in reversed(found.folders):
        if folder.parent == Path.home():
            continue
        _remove_if_empty(folder)
        # `~/.local/state/ownstack` of `~/.local/state/ownstack/log`.
        if folder.parent.name == "ownstack":
            _remove_if_empty(folder.parent)


def in_use(item: Item) -> str:
    """Return who uses an item, in words that say what to do; "" if nobody does."""
    if any(_is_locked(file) for file in item.locks):
        return f"it is in use: {item.to_free}, then try again"
    if item.group != "environments":
        return ""
    own = os.path.realpath(sys.prefix)
    if own == os.path.realpath(item.path):
        return "this command runs from it: use the editor's “Ownstack: Remove What It Keeps…”"
    if any(holder.was_started_in(process, item.path) for process in psutil.process_iter()):
        return "a program runs from it: close the editor's windows, then try again"
    return ""


def _is_locked(file: Path) -> bool:
    """Say whether somebody holds a lock. Nothing is made, or changed, by asking."""
    try:
        is_file = stat.S_ISREG(file.lstat().st_mode)
    except OSError:
        return False
    return is_file and FileLock.is_held(file, private=False)


def _remove_files(item: Item, removed: Removed) -> None:
    plain: dict[Path, bool] = {}
    for file in item.files:
        folder = file.parent
        if folder not in plain:
            # It may have been exchanged since it was looked at.
            plain[folder] = is_plain_folder(folder)
        if not plain[folder]:
            removed.problems[folder] = "it is no folder any more"
            continue
        size = size_of(file)
        try:
            _unlink(file)
        except FileNotFoundError:
            continue
        except OSError as error:
            removed.problems[file] = error.strerror or str(error)
        else:
            removed.size_bytes += size


def _unlink(file: Path) -> None:
    try:
        file.unlink()
    except PermissionError:
        if os.name != "nt":
            raise
        # Windows does not remove what may not be written.
        file.chmod(stat.S_IWRITE)
        file.unlink()


def _remove_folder(folder: Path, removed: Removed) -> None:
    try:
        folder.rmdir()
    except FileNotFoundError:
        return
    except OSError as error:
        # What it holds still is named, and is the better reason.
        if not any(problem.is_relative_to(folder) for problem in removed.problems):
            removed.problems[folder] = error.strerror or str(error)


def _remove_if_empty(folder: Path) -> None:
    if is_plain_folder(folder) and not any(folder.iterdir()):
        try:
            folder.rmdir()
        except OSError:
            # An empty folder is no matter; one that is in use stays, as on Windows.
            pass


def _forget(home: Home, item: Item, removed: Removed) -> None:
    try:
        ModelRegistry(home.models_file).remove(item.model)
    except ModelError as error:
        removed.problems[home.models_file] = str(error)
