"""The log of conversations as a whole: its file, its sessions, and finding what was said."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from ownstack.index.embedding.embedder import TextEmbedder, default_embedder
from ownstack.memory.log.answers import Owner
from ownstack.memory.log.recall import Recall
from ownstack.memory.log.recall_index import RecallIndex
from ownstack.memory.log.sessions import Sessions
from ownstack.memory.log.store import LogStore


class ConversationLog:
    """One per process. Holds files until `close`."""

    def __init__(
        self,
        store: LogStore,
        index: RecallIndex,
        owner: Owner,
        now: Callable[[], float],
    ) -> None:
        self.store = store
        self.sessions = Sessions(store, owner, index.forget, now=now)
        self.recall = Recall(index, store)
        self._index = index
        self._owner = owner

    @classmethod
    def open(
        cls,
        log_file: Path,
        recall_file: Path,
        *,
        embedder: Callable[[], TextEmbedder] = default_embedder,
        now: Callable[[], float] = time.time,
    ) -> ConversationLog:
        """Open the log (`Home.conversations_file`, `Home.recall_file`). Nothing is read yet."""
        store = LogStore(log_file)
        owner = Owner(log_file.parent / "writers")
        return cls(store, RecallIndex(recall_file, store, embedder), owner, now)

    def close(self) -> None:
        """Write what is waiting and let the files go."""
        self.recall.close()
        self.store.close()
        self._index.close()
        self._owner.release()
