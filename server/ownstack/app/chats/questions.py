"""The questions of a conversation: answered one after another, stopped, withdrawn."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field, replace
from functools import partial

from ownstack.app.chats import turns
from ownstack.app.chats.asker import Asker
from ownstack.app.chats.editor_state import ChatEditor, shown
from ownstack.app.chats.running import RunningAnswer
from ownstack.app.chats.shared_chat import SharedChat
from ownstack.app.chats.values import (
    ChatChanged,
    ChatProgress,
    ChatQuestion,
    ChatQueue,
    ChatTurnChanged,
)
from ownstack.chat.branches import question_of
from ownstack.chat.chat import Chat
from ownstack.chat.progress import Progress
from ownstack.chat.tool_loop import Step
from ownstack.chat.tools.editing import PROPOSE_EDIT
from ownstack.concurrency import Tasks
from ownstack.errors import ContextOverflowError, OwnstackError, UsageError
from ownstack.memory.events import Event

log = logging.getLogger(__name__)

MAX_WAITING = 16
MAX_QUESTION_CHARS = 400_000
MAX_ID_CHARS = 100
MAX_SHOWN_CHARS = 2_000
"""Of a question that waits."""
STOPPED = "It was stopped before it was asked."
STOP_S = 5.0
"""Longest wait for an answer that was stopped, at the end of the process."""
_SHARE, _SHARE_IF_NAMED = 0.5, 2.0
"""Of what is retrieved for a question: the editor's state, more if the question names it."""


@dataclass(slots=True)
class Question:
    """One that waits for its answer."""

    id: str
    text: str
    asker: Asker
    editor: ChatEditor = field(default_factory=ChatEditor)
    replaces: int | None = None
    has_waited: bool = False
    answered: asyncio.Future[ChatTurnChanged] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )


class Questions:
    """Of one conversation. All of it runs on the event loop."""

    def __init__(self, chat: SharedChat) -> None:
        self.chat = chat
        self.waiting: list[Question] = []
        self._tasks = Tasks("An answer")
        self._stops_early = False

    async def ask(self, question: Question) -> ChatTurnChanged:
        """Answer a question once those before it are. Giving up the wait stops nothing.

        Raises:
            UsageError: it is empty or too long, too many wait, or it was withdrawn.
            OwnstackError: it could not be asked.
        """
        if not question.text.strip() and question.replaces is None:
            raise UsageError("The question is empty.", "Write something.")
        if len(question.text) > MAX_QUESTION_CHARS or len(question.id) > MAX_ID_CHARS:
            raise UsageError(
                f"The question has {len(question.text):,} characters, of at most "
                f"{MAX_QUESTION_CHARS:,}.",
                "Put the text in a file of the project, and mention that.",
            )
        if len(self.waiting) >= MAX_WAITING + (self.chat.running is None):
            raise UsageError(f"{MAX_WAITING} questions wait already.", "Withdraw one of them.")
        if any(question.id == other.id for other in self.waiting):
            raise UsageError("A question of this id waits already.")
        self.waiting.append(question)
        progress = ChatProgress(self.chat.session.id, question.id, 0, "waiting")
        if self._tasks.get("answers") is None:
            self._tasks.start(self._answer_all(), "answers")
        else:
            question.has_waited = True
            self.chat.tell(progress)
            self._tell_queue()
        return await asyncio.shield(question.answered)

    def stop(self) -> bool:
        """End the answer that comes, or the compaction that runs; return whether something did."""
        if self.chat.running is None and not self.chat.is_compacting:
            return False
        self._stops_early = True
        preparing = self._tasks.get("preparing")
        if preparing is not None:
            preparing.cancel()
        self.chat.cancel()
        return True

    def withdraw(self, id: str) -> str:
        """Take back a question that waits; return its text, "" if none of this id does."""
        for question in self.waiting:
            if question.id == id:
                self._withdraw(question, "The question was withdrawn.")
                return question.text
        return ""

    def shown(self) -> list[ChatQuestion]:
        """Return what waits, as windows show it."""
        return [ChatQuestion(item.id, item.text[:MAX_SHOWN_CHARS]) for item in self.waiting]

    def drop(self, asker: Asker) -> None:
        """Withdraw what a window that is gone has asked and that has not begun."""
        for question in [item for item in self.waiting if item.asker is asker]:
            self._withdraw(question, "The window has gone.")

    async def settle(self) -> None:
        """Wait until all is answered, and what was begun in the background is done."""
        answers = self._tasks.get("answers")
        if answers is not None:
            await asyncio.wait({answers})
        await self.chat.settle()

    async def close(self) -> None:
        """Stop what runs; what came is kept."""
        for question in list(self.waiting):
            self._withdraw(question, "The server ends.")
        self.stop()
        answers = self._tasks.get("answers")
        if answers is not None:
            await asyncio.wait({answers}, timeout=STOP_S)
        self._tasks.cancel()
        await self._tasks.ended()
        await self.chat.close()

    def _withdraw(self, question: Question, why: str) -> None:
        self.waiting.remove(question)
        if not question.answered.done():
            question.answered.set_exception(UsageError(why))
            question.answered.exception()  # Whoever asked may be gone.
        self._tell_queue()

    def _tell_queue(self) -> None:
        self.chat.tell(ChatQueue(self.chat.session.id, self.shown()))

    async def _answer_all(self) -> None:
        while self.waiting:
            question = self.waiting.pop(0)
            self.chat.running = RunningAnswer(
                self.chat.session.id, question.id, question.text, self.chat.tell
            )
            self._stops_early = False
            try:
                async with self.chat.one_at_a_time:
                    answer = await self._answered(question, self.chat.running)
                if not question.answered.done():
                    question.answered.set_result(answer)
            except asyncio.CancelledError:
                question.answered.cancel()
                raise
            except Exception as error:
                if not isinstance(error, OwnstackError):
                    log.exception("A question could not be answered")
                    error = OwnstackError("An internal error happened.", "The log says more.")
                question.answered.set_exception(error)
                question.answered.exception()
                self.chat.tell(ChatChanged(self.chat.session.id, "turns"))
            finally:
                self.chat.running = None
        self.chat.measure_in_background()

    async def _answered(self, question: Question, running: RunningAnswer) -> ChatTurnChanged:
        running.phase("searching")
        if question.has_waited:
            self._tell_queue()
        self.chat.stop_measuring()
        self.chat.tools.editor = question.editor
        chat = await self._prepared(question.asker, running)
        chat.show_step = partial(self._step, running)
        replaced: Event | None = None
        if question.replaces is not None:
            replaced = await asyncio.to_thread(
                question_of, self.chat.session.events, question.replaces
            )
            running.text = question.text = question.text or replaced.text
        beside = await asyncio.to_thread(self._beside, chat, question)
        if self._stops_early:
            raise UsageError(STOPPED)
        with self.chat.model.in_use():
            note = await self._asked(chat, question, running, beside, replaced)
        await self.chat.session.add(note)
        self.chat.settle_in_background(chat)
        if replaced is not None:
            self.chat.tell_edits_soon()
        page = await asyncio.to_thread(self.chat.page, running.turn + 1, 1)
        context = await self.chat.context()
        changed = ChatTurnChanged(self.chat.session.id, page.turns[-1], context)
        running.flush()
        self.chat.tell(changed)
        return changed

    async def _prepared(self, asker: Asker, running: RunningAnswer) -> Chat:
        """Return the conversation once its model is loaded, or the question is stopped."""
        preparing = self._tasks.start(self.chat.prepare(asker, asks=True), "preparing")
        try:
            with running.loading(asker.loading):
                return await preparing
        except asyncio.CancelledError:
            if not self._stops_early:
                raise
            raise UsageError(STOPPED) from None

    async def _asked(
        self,
        chat: Chat,
        question: Question,
        running: RunningAnswer,
        beside: str,
        replaced: Event | None,
    ) -> Event:
        """Ask, and return the note of what came of it.

        Raises:
            OwnstackError: it could not be asked; nothing of it holds.
        """
        watch = partial(self._watched, running)
        try:
            answer = await chat.ask(question.text, running.add, beside, watch, replaced)
        except ContextOverflowError:
            raise
        except OwnstackError as error:
            asked = (event for event in self.chat.session.events if event.kind == "user")
            if not any(event.turn == running.turn for event in asked):
                raise
            return turns.failed(self.chat.session.stamp(running.turn), question.id, str(error))
        if answer.compacted is not None:
            self.chat.note(answer.compacted)
        told = self.chat.tools.new_problems()
        missing = question.asker.missing()
        answer = replace(answer, problems=(*answer.problems, *told, *filter(None, (missing,))))
        return turns.record(self.chat.session.stamp(answer.turn), question.id, answer)

    def _watched(self, running: RunningAnswer, progress: Progress) -> None:
        if running.progress.phase == "compacting":
            self._tasks.start(self.chat.tell_compactions())
        running.turn = progress.turn
        running.phase(progress.phase, progress.done, progress.total, self.chat.model.prefill_speed)
        if progress.phase == "searching":
            running.began(progress.turn)

    def _step(self, running: RunningAnswer, step: Step) -> None:
        running.step(step)
        if step.name == PROPOSE_EDIT.name and step.state == "done":
            self.chat.tell_edits_soon()

    def _beside(self, chat: Chat, question: Question) -> str:
        window = chat.window
        if window is None:
            return ""
        is_named = "@selection" in question.text or "@diagnostics" in question.text
        budget = int(window.context_budget * (_SHARE_IF_NAMED if is_named else _SHARE))
        return shown(question.editor, question.text, self.chat.root, budget, window.count)
