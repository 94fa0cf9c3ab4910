"""How a path is spelled by the folders that list it.

Where the file system ignores case, `Client.py` and `client.py` are one file, and events and
editors may name it either way: it is in the index under the name that its folder lists. Whether a
folder ignores case is asked of a name in it, and nothing is written. Inode numbers prove nothing:
some such systems number each spelling anew.
"""

from __future__ import annotations

import os
import string
import unicodedata
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

_SWAPPED = str.maketrans(
    string.ascii_lowercase + string.ascii_uppercase,
    string.ascii_uppercase + string.ascii_lowercase,
)


class PathCase:
    """Names as folders list them, for one piece of work: each folder is asked once."""

    def __init__(self, root: Path, known: Collection[str] = ()) -> None:
        """`known`: the paths that are in the index."""
        self._root = str(root)
        self._known = known
        self._by_folded: dict[str, list[str]] | None = None
        self._folders: dict[str, dict[str, str] | None] = {}

    def listed(self, path: str) -> str:
        """Return a path as its folders list it; what is not there stays as it is spelled."""
        done = ""
        for name in path.split("/"):
            names = self._names(done)
            if names is not None:
                name = names.get(name) or names.get(_folded(name), name)
            done += name + "/"
        return done[:-1]

    def all(self, paths: Iterable[str]) -> Iterator[str]:
        """Yield the paths, and with each the one that is listed, or is known by another spelling.

        None comes twice. Of those that are one file at most one is listed.
        """
        found: dict[str, None] = {}
        for path in paths:
            listed = self.listed(path)
            found.update(dict.fromkeys((path, listed)))
            if self._ignores_case(path) and listed not in self._known:
                found.update(dict.fromkeys(self._known_as(path)))
        yield from found

    def _ignores_case(self, path: str) -> bool:
        parts = path.split("/")
        return any(
            self._names("".join(f"{part}/" for part in parts[:depth])) is not None
            for depth in range(len(parts))
        )

    def _known_as(self, path: str) -> list[str]:
        if self._by_folded is None:
            self._by_folded = {}
            for known in self._known:
                self._by_folded.setdefault(_folded(known), []).append(known)
        return self._by_folded.get(_folded(path), [])

    def _names(self, folder: str) -> dict[str, str] | None:
        """Return what a folder lists, by its names and by what they are without case.

        None if the folder tells names by their case, or is none.
        """
        if folder not in self._folders:
            self._folders[folder] = _names(os.path.join(self._root, folder))
        return self._folders[folder]


def listed(root: Path, path: str) -> str:
    """Return a path as its folders list it; what is not there stays as it is spelled."""
    return PathCase(root).listed(path)


def ignores_case(folder: Path) -> bool:
    """Say whether names that differ in their case alone are one name in a folder."""
    return _names(str(folder)) is not None


def _names(folder: str) -> dict[str, str] | None:
    try:
        other = _found_by_other_case(folder)
        if not other:
            return None
        names = os.listdir(folder)
    except OSError:
        return None
    if other in names:
        # Two files, or two links to one.
        return None
    return {_folded(name): name for name in names} | {name: name for name in names}


def _found_by_other_case(folder: str) -> str:
    """Return another spelling of a name in a folder, if that is found there, too; else "".

    One name is enough, which costs little in a large folder.
    """
    with os.scandir(folder) as entries:
        swapped = ((entry.name, entry.name.translate(_SWAPPED)) for entry in entries)
        other = next((other for name, other in swapped if other != name), "")
    return other if other and _is_there(folder, other) else ""


def _is_there(folder: str, name: str) -> bool:
    return os.path.lexists(os.path.join(folder, name))


def _folded(path: str) -> str:
    return path.lower() if path.isascii() else unicodedata.normalize("NFC", path).casefold()
