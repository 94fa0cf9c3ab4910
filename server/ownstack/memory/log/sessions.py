"""Sessions: begin one, list them, go on with one, rename and delete them, and where they come from.

log = ConversationLog.open(home.conversations_file, home.recall_file)
session = log.sessions.create("/path/of/the/project")
turn = session.begin_turn()
session.append(events.user(session.stamp(turn), "Why is this slow?"))
"""

from __future__ import annotations

import itertools
import os
import time
from collections.abc import Callable

from ownstack.errors import SessionNotFoundError
from ownstack.memory import ids
from ownstack.memory.events import FORMAT, Event
from ownstack.memory.log import rows
from ownstack.memory.log.answers import Owner, unfinished
from ownstack.memory.log.rows import SessionInfo
from ownstack.memory.log.session import SessionLog
from ownstack.memory.log.store import LogStore
from ownstack.memory.log.writes import Delete, NewSession, Rename, missing, unicode
from ownstack.text import truncate

MAX_LINEAGE = 1_000
MAX_TITLE_CHARS = 200


class Sessions:
    """The sessions of a log. Methods wait for the disk: call them beside an event loop."""

    def __init__(
        self,
        store: LogStore,
        owner: Owner,
        forget: Callable[[str], None],
        *,
        now: Callable[[], float] = time.time,
    ) -> None:
        """`forget` removes a session from whatever was computed of it."""
        self._store = store
        self._owner = owner
        self._forget = forget
        self._now = now
        self._numbers = itertools.count()

    def create(self, root: str, title: str = "", parent: str = "") -> SessionLog:
        """Begin a session in the project of a folder; `parent` is the one it goes on from.

        Raises:
            MemoryStoreError: a newer version writes the log.
        """
        project, at = ids.project_id(root), self._now()
        # Several may begin in one millisecond, in any process.
        name = f"{os.getpid()}.{next(self._numbers)}"
        id = ids.session_id(project, at, name)
        title = _one_line(title)
        info = SessionInfo(id, project, title, at, at, 0, parent, FORMAT)
        self._store.submit(NewSession(info, root)).result()
        return SessionLog(info, self._store, self._owner, now=self._now)

    def list(self, root: str | None = None) -> list[SessionInfo]:
        """Return the sessions of a project, or all of them; the one used last first."""
        waiting = {info.id: info for info in self._store.waiting_sessions()}
        stored = {info.id: info for info in self._store.read(rows.sessions)}
        found = sorted(
            {**waiting, **stored}.values(), key=lambda info: (info.updated, info.id), reverse=True
        )
        project = None if root is None else ids.project_id(root)
        return [info for info in found if project in (None, info.project)]

    def roots(self) -> dict[str, str]:
        """Return the folders of projects by their ids."""
        ask = "SELECT id, root FROM project"
        found = self._store.read(lambda db: db.execute(ask).fetchall())
        return {id: os.fsdecode(root) for id, root in found}

    def of_project(self, root: str, *kinds: str) -> tuple[Event, ...]:
        """Return the events of some kinds from all sessions of a folder's project, in their order.

        Raises:
            MemoryStoreError: they cannot be read.
        """
        project = ids.project_id(root)
        waiting = self._store.waiting_events(project=project)
        logged = self._store.read(lambda db: rows.events_of_kinds(db, project, kinds))
        known = {entry.event.id: entry.event for entry in logged}
        return tuple({**known, **{e.id: e for e in waiting if e.kind in kinds}}.values())

    def record(self, root: str) -> SessionLog:
        """Open the record of what is done in a project beside its conversations; no list shows it.

        Raises:
            MemoryStoreError: a newer version writes the log.
        """
        project, at = ids.project_id(root), self._now()
        id = ids.session_id(project, 0.0, "record")
        info = SessionInfo(id, project, "Record", at, at, 0, "", FORMAT)
        self._store.submit(NewSession(info, root)).result()
        session = SessionLog(info, self._store, self._owner, now=self._now)
        session.refresh()
        return session

    def find(self, name: str, root: str | None = None) -> SessionInfo:
        """Return the session that a user means: by its id, how that begins or ends, or its title.

        Raises:
            SessionNotFoundError: there is none, or there are several.
        """
        known = self.list(root)
        exact = [info for info in known if name in (info.id, info.title)]
        short = [info for info in known if info.id.startswith(name) or info.id.endswith(name)]
        found = exact or (short if len(name) >= 4 else [])
        if len(found) == 1:
            return found[0]
        what = "No conversation is" if not found else f"{len(found)} conversations are"
        raise SessionNotFoundError(
            f"{what} called {truncate(name, MAX_TITLE_CHARS)!r}.",
            "Name one by its id, or by its last characters.",
        )

    def resume(self, id: str) -> SessionLog:
        """Open a session to go on with it; an answer that a crash cut off becomes an event.

        Raises:
            SessionNotFoundError: there is none of this id.
            MemoryStoreError: it cannot be read.
        """
        info = next((info for info in self.list() if info.id == id), None)
        if info is None:
            raise missing(id)
        opened = SessionLog(info, self._store, self._owner, now=self._now)
        opened.refresh()
        for answer in self._store.read(lambda db: unfinished(db, id)):
            if info.format <= FORMAT and self._owner.is_gone(answer.owner):
                opened.recover(answer)
        opened.refresh()
        return opened

    def rename(self, id: str, title: str) -> None:
        """Give a session another title.

        Raises:
            MemoryStoreError: there is none of this id, or the disk takes nothing.
        """
        self._store.submit(Rename(id, _one_line(title))).result()

    def delete(self, id: str) -> None:
        """Delete a session: what was said in it, and what finds it, from the disk too.

        Raises:
            MemoryStoreError: there is none of this id, or the disk takes nothing.
        """
        self._forget(id)
        self._store.submit(Delete(id)).result()

    def lineage(self, id: str) -> tuple[SessionInfo, ...]:
        """Return a session and those it goes on from, the oldest first.

        One that was deleted ends it.
        """
        known = {info.id: info for info in self.list()}
        chain: list[SessionInfo] = []
        found = known.pop(id, None)
        while found is not None and len(chain) < MAX_LINEAGE:
            chain.append(found)
            found = known.pop(found.parent, None)
        return tuple(reversed(chain))


def _one_line(title: str) -> str:
    return truncate(" ".join(unicode(title).split()), MAX_TITLE_CHARS)
