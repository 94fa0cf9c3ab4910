"""Looks through the folders of a home: what is ours in them, and what is not.

Links are never followed, and never ours: this program makes none but in environments.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from pathlib import Path

from ownstack.kept.item import Found, Item
from ownstack.kept.places import RULES, Rule
from ownstack.paths import Home


def look_into(home: Home, sockets: Path, found: Found) -> None:
    """Add what lies in the folders of a home. `sockets`: the folder that the socket lies in."""
    places: dict[Path, list[Rule]] = {}
    for rule in RULES:
        # On some systems several of them are one folder.
        places.setdefault(getattr(home, rule.place), []).append(rule)
    if sockets not in places:
        places[sockets] = [rule for rule in RULES if rule.is_socket]
    for folder, rules in places.items():
        _Walk(found, folder, frozenset(places)).enter(folder, rules, 0)


class _Walk:
    """Goes through one folder of the home."""

    def __init__(self, found: Found, root: Path, roots: frozenset[Path]) -> None:
        self._found, self._root, self._roots = found, root, roots
        self._items: dict[tuple[Path, str], Item] = {}

    def enter(self, folder: Path, rules: Sequence[Rule], depth: int) -> None:
        if not os.path.lexists(folder):
            return
        if not is_plain_folder(folder):
            self._found.left[folder] = "a link, or no folder"
            return
        self._found.folders.append(folder)
        for path in self._listed(folder):
            if path in self._roots:
                continue  # It has rules of its own.
            fitting = [rule for rule in rules if rule.path[depth].fullmatch(path.name)]
            try:
                self._judge(path, fitting, depth + 1)
            except FileNotFoundError:
                continue  # Somebody has just removed it.
            except OSError as error:
                self._found.left[path] = error.strerror or str(error)

    def _listed(self, folder: Path) -> list[Path]:
        try:
            return sorted(folder.iterdir())
        except OSError as error:
            self._found.left[folder] = error.strerror or str(error)
            return []

    def _judge(self, path: Path, fitting: Sequence[Rule], depth: int) -> None:
        status = path.lstat()
        ends = [rule for rule in fitting if len(rule.path) == depth and _is_kind(rule, status)]
        deeper = [rule for rule in fitting if len(rule.path) > depth]
        if ends and ends[0].is_whole:
            self._take(ends[0], path, *everything_below(path))
        elif ends:
            self._take(ends[0], path, [path], [])
        elif deeper and is_folder(status):
            self.enter(path, deeper, depth)
        else:
            self._found.left[path] = "a link" if stat.S_ISLNK(status.st_mode) else "not ours"

    def _take(self, rule: Rule, path: Path, files: list[Path], folders: list[Path]) -> None:
        parts = path.relative_to(self._root).parts
        shown = self._root.joinpath(*parts[: rule.depth])
        item = self._items.get((shown, rule.what))
        if item is None:
            item = self._items[shown, rule.what] = Item(rule.group, rule.what, shown)
            self._found.items.append(item)
        item.files += files
        item.folders += folders
        item.size_bytes += sum(map(size_of, files))


def _is_kind(rule: Rule, status: os.stat_result) -> bool:
    if rule.is_whole:
        return is_folder(status)
    if rule.is_socket:
        return stat.S_ISSOCK(status.st_mode)
    return stat.S_ISREG(status.st_mode) and not (rule.is_empty and status.st_size)


def everything_below(folder: Path) -> tuple[list[Path], list[Path]]:
    """Return all files (and links, as such) below a folder, and all folders, it among them.

    Raises:
        OSError: a folder cannot be read.
    """
    files: list[Path] = []
    folders = [folder]
    for inner in folders:  # It grows meanwhile.
        for path in sorted(inner.iterdir()):
            (folders if is_folder(path.lstat()) else files).append(path)
    return files, folders


def is_plain_folder(path: Path) -> bool:
    """Say whether a path is a folder itself, not something that leads to one."""
    try:
        return is_folder(path.lstat())
    except OSError:
        return False


def is_folder(status: os.stat_result) -> bool:
    """Say whether a status, of what a path itself is, is a folder's and no junction's."""
    attributes: int = getattr(status, "st_file_attributes", 0)
    junction = attributes & getattr(stat, "FILE_ATTRIBUTE_REPARSE_POINT", 0x400)
    return stat.S_ISDIR(status.st_mode) and not junction


def size_of(path: Path) -> int:
    """Return a file's size in bytes; 0 if it has gone."""
    try:
        return path.lstat().st_size
    except OSError:
        return 0
