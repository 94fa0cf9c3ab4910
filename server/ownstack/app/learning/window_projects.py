"""How the folders of a window are called where something was learned from them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ownstack.app.documents.document_uris import notebook_uri
from ownstack.files.uri import file_path


@dataclass(frozen=True, slots=True)
class WindowProjects:
    """The folders of a window and their names: the paths that links lead to, as an index has them.

    Of folders that are not trusted nothing is learned, and nothing that was is used.
    """

    names: tuple[tuple[Path, str], ...] = ()
    trusted: bool = True

    @classmethod
    def of(cls, folders: Sequence[Path], *, trusted: bool) -> WindowProjects:
        """Name folders. Asks the disk where links lead."""
        return cls(tuple((folder, os.path.realpath(folder)) for folder in folders), trusted)

    @property
    def usable(self) -> tuple[str, ...]:
        """The names of those that may be learned from."""
        return tuple(name for _, name in self.names) if self.trusted else ()

    @property
    def untrusted(self) -> tuple[str, ...]:
        return () if self.trusted else tuple(name for _, name in self.names)

    @property
    def refusal(self) -> str:
        """Say why nothing is learned from this window's folders, or return ""."""
        if not self.trusted:
            return "The workspace is not trusted, so nothing is learned from it. Trust it first."
        return "" if self.names else "No folder is open, so there is nothing to learn from."

    def named(self, folder: Path | None) -> str:
        """Return the name of a folder of the window, "" if it is none or not trusted."""
        return dict(self.names).get(folder, "") if self.trusted and folder is not None else ""

    def around(self, uri: str) -> str:
        """Return the innermost folder of a document, or of a cell's notebook; "" if in none."""
        return self.place(uri)[0]

    def place(self, uri: str) -> tuple[str, str]:
        """Return that folder, and the document's path in it, with `/`; "" and "" if in none."""
        path = file_path(notebook_uri(uri))
        if path is None or not self.trusted:
            return "", ""
        inside = [(folder, name) for folder, name in self.names if path.is_relative_to(folder)]
        if not inside:
            return "", ""
        folder, name = max(inside, key=lambda pair: len(pair[0].parts))
        return name, path.relative_to(folder).as_posix()


NO_PROJECTS = WindowProjects()
