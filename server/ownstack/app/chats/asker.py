"""What a conversation wants to know of the window that a question comes from."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from ownstack.app.chats.conversation_model import ConversationModel
from ownstack.chat.project_files import ProjectFiles
from ownstack.index.snapshot.snapshot import Snapshot


class Asker(Protocol):
    """The window that a question comes from."""

    def readable(self, root: Path) -> tuple[Path, str]:
        """Return the folder whose files may be read, and "".

        If none may, it is an empty one, and a sentence that says why.
        """

    def snapshot(self, root: Path) -> Snapshot | None:
        """Return what the index knows of the conversation's folder."""

    def missing(self) -> str:
        """Say why the index may not know all of the folder; "" if it does, or may not."""

    def files(self, root: Path) -> ProjectFiles:
        """Return the files of the conversation's folder, with what the window has open."""

    async def use_model(self, model: ConversationModel, root: Path) -> None:
        """Have the window's chat model answer, once it is loaded."""

    def loading(self) -> float | None:
        """Return how far that is, 0 to 1; None while nothing is loaded."""
