"""What `ownstack chat` works with, opened in order and closed in the other: log, index, model."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

from ownstack.chat.chat import Chat
from ownstack.chat.edits import Edits
from ownstack.chat.equipment import Equipment
from ownstack.chat.retrieval import Project
from ownstack.cli.chat.equipment import equipped
from ownstack.cli.chat.stored import opened_log, used
from ownstack.cli.choosing import engine_for
from ownstack.cli.output import say_meanwhile, warn
from ownstack.cli.project import opened, root_and_part, snapshots
from ownstack.engine.about_project import AboutProject
from ownstack.engine.protocol import Engine
from ownstack.errors import (
    IndexingError,
    OwnstackError,
    SessionNotFoundError,
    UsageError,
    in_words,
)
from ownstack.index.embedding.embedder import default_embedder
from ownstack.index.project import ProjectIndex
from ownstack.knowledge import Knowledge
from ownstack.memory import other_projects
from ownstack.memory.archive import document
from ownstack.memory.archive.continuing import names_of
from ownstack.memory.imported import is_imported
from ownstack.memory.log.conversation_log import ConversationLog
from ownstack.memory.log.session import SessionLog
from ownstack.memory.other_projects import OtherProject
from ownstack.paths import Home

_KEEPS = frozenset({"user", "proposal", "decision", "thread"})
"""Events for which a conversation is kept."""


class Talk:
    """The log, the project, the model, and the conversation that is open."""

    def __init__(
        self,
        log: ConversationLog,
        project: Project,
        engine: Engine | None,
        session: SessionLog,
        equipment: Equipment,
        context: tuple[OtherProject, ...] = (),
    ) -> None:
        """`context` are other projects that the user named."""
        self.log = log
        self.project = project
        self.engine = engine
        # Without the model, which is busy with the conversation: archives are written at once.
        self.knowledge = Knowledge(log, self.root)
        self._context = context
        self._equipment = equipment
        self.chat = self._chat(session)

    @property
    def root(self) -> str:
        return str(self.project.root)

    async def begin(self) -> None:
        """Begin with the conversation that is open, and say what is wrong with its rules."""
        for problem in await self.chat.begin():
            warn(problem)

    async def switch(self, session: SessionLog) -> None:
        """Leave the conversation that is open for another one."""
        other = await asyncio.to_thread(self._chat, session)
        await self.leave()
        self.chat = other
        await self.begin()

    def _chat(self, session: SessionLog) -> Chat:
        others = (*self._context, *self.knowledge.resumed(session).others)
        equipment, engine = self._equipment, self.engine
        self.edits = Edits(session, self.project.root, equipment.checkpoints)
        toolbox = None
        if engine is not None and equipment.gives_tools(engine):
            toolbox = equipment.toolbox(self.log, session, self.project, self.edits, engine)
        return Chat(session, self.project, engine, others, toolbox)

    async def leave(self) -> None:
        """Stop what runs; one in which nothing was said, decided or accepted is not kept."""
        await self.chat.close()
        session = self.chat.session
        own = (event for event in session.events if not is_imported(event))
        if not any(event.kind in _KEEPS for event in own):
            await asyncio.to_thread(self.log.sessions.delete, session.id)
            await asyncio.to_thread(self._equipment.checkpoints.forget, session.id)


@contextlib.asynccontextmanager
async def opened_talk(arguments: argparse.Namespace, *, quiet: bool) -> AsyncIterator[Talk]:
    """Open all that a conversation needs, and begin it.

    Raises:
        OwnstackError: a model or session that was named is not there; the log cannot be read.
    """
    root, part = root_and_part(arguments.path)
    async with contextlib.AsyncExitStack() as stack:
        log = stack.enter_context(opened_log())
        context = await asyncio.to_thread(_context, log, root, arguments.context)
        session = await _session(log, root, arguments)
        index = _index(stack, root, quiet=quiet)
        engine = await _engine(stack, arguments.model, root, quiet=quiet)
        project = Project(root, snapshots(index), default_embedder(), part)
        equipment = await equipped(stack, engine, arguments.tools, measures=not quiet)
        talk = await asyncio.to_thread(Talk, log, project, engine, session, equipment, context)
        stack.push_async_callback(talk.leave)
        await talk.begin()
        yield talk


async def _session(log: ConversationLog, root: Path, arguments: argparse.Namespace) -> SessionLog:
    if isinstance(arguments.goes_on, str):
        if not arguments.goes_on:
            raise UsageError("--continue needs a file, or nothing behind it.")
        return await _from_archive(log, root, Path(arguments.goes_on))
    return await asyncio.to_thread(_stored, log, root, arguments)


async def _from_archive(log: ConversationLog, root: Path, file: Path) -> SessionLog:
    """Begin a session that goes on from an archive, and say what of that is not so here."""
    archive = await asyncio.to_thread(document.read, file)
    made = await Knowledge(log, str(root)).continue_(archive)
    if made.missing:
        warn(f"Not in this project: {names_of(made.missing)}.")
    for other in made.others:
        names = names_of(decision.name for decision in other.decisions)
        say_meanwhile(f"Shown to the model as decided in {other.name}: {names}. /take NAME "
                      "takes one over.")  # fmt: skip
    if made.stale:
        warn(f"Not checked for long, so ask whether they still hold: {names_of(made.stale)}.")
    for contradiction in made.contradictions:
        warn(contradiction)
    return made.session


def _context(log: ConversationLog, root: Path, named: Path | None) -> tuple[OtherProject, ...]:
    """Return what another project goes by, if one is named.

    Raises:
        UsageError: it is this one, or nothing was said about it.
    """
    if named is None:
        return ()
    other, _part = root_and_part(named)
    if other == root:
        raise UsageError(f"{named} is this project.", "--context names another one.")
    found = other_projects.of_log(log.sessions, other)
    if not found.text:
        raise UsageError(
            f"Nothing was decided or asked for in conversations about {other}.",
            "Leave --context out, or name the folder that they were about.",
        )
    return (found,)


def _stored(log: ConversationLog, root: Path, arguments: argparse.Namespace) -> SessionLog:
    if arguments.resume is not None:
        if not arguments.resume.strip():
            raise UsageError(
                "--resume needs the title or the id of a conversation.", "--list shows them."
            )
        return log.sessions.resume(log.sessions.find(arguments.resume, str(root)).id)
    if not arguments.goes_on:
        return log.sessions.create(str(root))
    sessions = used(log.sessions.list(str(root)))
    if not sessions:
        raise SessionNotFoundError(
            "There is no conversation about this project yet.", "Begin one without --continue."
        )
    return log.sessions.resume(sessions[0].id)


def _index(stack: contextlib.AsyncExitStack, root: Path, *, quiet: bool) -> ProjectIndex | None:
    """Return the project's index, brought up to date; None, and why is said, if there is none."""
    try:
        return stack.enter_context(opened(root, quiet=quiet))
    except IndexingError as error:
        warn(f"Nothing is searched: {in_words(error)}")
        return None


async def _engine(
    stack: contextlib.AsyncExitStack, named: str, root: Path, *, quiet: bool
) -> Engine | None:
    """Return the model that answers; None, and how to get one is said, if none was named."""
    from ownstack.app.host import Host

    host = Host(Home.default(), mode="inProcess")
    stack.push_async_callback(host.close)
    try:
        loading = partial(_say_loading, quiet=quiet)
        return AboutProject(await engine_for(host, "chat", named, loading), os.path.realpath(root))
    except OwnstackError as error:
        if named:
            raise
        warn(" ".join(str(error).split()))
        warn("Until then the index answers.")
        return None


def _say_loading(name: str, *, quiet: bool) -> None:
    if not quiet:
        say_meanwhile(f"Loading {name} …")
