"""Conversations as a list: those about a folder, and those that some words find."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from ownstack.app.chats.values import ChatSession
from ownstack.memory.log.conversation_log import ConversationLog
from ownstack.memory.log.rows import SessionInfo
from ownstack.memory.log.writes import first_line
from ownstack.text import truncate

MAX_SESSIONS = 500
MAX_FOUND = 60
"""Passages that are looked into."""
MAX_FOUND_CHARS = 300


def found(
    log: ConversationLog, root: str, query: str, limit: int, asked: Mapping[str, str]
) -> list[ChatSession]:
    """Return the conversations about a folder that fit some words, the one used last first.

    `asked` has the questions that are being answered, by the ids of their sessions: while a model
    is loaded or code is searched, the first one of a conversation is not in the log yet.

    Those that have the words in their title come before those in which they were said. Waits for
    the disk.

    Raises:
        MemoryStoreError: the log cannot be read.
    """
    used = [
        info if info.title else replace(info, title=first_line(asked.get(info.id, "")))
        for info in log.sessions.list(root)
        if info.turns or info.id in asked
    ]
    limit = max(1, min(limit, MAX_SESSIONS))
    words = query.lower().split()
    if not words:
        return [shown(info) for info in used[:limit]]
    said: dict[str, str] = {}
    for passage in log.recall.search(query, root, MAX_FOUND):
        text = truncate(" ".join(passage.text.split()), MAX_FOUND_CHARS)
        said.setdefault(passage.session, text)
    titled = [info for info in used if all(word in info.title.lower() for word in words)]
    others = [info for info in used if info.id in said and info not in titled]
    return [shown(info, said.get(info.id, "")) for info in [*titled, *others][:limit]]


def shown(info: SessionInfo, said: str = "") -> ChatSession:
    """Return a conversation as a list shows it; `said` is what a search found in it."""
    return ChatSession(
        info.id, info.title, info.created, info.updated, info.turns, info.parent, said
    )
