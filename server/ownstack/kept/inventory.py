"""All that is kept for a user outside projects."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from ownstack.daemon import address, holder
from ownstack.errors import DaemonError
from ownstack.index.storage.folder import read_head
from ownstack.kept import editors
from ownstack.kept.item import Found, Item
from ownstack.kept.places import LEARNING, WHO_LEARNS
from ownstack.kept.walk import is_plain_folder, look_into, size_of
from ownstack.learning.adapters.record import read_record
from ownstack.models.fetching import belongings
from ownstack.models.registry import ModelRegistry
from ownstack.paths import Home


def look(home: Home) -> Found:
    """Look for all of it. Nothing is changed."""
    found = Found()
    look_into(home, _sockets(home), found)
    _add_models(home, found)
    editors.add_environments(home, found)
    for item in found.items:
        if item.group == "conversations":
            item.locks = tuple(_writers(home))
        if item.group == "running":
            item.locks = (holder.lock_file(home),)
        if item.what in (LEARNING, WHO_LEARNS):
            item.locks = (home.training_file.with_suffix(".lock"),)
            item.to_free = "end the learning (Ctrl-C where it runs), or wait for its end"
        if item.what == "an index":
            _describe_index(item)
        if item.what == "an adapter":
            _describe_adapter(item)
    return found


def _sockets(home: Home) -> Path:
    """Return the folder of the socket: the home's, or a temporary one if its path is too long."""
    if address.TRANSPORT != "unix":
        return home.runtime
    try:
        return address.socket_path(home).parent
    except DaemonError:
        return home.runtime


def _add_models(home: Home, found: Found) -> None:
    registry = ModelRegistry(home.models_file)
    for name, path in registry.paths().items():
        source = registry.source(name)
        if not source:
            found.added[name] = path
            continue
        files = belongings.model_files(path)
        links = [file for file in files if file.is_symlink()]
        if links:
            found.left |= dict.fromkeys(links, "a link in the place of a downloaded model")
            continue
        item = Item("models", f"the model {name}, from {source}", path, model=name)
        item.files, item.size_bytes = files, sum(map(size_of, files))
        item.locks = (path.with_name(f"{path.name}.lock"),)
        found.items.append(item)
        for file in files:
            found.left.pop(file, None)


def _describe_index(item: Item) -> None:
    item.locks = (item.path / "lock", item.path / "readers")
    try:
        root = read_head(item.path).get("root", "")
    except (OSError, ValueError, TypeError, RecursionError):
        root = ""
    item.project = root if isinstance(root, str) else ""
    state = "" if not item.project or os.path.isdir(item.project) else ", which is gone"
    item.what = f"the index of {item.project or 'an unknown project'}{state}"


def _describe_adapter(item: Item) -> None:
    try:
        record = read_record(item.path)
    except (OSError, ValueError):
        return
    item.project = record.project
    source = f", learned from {item.project}" if item.project else ""
    item.what = f"the adapter {record.name or record.id} of {record.base_name}{source}"


def _writers(home: Home) -> Iterator[Path]:
    """Yield the files that who writes conversations holds locked."""
    folder = home.conversations_file.parent / "writers"
    if is_plain_folder(folder):
        yield from sorted(folder.iterdir())
