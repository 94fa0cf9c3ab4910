"""The Python environments that editors' extensions have made, where those have said so.

An extension leaves a note in the data folder: where its own storage is. It makes environments
there, or in another folder that its user has named.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

from ownstack.files.opening import read_regular
from ownstack.kept.item import Found, Item
from ownstack.kept.walk import everything_below, is_plain_folder, size_of
from ownstack.paths import Home

MAX_NOTE_BYTES = 65_536
_ENVIRONMENT = re.compile(r"[0-9a-f]{6,64}(?:[.-][\w.-]{1,64})?")
_FILES = ("environments.json", "environments.lock", "environment.json", "environment.lock")
"""Which environment serves; who makes one. The latter two are of earlier versions."""


def add_environments(home: Home, found: Found) -> None:
    """Add an item for each environment, and for what lies around it."""
    items, left = found.items, found.left
    seen: set[Path] = set()
    for folder in _folders(home):
        if folder in seen or not is_plain_folder(folder):
            continue
        seen.add(folder)
        around = Item("environments", "which environment serves the editor", folder)
        around.files = [folder / name for name in _FILES if (folder / name).is_file()]
        around.files = [file for file in around.files if not file.is_symlink()]
        around.size_bytes = sum(map(size_of, around.files))
        for place in _places(folder):
            if not _is_environment(place):
                left[place] = "no environment of ours"
                continue
            try:
                files, inner = everything_below(place)
            except OSError as error:
                left[place] = error.strerror or str(error)
                continue
            items.append(Item("environments", "an environment of the editor", place,
                              sum(map(size_of, files)), files, inner))  # fmt: skip
        if is_plain_folder(folder / "environments"):
            found.folders.append(folder / "environments")
        if around.files:
            items.append(around)


def _places(folder: Path) -> Iterator[Path]:
    old = folder / "environment"
    if old.exists():
        yield old
    several = folder / "environments"
    if is_plain_folder(several):
        yield from sorted(several.iterdir())


def _is_environment(place: Path) -> bool:
    fits = place.name == "environment" or _ENVIRONMENT.fullmatch(place.name)
    return bool(fits) and is_plain_folder(place) and (place / "pyvenv.cfg").is_file()


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
            if isinstance(text, str) and "\0" not in text and Path(text).is_absolute():
                yield Path(text)
