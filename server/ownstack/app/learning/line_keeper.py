"""Notes lines that were suggested and are kept, for windows whose user wants models to learn."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from ownstack.app.learning.window_projects import WindowProjects
from ownstack.document import Document
from ownstack.settings import Settings

if TYPE_CHECKING:
    from ownstack.learning.data.kept_lines import KeptLines


class Window(Protocol):
    """Whose lines they are."""

    settings: Settings
    projects: WindowProjects


class LineKeeper:
    """The log of one process. It is opened when the first line is noted."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._log: KeptLines | None = None

    def keep(self, window: Window, document: Document, lines: Sequence[str]) -> None:
        """Note lines of a document, if it lies in a folder that may be learned from."""
        project, path = window.projects.place(document.uri)
        if not project or not window.settings.learning.enabled:
            return
        self._opened().keep(project, path, "\n".join(lines))

    def clear(self) -> None:
        """Forget all lines, those of other processes too. Waits until it is done.

        Raises:
            TimeoutError: the disk does not answer.
        """
        if self._log is not None or self._file.exists():
            self._opened().clear()

    def close(self) -> None:
        """Write what is waiting."""
        if self._log is not None:
            self._log.close()

    def _opened(self) -> KeptLines:
        if self._log is None:
            from ownstack.learning.data.kept_lines import KeptLines

            self._log = KeptLines(self._file)
        return self._log
