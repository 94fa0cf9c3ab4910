"""The Python environments that editors' extensions have made, where those have said so.

An extension leaves a note in the data folder: where its own storage is. It makes environments
there, or in another folder that its user has named.
"""

from __future__ import annotations

import json
import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path

from ownstack.files.opening import read_regular
from ownstack.kept.item import Found, Item
from ownstack.kept.walk import everything_below, is_plain_folder, size_of
from ownstack.paths import Home

MAX_NOTE_BYTES = 65_536
# The names are those of vscode-client/src/install/names.ts, and a test compares them.
_ENVIRONMENT = re.compile(r"[0-9a-f]{8}\.[0-9a-f]{4}")
_REMAINS = re.compile(
    r"[0-9a-f]{8}\.[0-9a-f]{4}\.(?:wheels(?:\.part)?|cache)|\.removed-[0-9a-f]{8}"
)
"""What the making or removing of an environment leaves when it is stopped half-way."""
_PARTIAL = re.compile(r"environments?\.(?:json\.[0-9a-f]{8}|lock\.\d{1,10})")
"""A file of `_FILES` that was half written, or one that guards it."""
_USE = re.compile(r"\d{1,10}(?:\.[0-9a-f]{8})?")
_FIRST, _FIRST_KNOWN = "environment", "environment.json"
"""The environment that was made before there were several, and the file that says so."""
_FOLDER, _USES = "environments", ".uses"
"""The folder of all others; in it, which window's server runs from which, by process number."""
_FILES = ("environments.json", "environments.lock", _FIRST_KNOWN, "environment.lock")
"""Which environment serves; who makes one."""


def add_environments(home: Home, found: Found) -> None:
    """Add an item for each environment, and for what lies around it."""
    seen: set[Path] = set()
    for folder in _folders(home):
        if folder in seen or not is_plain_folder(folder):
            continue
        seen.add(folder)
        try:
            _add(folder, found)
        except OSError as error:
            found.left[folder] = error.strerror or str(error)


def _add(folder: Path, found: Found) -> None:
    around = Item("environments", "which environment serves the editor", folder)
    around.files = [folder / name for name in _FILES if _is_file(folder / name)]
    partial = (path for path in sorted(folder.iterdir()) if _PARTIAL.fullmatch(path.name))
    around.files += filter(_is_file, partial)
    for place in _places(folder):
        if place.name == _USES and is_plain_folder(place):
            around.files += [file for file in sorted(place.iterdir()) if _is_use(file)]
            around.folders.append(place)
            continue
        if not _is_environment(place):
            found.left[place] = "no environment of ours"
            continue
        try:
            files, inner = everything_below(place)
        except OSError as error:
            found.left[place] = error.strerror or str(error)
            continue
        found.items.append(Item("environments", "an environment of the editor", place,
                                sum(map(size_of, files)), files, inner))  # fmt: skip
    if is_plain_folder(folder / _FOLDER):
        found.folders.append(folder / _FOLDER)
    if around.files or around.folders:
        around.size_bytes = sum(map(size_of, around.files))
        found.items.append(around)


def _places(folder: Path) -> Iterator[Path]:
    # Without the file it is anybody's: the folder may be one that the user has named.
    if is_plain_folder(folder / _FIRST) and _is_file(folder / _FIRST_KNOWN):
        yield folder / _FIRST
    several = folder / _FOLDER
    if is_plain_folder(several):
        yield from sorted(several.iterdir())


def _is_environment(place: Path) -> bool:
    if not is_plain_folder(place):
        return False
    if place.name == _FIRST:
        return _is_file(place / "pyvenv.cfg")
    # Of half an environment only the name tells whose it is.
    return bool(_ENVIRONMENT.fullmatch(place.name) or _REMAINS.fullmatch(place.name))


def _is_use(file: Path) -> bool:
    return bool(_USE.fullmatch(file.name)) and _is_file(file)


def _is_file(path: Path) -> bool:
    """Say whether a path is a file itself, and no link to one."""
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except OSError:
        return False


def _folders(home: Home) -> Iterator[Path]:
    notes = home.editors_folder
    if not is_plain_folder(notes):
        return
    for note in sorted(notes.glob("*.json")):
        try:
            content = json.loads(read_regular(note, MAX_NOTE_BYTES)[0])
        except (OSError, ValueError, RecursionError):
            continue
        named = content.get("folders") if isinstance(content, dict) else None
        for text in named if isinstance(named, list) else ():
            if isinstance(text, str) and _is_path(text):
                yield Path(text)


def _is_path(text: str) -> bool:
    """Say whether a text is a path that the system can be asked about, and a whole one."""
    try:
        return b"\0" not in os.fsencode(text) and Path(text).is_absolute()
    except UnicodeEncodeError:  # Half of a pair of surrogates.
        return False
