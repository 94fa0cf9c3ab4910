"""The conversations of one window: which folder they are about, what of it may be read."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from ownstack.app.chats import turns
from ownstack.app.chats.conversation_model import COMMAND, ConversationModel
from ownstack.app.chats.editor_state import ChatEditor
from ownstack.app.chats.mention_completion import completed
from ownstack.app.chats.questions import Question, Questions
from ownstack.app.chats.running import Tell
from ownstack.app.chats.session_list import shown
from ownstack.app.chats.shared_chat import SharedChat
from ownstack.app.chats.values import (
    ChatChanged,
    ChatCompacted,
    ChatCompaction,
    ChatMention,
    ChatModel,
    ChatSession,
    ChatState,
    ChatTurnChanged,
)
from ownstack.app.chats.whole_state import whole_state
from ownstack.app.chats.window_files import EditsFiles, WindowFiles
from ownstack.app.window_edits import WindowEdits
from ownstack.chat.project_files import ProjectFiles
from ownstack.concurrency import Tasks
from ownstack.errors import OwnstackError, SessionNotFoundError, UsageError
from ownstack.files.uri import file_path
from ownstack.index.snapshot.snapshot import Snapshot
from ownstack.memory import events, ids
from ownstack.memory.entries.project_memory import Overview, ProjectMemory
from ownstack.memory.log.export import to_json, to_markdown
from ownstack.memory.log.rows import SessionInfo
from ownstack.memory.recollection import Recollection, recollect
from ownstack.text import truncate

if TYPE_CHECKING:
    from ownstack.app.host import Host
    from ownstack.app.session import Session

MAX_FOUND = 60
MAX_EXPORT_CHARS = 100_000_000
MAX_TITLE_CHARS = 4_000
MAX_SUMMARY_CHARS = 200_000
UNTRUSTED = (
    "The workspace is not trusted, so no file of it was read: neither searched nor mentioned, nor "
    "its rules."
)
NO_FOLDER = "No folder is open, so there is no project to look into."


class WindowChats:
    """One window's. All of it runs on the event loop; what reads the disk runs beside it.

    Methods raise OwnstackError with what a user is told.
    """

    def __init__(self, host: Host, session: Session, tell: Tell, editor: EditsFiles) -> None:
        """`tell` hears what happens in the conversations that the window has open."""
        self._host = host
        self._session = session
        self._tell = tell
        self._editor = editor
        self._open: dict[str, Questions] = {}
        self._tasks = Tasks("A conversation's model")
        self._chosen = session.models["chat"].info
        self.edits = WindowEdits(self, self.chat)

    # What a conversation wants to know of the window it is asked in (`Asker`) ---------------

    def readable(self, root: Path) -> tuple[Path, str]:
        """See `Asker.readable`."""
        if root not in self._session.folders:
            return self._host.chats.empty_folder(), NO_FOLDER
        if not self._session.trusted:
            return self._host.chats.empty_folder(), UNTRUSTED
        return root, ""

    def snapshot(self, root: Path) -> Snapshot | None:
        """See `Asker.snapshot`."""
        if root not in self._session.folders or not self._session.trusted:
            return None
        return self._session.indexes.snapshot(root.as_uri())

    def missing(self) -> str:
        """See `Asker.missing`."""
        if not self._session.trusted or not self._session.folders:
            return ""
        return self._session.indexes.missing()

    def files(self, root: Path) -> ProjectFiles:
        """See `Asker.files`."""
        return WindowFiles(root, self._session.open_text, self._editor)

    async def use_model(self, model: ConversationModel, root: Path) -> None:
        """See `Asker.use_model`."""
        player = self._session.models["chat"]
        settings = self._session.settings.engine
        try:
            await self._session.models.engine("chat", settings)
            if player.info is not None:
                lease = partial(self._host.lease, player.info, "chat", settings)
                await model.hold(player.info, lease, self._session.projects.named(root))
        except OwnstackError as error:
            model.without(error)

    def loading(self) -> float | None:
        """See `Asker.loading`."""
        lease = self._session.models["chat"].lease
        return None if lease is None else lease.progress

    # Sessions -----------------------------------------------------------------------------

    async def sessions(self, query: str, folder: str | None, limit: int) -> list[ChatSession]:
        """Return the conversations about a folder that fit some words, the newest first."""
        find = self._host.chats.finder(str(self._root(folder)), query, limit)
        return await self._session.beside.run(find)

    async def open(self, id: str | None, folder: str | None) -> ChatState:
        """Open a conversation, or begin one, and have the window hear of it."""
        chats = self._host.chats
        root = self._root(folder) if id is None else await self._root_of(id)
        opened = await chats.open(id or "", root)
        chat = opened.chat
        self._open[chat.session.id] = opened
        await asyncio.to_thread(chat.session.refresh)
        chat.know_compactions()
        chat.follow(self, self._tell)
        state = await self.state(opened)
        self._tasks.start(chat.prepare(self), chat.session.id)
        return state

    def leave(self, id: str) -> None:
        """Hear no more of a conversation; what runs in it goes on."""
        opened = self._open.pop(id, None)
        if opened is not None:
            opened.chat.unfollow(self)
            self._host.chats.left(opened)

    async def turns(
        self, id: str, before: int, limit: int
    ) -> tuple[turns.Page, list[ChatCompaction]]:
        """Return turns before one, and the compactions among them."""
        chat = self._known(id).chat
        page = await self._session.beside.run(partial(chat.page, before, limit))
        first = page.turns[0].turn if page.turns and page.earlier else 0
        conversation = await asyncio.to_thread(chat.conversation)
        return page, turns.cards(conversation, chat.notes_of, first, before)

    async def rename(self, id: str, title: str) -> ChatSession:
        """Give a conversation another title."""
        if not title.strip():
            raise UsageError("A title has to say something.")
        await self._root_of(id)
        title = title[:MAX_TITLE_CHARS]
        await asyncio.to_thread(self._host.chats.log.sessions.rename, id, title)
        self._tell_others(id, "title")
        return shown(await self._info(id))

    async def delete(self, id: str) -> None:
        """Delete a conversation for good."""
        await self._root_of(id)
        opened = self._host.chats.get(id)
        await self._host.chats.delete(id)
        if opened is not None:
            opened.chat.tell(ChatChanged(id, "deleted"))
        self._open.pop(id, None)

    async def export(self, id: str, format: str) -> tuple[str, str]:
        """Return a conversation as a document, and a name for its file."""
        as_text = {"markdown": to_markdown, "json": to_json}.get(format)
        if as_text is None:
            raise UsageError(f"{format[:40]!r} is no format.", "Say markdown or json.")
        chat = self._known(id).chat
        info = await self._info(id)
        text = await self._session.beside.run(partial(as_text, info, chat.session.events))
        if len(text) > MAX_EXPORT_CHARS:
            raise UsageError(
                "The conversation is too long for an editor.",
                f"In a terminal: ownstack chat --resume {id[-8:]}, then /export FILE.",
            )
        return text, f"conversation-{id[-8:]}.{'json' if format == 'json' else 'md'}"

    async def state(self, opened: Questions) -> ChatState:
        """Return all that is needed to show a conversation."""
        chat = opened.chat
        return await whole_state(
            opened,
            self,
            shown(await self._info(chat.session.id)),
            chat.model.status() if chat.is_prepared else self._coming_model(),
            self._session.beside,
            trusted=self._session.trusted,
            has_folder=chat.root in self._session.folders,
        )

    # One conversation ---------------------------------------------------------------------

    async def ask(
        self, id: str, text: str, question: str, editor: ChatEditor | None, replaces: int | None
    ) -> ChatTurnChanged:
        """Answer a question; see `Questions.ask`."""
        name = question or str(uuid.uuid4())
        asked = Question(name, text, self, editor or ChatEditor(), replaces)
        return await self._known(id).ask(asked)

    def stop(self, id: str) -> bool:
        return self._known(id).stop()

    def answer(self, id: str, approval: str, answer: str) -> None:
        """Answer what a model wants to do."""
        chat = self.chat(id)
        if answer != "no" and (restriction := self.readable(chat.root)[1]):
            raise UsageError(restriction)
        chat.tools.approvals.answer(approval, answer)

    async def set_tools(self, id: str, use: str) -> ChatState:
        """Say whether the model is to have tools."""
        chat = self.chat(id)
        async with chat.alone(self):
            await chat.tools.set_use(use)
            await chat.prepare(self)
        return await self._changed(id, "tools")

    def withdraw(self, id: str, question: str) -> str:
        return self._known(id).withdraw(question)

    async def restore(self, id: str, turn: int) -> ChatState:
        """Bring back the turns that one stands in place of."""
        await self.chat(id).restore(self, turn)
        return await self._changed(id, "turns")

    async def compact(self, id: str, focus: str) -> ChatCompacted:
        """Sum up what is old."""
        return await self._known(id).chat.compact(self, focus[:MAX_TITLE_CHARS])

    async def undo(self, id: str) -> ChatState:
        """Take back the newest compaction, or edit of a summary."""
        async with self._known(id).chat.alone(self) as chat:
            if await chat.undo() is None:
                raise UsageError("No compaction is there to take back.")
        return await self._changed(id, "compaction")

    async def edit_summary(self, id: str, text: str) -> ChatState:
        """Have a model shown another summary."""
        if len(text) > MAX_SUMMARY_CHARS:
            raise UsageError(f"A summary has at most {MAX_SUMMARY_CHARS:,} characters.")
        async with self._known(id).chat.alone(self) as chat:
            await chat.edit_summary(text)
            self._known(id).chat.know_compactions()
        return await self._changed(id, "compaction")

    async def pin(self, id: str, text: str) -> ChatState:
        """Keep a text, or the summary, word for word."""
        async with self._known(id).chat.alone(self) as chat:
            await chat.pin(text[:MAX_SUMMARY_CHARS])
        return await self._changed(id, "pins")

    async def unpin(self, id: str, event: str) -> ChatState:
        """Let go of what is pinned: of one event, or all."""
        async with self._known(id).chat.alone(self) as chat:
            if event:
                stamp = chat.session.stamp(chat.session.last_turn)
                await chat.session.add(events.pin(stamp, event, pinned=False))
            else:
                await chat.unpin()
        return await self._changed(id, "pins")

    async def clear(self, id: str) -> ChatState:
        """Have a model shown nothing of what was before."""
        async with self._known(id).chat.alone(self) as chat:
            await chat.clear()
        return await self._changed(id, "cleared")

    def chat(self, id: str) -> SharedChat:
        """Return a conversation that the window has open."""
        return self._known(id).chat

    async def recall(self, id: str, query: str, limit: int) -> tuple[Recollection, str]:
        """Return what the project knows about something, and why that may not be all."""
        if not query.strip():
            raise UsageError("Say what to recall.")
        chat, log = self._known(id).chat, self._host.chats.log
        most = max(1, min(limit, MAX_FOUND))
        ask = partial(recollect, log, chat.session, str(chat.root), query, most)
        return await self._session.beside.run(ask), log.recall.problem

    async def memory(
        self, id: str, change: Callable[[ProjectMemory], list[str]] | None = None
    ) -> tuple[list[str], Overview]:
        """Change project memory; return what was done, and all of it."""
        chat = await self._known(id).chat.prepare(self)
        _, restriction = self.readable(self._known(id).chat.root)
        if change is not None and restriction:
            raise UsageError(restriction)
        run = self._session.beside.run
        done = [] if change is None else await run(partial(change, chat.memory))
        return done, await run(chat.memory.overview)

    async def mentions(self, query: str, folder: str | None, limit: int) -> list[ChatMention]:
        """Return what may follow an @."""
        root = self._root(folder)
        complete = partial(completed, query, limit, root, self.snapshot(root))
        return await self._session.beside.run(complete)

    @property
    def is_at_work(self) -> bool:
        """Whether a question is being answered, or waits for that."""
        return any(opened.waiting or opened.chat.running for opened in self._open.values())

    def tell_all(self, what: str) -> None:
        """Tell the window that something has changed for all of its conversations."""
        for id in self._open:
            self._tell(ChatChanged(id, what))

    def distrust(self) -> None:
        """Stop answers for which a model may look into files."""
        for opened in self._open.values():
            if opened.chat.has_tools:
                opened.stop()

    def status_changed(self) -> None:
        """Have another model answer, if another one was chosen."""
        info = self._session.models["chat"].info
        if info == self._chosen:
            return
        self._chosen = info
        for id, opened in self._open.items():
            if opened.chat.running is None:
                self._tasks.start(opened.chat.prepare(self), id)

    def close(self) -> None:
        """Leave all of them. Answers that come go on; questions that wait are given up."""
        self._tasks.cancel()
        self.edits.close()
        for id, opened in list(self._open.items()):
            opened.drop(self)
            self.leave(id)

    def _coming_model(self) -> ChatModel:
        """Return who will answer in a conversation that was just opened."""
        status = self._session.models["chat"].status()
        if status.state in ("none", "error"):
            return ChatModel(status.model, "index", status.state, status.reason, command=COMMAND)
        return ChatModel(status.model, "model", "loading", "", status.engine, status.leaves_machine)

    def _root(self, folder: str | None) -> Path:
        """Return the folder that is meant: a workspace folder, or an empty one."""
        folders = self._session.folders
        if folder is None:
            return folders[0] if folders else self._host.chats.empty_folder()
        path = file_path(folder)
        if path is None or path not in folders:
            raise UsageError(f"{truncate(folder, 200)} is no folder of this workspace.")
        return path

    async def _root_of(self, id: str) -> Path:
        """Return the folder of this window that a conversation is about.

        Raises:
            SessionNotFoundError: there is no such conversation, or it is about another folder.
        """
        info = await self._info(id)
        folders = self._session.folders or (self._host.chats.empty_folder(),)
        for folder in folders:
            if ids.project_id(str(folder)) == info.project:
                return folder
        raise SessionNotFoundError(
            "This conversation is about another folder.", "Open that folder first."
        )

    async def _info(self, id: str) -> SessionInfo:
        known = await asyncio.to_thread(self._host.chats.log.sessions.list)
        info = next((info for info in known if info.id == id), None)
        if info is None:
            raise SessionNotFoundError("There is no such conversation.", "It may be deleted.")
        return info

    def _known(self, id: str) -> Questions:
        opened = self._open.get(id)
        if opened is None:
            raise UsageError("This conversation is not open in this window.", "Open it first.")
        return opened

    async def _changed(self, id: str, what: str) -> ChatState:
        self._tell_others(id, what)
        return await self.state(self._known(id))

    def _tell_others(self, id: str, what: str) -> None:
        opened = self._host.chats.get(id)
        if opened is not None:
            opened.chat.tell(ChatChanged(id, what), but=self)
