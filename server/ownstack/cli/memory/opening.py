"""Project memory as commands use it: with the log, in which changes are noted."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from ownstack.cli.output import warn
from ownstack.cli.project import root_and_part
from ownstack.memory.entries.project_memory import ProjectMemory
from ownstack.memory.log.conversation_log import ConversationLog
from ownstack.memory.log.session import SessionLog
from ownstack.paths import Home

TITLE = "Changes of project memory"
"""Of the session that holds what was done outside of conversations. Nothing is said in it."""


@contextlib.contextmanager
def opened_memory(path: Path | None, *, changes: bool) -> Iterator[ProjectMemory]:
    """Open the memory of a project; if it `changes`, there is a place in the log for that.

    Raises:
        OwnstackError: there is no such folder, or the log cannot be read.
    """
    root, _part = root_and_part(path)
    home = Home.default()
    opened = ConversationLog.open(home.conversations_file, home.recall_file)
    with contextlib.closing(opened) as log:
        session = _session(log, str(root), changes=changes)
        yield ProjectMemory.of(session, root)
        for what in (log.store.problem, log.store.notice):
            if what:
                warn(what)


def _session(log: ConversationLog, root: str, *, changes: bool) -> SessionLog | None:
    sessions = log.sessions.list(root)
    ours = [info for info in sessions if info.title == TITLE and not info.turns]
    if ours or (sessions and not changes):
        return log.sessions.resume((ours or sessions)[0].id)
    return log.sessions.create(root, TITLE) if changes else None
