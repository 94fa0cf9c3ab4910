"""One conversation, as all windows of this process share it: its state, and who hears of it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

from ownstack.app.chats import edit_list, turns
from ownstack.app.chats.asker import Asker
from ownstack.app.chats.conversation_model import ConversationModel
from ownstack.app.chats.conversation_tools import ConversationTools, Given
from ownstack.app.chats.edit_list import EditList
from ownstack.app.chats.running import News, RunningAnswer, Tell
from ownstack.app.chats.tool_values import ChatApprovals, ChatEditsChanged
from ownstack.app.chats.unread_project import UnreadProject
from ownstack.app.chats.values import (
    ChatChanged,
    ChatCompacted,
    ChatCompaction,
    ChatContext,
    ChatModel,
    ChatModelChanged,
)
from ownstack.chat.answer import Outcome
from ownstack.chat.branches import restoring
from ownstack.chat.chat import Chat
from ownstack.chat.citations import Citation, standing
from ownstack.chat.edits import Edits
from ownstack.chat.project_files import ProjectFiles
from ownstack.chat.retrieval import Project
from ownstack.chat.tools.toolbox import Toolbox
from ownstack.concurrency import Delay, Tasks
from ownstack.engine.protocol import Engine
from ownstack.errors import ContextOverflowError, OwnstackError, UsageError
from ownstack.index.embedding.embedder import default_embedder
from ownstack.index.snapshot.snapshot import Snapshot
from ownstack.memory.compaction.compactor import Declined
from ownstack.memory.conversation import Conversation, fold
from ownstack.memory.log.session import SessionLog

log = logging.getLogger(__name__)

LOOK_S = 2.0
"""How often it is looked whether another process has added to the conversation."""


class SharedChat:
    """All of it runs on the event loop. `close` ends it; the log has all that came."""

    def __init__(
        self,
        session: SessionLog,
        root: Path,
        model: ConversationModel,
        tools: Callable[[Callable[[], bool], Callable[[], None]], ConversationTools],
    ) -> None:
        """`tools` makes those of the conversation; see `ConversationTools` for what it is given."""
        self.session = session
        self.root = root
        self.model = model
        self.tools = tools(lambda: self.is_followed, self._tell_approvals)
        self.running: RunningAnswer | None = None
        self.problems: tuple[str, ...] = ()
        """What is wrong with the rules."""
        self._followers: dict[Asker, Tell] = {}
        self._chat: Chat | None = None
        self._made_for: tuple[Engine | None, tuple[Path, str], Given] | None = None
        self._snapshot: Callable[[], Snapshot | None] = lambda: None
        self._files: Callable[[], ProjectFiles] | None = None
        self.one_at_a_time = asyncio.Lock()
        self.editing = asyncio.Lock()
        """Held while proposed edits are applied or taken back."""
        self._preparing = asyncio.Lock()
        self._context: ChatContext | None = None
        self._known_model: ChatModel | None = None
        self._notes: dict[str, tuple[str, ...]] = {}
        """Of compactions, by their ids: why they were done in another way."""
        self._told: set[str] = set()
        """Compactions that windows know of."""
        self._tasks = Tasks("A conversation")
        self._look = Delay(lambda: self._tasks.start(self._look_again(), "look"))

    # Windows ------------------------------------------------------------------------------

    @property
    def is_followed(self) -> bool:
        return bool(self._followers)

    def follow(self, window: Asker, tell: Tell) -> None:
        """Have a window hear what happens."""
        self._followers[window] = tell
        if not self._look.pending:
            self._look.start(LOOK_S)

    def unfollow(self, window: Asker) -> None:
        """Have a window hear no more. Without one, nobody is there to allow anything."""
        self._followers.pop(window, None)
        if not self._followers:
            self._look.cancel()
            self.tools.approvals.refuse()

    def tell(self, news: News, but: object = None) -> None:
        """Tell all windows, but for one that knows."""
        for window, tell in list(self._followers.items()):
            if window is not but:
                tell(news)

    def conversation(self) -> Conversation:
        """Return what a model is shown. Takes long for a long one."""
        return fold(self.session.events)

    @property
    def is_prepared(self) -> bool:
        """Whether it is known who answers."""
        return self._chat is not None

    @property
    def is_compacting(self) -> bool:
        return self._chat is not None and self._chat.is_compacting

    def cancel(self) -> None:
        """Stop the answer that comes, or the compaction that runs."""
        if self._chat is not None:
            self._chat.cancel()

    # The conversation ---------------------------------------------------------------------

    async def prepare(self, asker: Asker, *, asks: bool = False) -> Chat:
        """Return the conversation as the window's model goes on with it; loads that, if need be.

        `asks`: for a question, which has a conversation as it has to be. Meanwhile it stays.

        Raises:
            OwnstackError: the log cannot be written.
        """
        async with self._preparing:
            if self._chat is not None and self.running is not None and not asks:
                return self._chat
            return await self._prepared(asker, asks=asks)

    async def _prepared(self, asker: Asker, *, asks: bool) -> Chat:
        await asker.use_model(self.model, self.root)
        self._snapshot = partial(asker.snapshot, self.root)
        self._files = partial(asker.files, self.root)
        engine, readable = self.model.engine, asker.readable(self.root)
        if asks and not readable[1]:
            await self.tools.ready(engine)
        made_for = (engine, readable, await asyncio.to_thread(self.tools.given, engine))
        chat = self._chat
        if chat is not None and self._made_for == made_for:
            return chat
        made, had_tools = await self._made(*made_for), self.has_tools
        if chat is not None:
            await chat.close()
        self._chat, self._made_for, self._context = made, made_for, None
        self.problems = await made.begin()
        self._known_model = self.model.status()
        self.tell(ChatModelChanged(self.session.id, self._known_model, await self.context()))
        if self.has_tools != had_tools:
            self.tell(ChatChanged(self.session.id, "tools"))
        if not asks:
            self.measure_in_background()
        return made

    async def _made(self, engine: Engine | None, readable: tuple[Path, str], given: Given) -> Chat:
        root, restriction = readable
        project: Project = UnreadProject(root, restriction)
        toolbox = Toolbox(())
        if not restriction:
            embedder = await asyncio.to_thread(default_embedder)
            project = Project(root, lambda: self._snapshot(), embedder)
            edits = Edits(self.session, root, self.tools.equipment.checkpoints, self._files_now)
            if engine is not None and given.tools:
                toolbox = await asyncio.to_thread(self.tools.toolbox, project, edits, engine)
        try:
            return Chat(self.session, project, engine, toolbox=toolbox)
        except ContextOverflowError as error:
            self.model.refuse(error)
            return Chat(self.session, project, None)

    @asynccontextmanager
    async def alone(self, asker: Asker) -> AsyncIterator[Chat]:
        """Have the conversation for oneself, for what is done beside questions.

        Raises:
            UsageError: a question is being answered.
        """
        if self.running is not None:
            raise UsageError("An answer is being written.", "Stop it, or wait for its end.")
        async with self.one_at_a_time:
            yield await self.prepare(asker)

    async def compact(self, asker: Asker, focus: str) -> ChatCompacted:
        """Sum up what is old; `stop` ends it."""
        async with self.alone(asker) as chat:
            with self.model.in_use():
                outcome = await chat.compact(focus)
        self.note(outcome)
        context = await self.context()
        if isinstance(outcome, Declined):
            declined = ChatCompaction(
                "", self.session.last_turn, 0.0, "", 0, 0, 0, "", "", declined=f"{outcome.why}."
            )
            return ChatCompacted(self.session.id, declined, context)
        card = turns.card(outcome.event, chat.conversation, outcome.notes)
        await self.tell_compactions()
        return ChatCompacted(self.session.id, card, context)

    async def restore(self, asker: Asker, turn: int) -> None:
        """Bring back what a turn stands in place of."""
        async with self.alone(asker):
            stamp = self.session.stamp(self.session.last_turn)
            made = await asyncio.to_thread(restoring, self.session.events, stamp, turn)
            await self.session.add(*made)
        self.tell_edits_soon()

    async def context(self) -> ChatContext | None:
        """Return what fills the window; None until a model is loaded."""
        chat, engine = self._chat, self.model.engine
        if chat is None or chat.window is None:
            return None
        window = chat.window
        if window.engine is not engine:
            return self._context  # It was unloaded, and nothing has happened since.
        with self.model.in_use():
            found = await asyncio.to_thread(lambda: chat.segments)
        if found is None:
            return None
        names = ("system", "tools", "rules", "checkpoint", "history", "newest")
        self._context = ChatContext(
            window.limits.window,
            window.limits.reserve,
            window.limits.background,
            window.limits.required,
            found.total,
            {name: getattr(found, name) for name in names},
            window.engine.exact,
        )
        return self._context

    # Tools and edits ----------------------------------------------------------------------

    @property
    def has_tools(self) -> bool:
        """Whether the model that was asked last has tools."""
        return self._made_for is not None and not self._made_for[1][1] and self._made_for[2].tools

    async def gives_tools(self) -> bool:
        """Say whether the model that is asked next has tools, if files may be read."""
        engine = self.model.engine
        if engine is None:
            return self.has_tools
        return (await asyncio.to_thread(self.tools.given, engine)).tools

    def edits(self, window: Asker) -> Edits:
        """Return the proposed edits, for files as a window has them."""
        checkpoints = self.tools.equipment.checkpoints
        return Edits(self.session, self.root, checkpoints, partial(window.files, self.root))

    async def edit_list(self, window: Asker) -> EditList:
        """Return the proposed edits as a window is told of them."""
        edits, restriction = self.edits(window), window.readable(self.root)[1]
        log = self.session.events
        return await asyncio.to_thread(edit_list.listed, edits, log, self.root, restriction)

    async def tell_edits(self) -> None:
        """Tell each window of the proposed edits, as it has the files."""
        for window, tell in list(self._followers.items()):
            found = await self.edit_list(window)
            tell(ChatEditsChanged(self.session.id, found.edits, found.checkpoints))

    def tell_edits_soon(self) -> None:
        """Do so beside what is done now."""
        self._tasks.start(self.tell_edits(), "edits")

    def measure_in_background(self) -> None:
        """Measure how well the model chooses tools, while nothing is asked."""
        engine = self.model.engine
        if engine is not None and self.running is None and self._tasks.get("measuring") is None:
            self._tasks.start(self._measure(engine), "measuring")

    def stop_measuring(self) -> None:
        """Leave the model to a question; it is measured another time."""
        measuring = self._tasks.get("measuring")
        if measuring is not None:
            measuring.cancel()

    async def _measure(self, engine: Engine) -> None:
        with self.model.in_use():
            await self.tools.measure(engine)
        if await self.gives_tools() != self.has_tools:
            self.tell(ChatChanged(self.session.id, "tools"))

    def _files_now(self) -> ProjectFiles:
        assert self._files is not None, "a question has been asked"
        return self._files()

    def _tell_approvals(self) -> None:
        self.tell(ChatApprovals(self.session.id, self.tools.approvals.waiting))

    def page(self, before: int | None = None, limit: int = turns.MAX_TURNS) -> turns.Page:
        """Return some turns. Reads files: call it beside the event loop."""
        return turns.page(
            self.session.events, self.root, self._standing, before=before, limit=limit
        )

    def notes_of(self, compaction: str) -> tuple[str, ...]:
        """Return why a compaction was done in another way than it might have been."""
        return self._notes.get(compaction, ())

    async def close(self) -> None:
        """Stop what runs in the background."""
        self._look.cancel()
        self._tasks.cancel()
        await self._tasks.ended()
        if self._chat is not None:
            await self._chat.close()
        await self.tools.close()
        self.model.release()

    async def settle(self) -> None:
        """Wait for a compaction that was begun in the background."""
        if self._chat is not None:
            await self._chat.settle()

    def model_changed(self) -> None:
        """Hear that the model may have been loaded or unloaded."""
        status = self.model.status()
        if self._chat is not None and status != self._known_model:
            self._known_model = status
            self.tell(ChatModelChanged(self.session.id, status, self._context))

    def _standing(self, found: Sequence[Citation]) -> Sequence[Citation]:
        if not found or self._made_for is None or self._made_for[1][1]:
            return found
        return standing(found, Project(self._made_for[1][0], lambda: None))

    def note(self, outcome: Outcome | None) -> None:
        """Keep why a compaction was done in another way than it might have been."""
        if outcome is not None and not isinstance(outcome, Declined):
            self._notes[outcome.event.id] = outcome.notes

    def settle_in_background(self, chat: Chat) -> None:
        """Have windows told of a compaction that follows an answer."""
        self._tasks.start(self._settled(chat))

    async def _settled(self, chat: Chat) -> None:
        self.note(await chat.settle())
        await self.tell_compactions()

    async def tell_compactions(self) -> None:
        """Tell of the compactions that windows do not know of."""
        chat = self._chat
        made = [event for event in self.session.events if event.kind == "compaction"]
        new = [event for event in made if event.id not in self._told]
        self._told.update(event.id for event in new)
        if chat is None or not new or not self.is_followed:
            return
        conversation = await asyncio.to_thread(self.conversation)
        context = await self.context()
        for event in new:
            if any(event.id == other.id for other in conversation.events):
                card = turns.card(event, conversation, self.notes_of(event.id))
                self.tell(ChatCompacted(self.session.id, card, context))

    def know_compactions(self) -> None:
        """Note that windows know of the compactions there are."""
        self._told.update(event.id for event in self.session.events if event.kind == "compaction")

    async def _look_again(self) -> None:
        """See what another process has added."""
        try:
            if self.running is None:
                new = await asyncio.to_thread(self.session.refresh)
                if any(event.kind not in ("note", "model") for event in new):
                    self.tell(ChatChanged(self.session.id, "turns"))
        except OwnstackError as error:
            log.info("The log is not looked at again: %s", error)
        finally:
            if self.is_followed:
                self._look.start(LOOK_S)
