"""What may follow an @ in a question: files, folders, symbols, and what the editor shows."""

from __future__ import annotations

import itertools
from pathlib import Path, PurePosixPath

from ownstack.app.chats.values import ChatMention
from ownstack.chat.mentions import mentions
from ownstack.index.search.places import located
from ownstack.index.search.symbol_lookup import find_symbols
from ownstack.index.snapshot.snapshot import Snapshot

MAX_MENTIONS = 100
_MAX_QUERY = 240
_OF_EDITOR = (
    ("selection", "What is selected in the editor"),
    ("diagnostics", "What language servers report"),
)


def completed(
    query: str, limit: int, folder: Path | None, snapshot: Snapshot | None
) -> list[ChatMention]:
    """Return what is meant by what is typed after the @, best first. Without an index: less."""
    typed = query[:_MAX_QUERY].strip().lower()
    limit = max(1, min(limit, MAX_MENTIONS))
    found = [
        ChatMention(name, name, f"@{name}", detail)
        for name, detail in _OF_EDITOR
        if name.startswith(typed)
    ]
    if folder is None or snapshot is None:
        return found[:limit]
    paths = [file.path for file in snapshot.files()]
    folders = {str(parent) for path in paths for parent in PurePosixPath(path).parents} - {"."}
    places = [(_rank(path, typed), "file", path) for path in paths]
    places += [(_rank(path, typed), "folder", path) for path in folders]
    fitting = sorted(place for place in places if place[0] is not None)
    readable = (place for place in fitting if _is_read(place[2]))
    for _, kind, path in itertools.islice(readable, limit):
        name = path.rpartition("/")[2]
        uri = (folder / path).as_uri()
        found.append(ChatMention(kind, name, f"@{path}", path.removesuffix(name), uri))
    if typed:
        found += _symbols(query[:_MAX_QUERY].strip(), limit, folder, snapshot)
    return _mixed(found, limit)


def _rank(path: str, typed: str) -> tuple[int, int] | None:
    """Return how well a path fits, the smallest best; None if it does not."""
    lower = path.lower()
    name = lower.rpartition("/")[2]
    if typed not in lower:
        return None
    order = (name == typed, name.startswith(typed), lower.startswith(typed), typed in name)
    return order.index(True) if True in order else len(order), len(path)


def _is_read(path: str) -> bool:
    """Whether a question can name it: no spaces."""
    return [mention.name for mention in mentions(f"@{path}")] == [path]


def _symbols(query: str, limit: int, folder: Path, snapshot: Snapshot) -> list[ChatMention]:
    return [
        ChatMention(
            "symbol",
            place.symbol.qualified,
            f"@{place.symbol.qualified}",
            place.symbol.path,
            (folder / place.symbol.path).as_uri(),
            place.start_line,
        )
        for place in located(snapshot, find_symbols(snapshot, query, limit))
    ]


def _mixed(found: list[ChatMention], limit: int) -> list[ChatMention]:
    """Return the first of each kind in turn, so that no kind hides another one."""
    by_kind: dict[str, list[ChatMention]] = {}
    for mention in found:
        by_kind.setdefault(mention.kind, []).append(mention)
    kinds = list(by_kind.values())
    mixed: list[ChatMention] = []
    while len(mixed) < limit and any(kinds):
        mixed += [kind.pop(0) for kind in kinds if kind]
    return mixed[:limit]
