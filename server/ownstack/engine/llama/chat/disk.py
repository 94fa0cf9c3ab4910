"""The disk's part in conversations: read before the native thread needs them, written after it."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from ownstack.concurrency import threads
from ownstack.engine.llama.chat.saved import ConversationStore, SavedConversation
from ownstack.engine.llama.native import bindings

T = TypeVar("T")


class ConversationDisk:
    """Reads and writes conversations with one model on a thread of its own."""

    def __init__(self, folder: Path, model: Path) -> None:
        self._folder = folder
        self._model = model
        self._thread = threads("ownstack-conversations")

    @functools.cached_property
    def _store(self) -> ConversationStore:
        """Made on the thread: it reads a part of the model's file."""
        return ConversationStore(self._folder, self._model, bindings.build())

    async def load(self, conversation: str) -> SavedConversation | None:
        """Return a conversation as it was, if it was kept and can be used."""
        return await self._call(lambda: self._store.load(conversation))

    def save(self, saved: SavedConversation) -> None:
        """Keep a conversation, soon. Any thread may call it."""
        self._thread.submit(lambda: self._store.save(saved))

    async def delete(self, conversation: str) -> None:
        """Delete what was kept of a conversation."""
        await self._call(lambda: self._store.delete(conversation))

    async def close(self, last: Sequence[SavedConversation]) -> None:
        """Keep the last ones, and wait until all are on disk."""
        for saved in last:
            self.save(saved)
        await asyncio.to_thread(self._thread.shutdown)

    async def _call(self, function: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, function)
