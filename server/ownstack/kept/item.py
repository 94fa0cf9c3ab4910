"""One thing that is kept, and all of them together."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from ownstack.kept.places import OWN, Group


@dataclass(slots=True)
class Item:
    """One thing that is kept."""

    group: Group
    what: str
    path: Path
    size_bytes: int = 0
    files: list[Path] = field(default_factory=list)
    """Those to remove, and nothing else."""
    folders: list[Path] = field(default_factory=list)
    """Those to remove if they are empty then, the outermost first."""
    model: str = ""
    """The name of a downloaded model."""
    project: str = ""
    """Of an index or an adapter: the folder that it is about, "" if that cannot be told."""
    locks: tuple[Path, ...] = ()
    """Who uses it holds one of these locked, if they are there."""
    to_free: str = "close the editor windows and chats that use it"
    """What to do so that nobody uses it any more."""

    @property
    def is_own(self) -> bool:
        """Whether the user made or fetched it; else it is made again, or means nothing."""
        return self.group in OWN


@dataclass(slots=True)
class Found:
    """What lies in the folders of a home."""

    items: list[Item] = field(default_factory=list)
    left: dict[Path, str] = field(default_factory=dict)
    """What is not ours, or cannot be looked at, and why it stays."""
    folders: list[Path] = field(default_factory=list)
    """Ours, the outermost first."""
    added: dict[str, Path] = field(default_factory=dict)
    """Models that are the user's own files: name → file. They are never touched."""

    def of(self, groups: Iterable[Group]) -> list[Item]:
        """Return the items of some groups."""
        wanted = set(groups)
        return [item for item in self.items if item.group in wanted]
