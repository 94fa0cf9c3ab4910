"""A project of which no file may be read, and what is said in place of what would be found."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ownstack.chat.retrieval import Project, Retrieved


class UnreadProject(Project):
    """An empty folder that stands for the project's."""

    def __init__(self, empty: Path, why: str) -> None:
        super().__init__(empty, lambda: None)
        self._why = why

    def retrieve(
        self,
        question: str,
        budget: int,
        count: Callable[[str], int],
        *,
        shown: str = "",
        topic: str = "",
        finds: bool = True,
    ) -> Retrieved:
        """Return nothing but why."""
        return Retrieved(problems=(self._why,))
