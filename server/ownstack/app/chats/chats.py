"""The conversations that windows of this process have open, and the log they are in."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from functools import partial
from pathlib import Path

from ownstack.app.chats.conversation_model import ConversationModel
from ownstack.app.chats.conversation_tools import ConversationTools
from ownstack.app.chats.questions import Questions
from ownstack.app.chats.session_list import found
from ownstack.app.chats.shared_chat import SharedChat
from ownstack.app.chats.values import ChatSession
from ownstack.chat.checkpoints import Checkpoints
from ownstack.concurrency import Tasks
from ownstack.errors import OwnstackError
from ownstack.memory.log.conversation_log import ConversationLog
from ownstack.paths import Home, private_folder

log = logging.getLogger(__name__)


class Chats:
    """One for all windows. All of it runs on the event loop."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._log: ConversationLog | None = None
        self._open: dict[str, Questions] = {}
        self._opening = asyncio.Lock()
        self._measuring = asyncio.Lock()
        self._leaving = Tasks("Leaving a conversation")

    @property
    def log(self) -> ConversationLog:
        """The log of this user's conversations; nothing is read before it is asked."""
        if self._log is None:
            self._log = ConversationLog.open(self._home.conversations_file, self._home.recall_file)
        return self._log

    def empty_folder(self) -> Path:
        """Return a folder that holds nothing, for conversations that may read nothing.

        Raises:
            OSError: it cannot be made.
        """
        return private_folder(self._home.conversations_file.parent / "nothing")

    def get(self, id: str) -> Questions | None:
        """Return a conversation that some window has open."""
        return self._open.get(id)

    def finder(self, root: str, query: str, limit: int) -> Callable[[], list[ChatSession]]:
        """Return what looks for conversations beside the event loop; see `session_list.found`."""
        running = ((id, opened.chat.running) for id, opened in self._open.items())
        asked = {id: answer.text for id, answer in running if answer is not None}
        return partial(found, self.log, root, query, limit, asked)

    async def open(self, id: str, root: Path) -> Questions:
        """Return a conversation about a folder, a new one if `id` is "".

        Raises:
            SessionNotFoundError: there is none of this id.
            MemoryStoreError: the log cannot be read or written.
        """
        async with self._opening:
            known = self._open.get(id)
            if known is not None:
                return known
            sessions = self.log.sessions
            session = await asyncio.to_thread(
                sessions.resume if id else sessions.create, id or str(root)
            )
            made: list[SharedChat] = []
            model = ConversationModel(lambda: made[0].model_changed())
            tools = partial(ConversationTools, self._home, self.log, session, self._measuring)
            made.append(SharedChat(session, root, model, tools))
            return self._open.setdefault(session.id, Questions(made[0]))

    def left(self, open_chat: Questions) -> None:
        """See whether a conversation that a window has left is to be let go of."""
        if not open_chat.chat.is_followed:
            self._leaving.start(self._leave(open_chat), open_chat.chat.session.id)

    async def delete(self, id: str) -> None:
        """Delete a conversation, and end what runs in it.

        Raises:
            MemoryStoreError: there is none of this id, or the disk takes nothing.
        """
        chat = self._open.pop(id, None)
        if chat is not None:
            await chat.close()
        await asyncio.to_thread(self._delete, id)

    async def close(self) -> None:
        """End all of them; what came is in the log."""
        self._leaving.cancel()
        await self._leaving.ended()
        for chat in list(self._open.values()):
            await chat.close()
            await self._forget_if_unused(chat.chat)
        self._open.clear()
        if self._log is not None:
            await asyncio.to_thread(self._log.close)

    async def _leave(self, open_chat: Questions) -> None:
        """Let go of a conversation once nothing runs in it, unless a window comes back."""
        await open_chat.settle()
        id = open_chat.chat.session.id
        if open_chat.chat.is_followed or self._open.get(id) is not open_chat:
            return
        del self._open[id]
        await open_chat.close()
        await self._forget_if_unused(open_chat.chat)

    async def _forget_if_unused(self, chat: SharedChat) -> None:
        if any(event.kind == "user" for event in chat.session.events):
            return
        try:
            await asyncio.to_thread(self._delete, chat.session.id)
        except OwnstackError as error:
            log.info("A conversation in which nothing was said stays: %s", error)

    def _delete(self, id: str) -> None:
        """Delete a conversation, and what files held before its edits."""
        self.log.sessions.delete(id)
        Checkpoints(self._home.checkpoints_folder).forget(id)
