"""The log of conversations as the terminal uses it: opened, and its sessions by short names."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence

from ownstack.memory.log.conversation_log import ConversationLog
from ownstack.memory.log.rows import SessionInfo
from ownstack.paths import Home


@contextlib.contextmanager
def opened_log() -> Iterator[ConversationLog]:
    """Open the log of this user's conversations."""
    home = Home.default()
    log = ConversationLog.open(home.conversations_file, home.recall_file)
    try:
        yield log
    finally:
        log.close()


def used(sessions: Sequence[SessionInfo]) -> list[SessionInfo]:
    """Return those in which something was said."""
    return [info for info in sessions if info.turns]


def short(session: str) -> str:
    """Return the end of an id, by which a session is found."""
    return session[-8:]
