"""Notes accepted edits of code actions, for windows whose user wants models to learn."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

from ownstack.app.learning.line_keeper import Window
from ownstack.chat.proposals import proposal
from ownstack.errors import OwnstackError

if TYPE_CHECKING:
    from ownstack.app.chats.chats import Chats

log = logging.getLogger(__name__)


class EditKeeper:
    """Writes into the log of conversations, where what chats have changed stands as well."""

    def __init__(self, chats: Callable[[], Chats]) -> None:
        self._chats = chats

    async def keep(self, window: Window, uri: str, request: str, before: str, after: str) -> None:
        """Note what an edit made of a file, if that lies in a folder that may be learned from.

        What cannot be written is not learned from; the edit itself stands.
        """
        project, path = window.projects.place(uri)
        if not project or not window.settings.learning.enabled or before == after:
            return
        try:
            await asyncio.to_thread(self._write, project, request, path, before, after)
        except OwnstackError as error:
            log.info("An accepted edit is not learned from: %s", error)

    def _write(self, project: str, request: str, path: str, before: str, after: str) -> None:
        from ownstack.learning.data.exchanges import action_note

        diff = proposal(path, "", before, after).diff
        record = self._chats().log.sessions.record(project)
        record.append(action_note(record.stamp(0), request, path, diff))
