"""The log's fixtures, and archives of its sessions."""

from collections.abc import Iterable

from ownstack.memory import events, ids
from ownstack.memory.archive import export
from ownstack.memory.archive.archive import Archive, Mode, ProjectName
from ownstack.memory.archive.export import Source
from ownstack.memory.events import Event, Stamp
from ownstack.memory.facts import decisions, threads
from ownstack.memory.log.conversation_log import ConversationLog
from ownstack.memory.log.session import SessionLog
from tests.memory.log.conftest import ROOT, log, open_log

__all__ = ["ROOT", "archived", "filled", "log", "open_log"]


def filled(log: ConversationLog, made: Iterable[Event], root: str = ROOT) -> SessionLog:
    """Begin a session, and log events as its own; what names another one names it there."""
    session = log.sessions.create(root)
    renamed: dict[str, str] = {}
    for event in made:
        data = {key: renamed.get(value, value) if isinstance(value, str) else value
                for key, value in event.data.items()}  # fmt: skip
        own = events.event(Stamp(session.id, event.turn, event.at), event.kind, data)
        renamed[event.id] = own.id
        session.append(own)
    return session


def archived(log: ConversationLog, session: SessionLog, mode: Mode, root: str = ROOT) -> Archive:
    """Return the archive of a session."""
    found = log.sessions.of_project(root, "decision", "thread")
    info = next(info for info in log.sessions.list() if info.id == session.id)
    name = ProjectName(ids.project_id(root), root.rpartition("/")[2])
    facts = decisions.fold(found), threads.fold(found)
    return export.archive_of(Source(info, session.events, name, *facts), mode)
