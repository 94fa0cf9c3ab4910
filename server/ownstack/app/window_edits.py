"""What one window does with proposed edits: shown as changes, applied, refused, taken back."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from functools import partial
from typing import Any, TypeVar

from ownstack.app.chats import edit_list
from ownstack.app.chats.asker import Asker
from ownstack.app.chats.edit_list import EditList
from ownstack.app.chats.shared_chat import SharedChat
from ownstack.app.chats.tool_values import ChatFileChange
from ownstack.chat.edits import Edits
from ownstack.errors import UsageError

T = TypeVar("T")
MAX_AT_ONCE = 16
"""Changes of files that one window has begun and that are not ended."""


class WindowEdits:
    """Of the conversations that a window has open. Runs on the event loop.

    Methods raise OwnstackError with what a user is told.
    """

    def __init__(self, window: Asker, chat: Callable[[str], SharedChat]) -> None:
        """`chat` returns a conversation that the window has open, by its id."""
        self._window = window
        self._chat = chat
        self._running: set[asyncio.Task[Any]] = set()

    async def changes(self, id: str, wanted: Sequence[str]) -> list[ChatFileChange]:
        """Return what edits make of the files as the window has them; see `edit_list.changes`."""
        chat, edits = self._editable(id)
        return await asyncio.to_thread(edit_list.changes, edits, chat.root, wanted)

    async def apply(
        self, id: str, which: Sequence[str], hunks: Mapping[str, Sequence[int]]
    ) -> tuple[str, EditList]:
        """Apply edits, or some hunks of them; return what was done, and what there is now."""
        if not which:
            raise UsageError("No edit is named.", "Name those that are to be applied.")
        chat, edits = self._editable(id)
        written = await self._alone(chat, partial(edits.apply, which, hunks))
        return f"Applied: {', '.join(written.paths)}.", await self._listed(chat)

    async def refuse(self, id: str, which: Sequence[str]) -> tuple[str, EditList]:
        """Refuse edits."""
        if not which:
            raise UsageError("No edit is named.", "Name those that are to be refused.")
        chat = self._chat(id)
        refused = await self._alone(chat, partial(chat.edits(self._window).refuse, which))
        paths = ", ".join(item.path for item in refused)
        return f"Refused: {paths}.", await self._listed(chat)

    async def restore(self, id: str, checkpoint: str, *, force: bool) -> tuple[str, EditList]:
        """Give files back as they were before edits."""
        if not checkpoint:
            raise UsageError("No checkpoint is named.")
        chat, edits = self._editable(id)
        written = await self._alone(chat, partial(edits.restore, checkpoint, force=force))
        return f"As before: {', '.join(written.paths)}.", await self._listed(chat)

    def close(self) -> None:
        """Wait no more for an editor that is gone."""
        for task in self._running:
            task.cancel()

    def _editable(self, id: str) -> tuple[SharedChat, Edits]:
        chat = self._chat(id)
        _, restriction = self._window.readable(chat.root)
        if restriction:
            raise UsageError(restriction)
        return chat, chat.edits(self._window)

    async def _alone(self, chat: SharedChat, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Do something while no other window does; giving up the wait does not end it.

        Raises:
            UsageError: too much waits for that.
        """
        if len(self._running) >= MAX_AT_ONCE:
            raise UsageError("Other edits are just being applied.", "Wait for them.")

        async def do() -> T:
            async with chat.editing:
                return await work()

        task = asyncio.ensure_future(do())
        self._running.add(task)
        task.add_done_callback(self._ended)
        return await asyncio.shield(task)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._running.discard(task)
        if not task.cancelled():
            task.exception()  # Whoever asked may have given up.

    async def _listed(self, chat: SharedChat) -> EditList:
        chat.tell_edits_soon()
        return await chat.edit_list(self._window)
