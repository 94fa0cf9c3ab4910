"""The tools of a conversation that windows share: given to its model, asked about, measured."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ownstack.app.chats.approvals import Approvals
from ownstack.app.chats.editor_state import ChatEditor
from ownstack.chat.edits import Edits
from ownstack.chat.equipment import Equipment
from ownstack.chat.retrieval import Project
from ownstack.chat.tool_ability import USES, Use
from ownstack.chat.tools.diagnostics import Diagnostic
from ownstack.chat.tools.tool import Answer, Approval
from ownstack.chat.tools.toolbox import Toolbox
from ownstack.engine.protocol import Engine
from ownstack.errors import UsageError
from ownstack.files.uri import file_path
from ownstack.memory import events
from ownstack.memory.conversation import text_of
from ownstack.memory.events import Event
from ownstack.memory.log.conversation_log import ConversationLog
from ownstack.memory.log.session import SessionLog
from ownstack.paths import Home

TOPIC = "tools"
"""Of the notes that keep whether the user wants the model to have tools."""


@dataclass(frozen=True, slots=True)
class Given:
    """What a model is given; another one needs another prompt."""

    tools: bool
    servers: bool
    """Whether those of the user's servers are among them."""


class ConversationTools:
    """All of it runs on the event loop; `close` ends the servers."""

    def __init__(
        self,
        home: Home,
        log: ConversationLog,
        session: SessionLog,
        measuring: asyncio.Lock,
        has_windows: Callable[[], bool],
        approvals_changed: Callable[[], None],
    ) -> None:
        """`measuring` is held by the conversation that measures a model: one at a time does."""
        self.approvals = Approvals(has_windows, approvals_changed)
        self.equipment = Equipment(home, self._approve, _use(session.events))
        self.editor = ChatEditor()
        """What the editor shows, as it came with the newest question."""
        self._log = log
        self._session = session
        self._measuring = measuring
        self._decided: tuple[Engine | None, Use, bool] = (None, "auto", False)
        self._told: tuple[str, ...] = ()

    @property
    def use(self) -> Use:
        """Whether the user wants models to have tools."""
        return self.equipment.use

    async def set_use(self, use: str) -> None:
        """Say whether models are to have tools, also when the conversation is opened again.

        Raises:
            UsageError: that is none of the words.
        """
        known = next((word for word in USES if word == use), None)
        if known is None:
            raise UsageError("Tools are auto, on or off.")
        if known != self.use:
            self.equipment.use = known
            stamp = self._session.stamp(self._session.last_turn)
            await self._session.add(events.note(stamp, TOPIC, known))

    def given(self, engine: Engine | None) -> Given:
        """Return what a model is given. Reads a small file.

        It stays as it was decided once something was asked: to begin anew, a model has to read
        the whole conversation again.
        """
        decided, use, tools = self._decided
        was_asked = any(event.kind == "user" for event in self._session.events)
        if decided is not engine or use != self.use or not was_asked:
            tools = self.equipment.gives_tools(engine)
            self._decided = (engine, self.use, tools)
        return Given(tools, tools and self.equipment.has_servers)

    async def ready(self, engine: Engine | None) -> None:
        """Start the servers, if the model that is asked now is given tools."""
        if (await asyncio.to_thread(self.given, engine)).tools:
            await self.equipment.start_servers()

    def toolbox(self, project: Project, edits: Edits, engine: Engine) -> Toolbox:
        """Return the tools of a model that is given some, for a project that may be read."""

        def diagnostics() -> Sequence[Diagnostic]:
            return _diagnostics(self.editor, project.root)

        equipment = self.equipment
        return equipment.toolbox(self._log, self._session, project, edits, engine, diagnostics)

    async def measure(self, engine: Engine) -> None:
        """Measure how well a model chooses tools, if that is not known."""
        async with self._measuring:
            if await asyncio.to_thread(self.equipment.may_measure, engine):
                await self.equipment.measure(engine)

    def new_problems(self) -> tuple[str, ...]:
        """Return what is wrong with the servers and was not told with an answer yet."""
        known, self._told = self._told, self.equipment.problems
        return tuple(problem for problem in self._told if problem not in known)

    async def close(self) -> None:
        """Answer what waits with no, and end the servers."""
        self.approvals.refuse()
        await self.equipment.close()

    async def _approve(self, asked: Approval) -> Answer:
        return await self.approvals.ask(self._session.last_turn, asked)


def _use(log: Sequence[Event]) -> Use:
    """Return what the user has said last about tools."""
    for event in reversed(log):
        if event.kind == "note" and text_of(event.data, "topic") == TOPIC:
            return next((word for word in USES if word == event.text), "auto")
    return "auto"


def _diagnostics(editor: ChatEditor, root: Path) -> list[Diagnostic]:
    """Return what language servers say about files of the project."""
    found: list[Diagnostic] = []
    for item in editor.diagnostics:
        path = file_path(item.uri)
        if path is not None and path.is_relative_to(root):
            place = path.relative_to(root).as_posix()
            found.append(Diagnostic(place, item.line, item.severity, item.message, item.source))
    return found
