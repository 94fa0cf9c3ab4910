"""One conversation about one project: turns are logged as they happen, and shown as they come."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import replace

from ownstack.chat import pins
from ownstack.chat.answer import Answer, Outcome, Show
from ownstack.chat.citations import citations
from ownstack.chat.index_answer import NAME, index_answer
from ownstack.chat.learning import learn, only_states, propose_from_summary
from ownstack.chat.memory_shown import memory_for
from ownstack.chat.mentions import mentions
from ownstack.chat.progress import Progress, Watch, unwatched
from ownstack.chat.retrieval import Project, Retrieved, points_back, topic_of
from ownstack.chat.stated_decisions import StatedDecisions
from ownstack.chat.tool_loop import ShowStep, ToolLoop
from ownstack.chat.tools.toolbox import Toolbox
from ownstack.chat.window import MAX_CONTEXT, Window
from ownstack.engine.protocol import Engine
from ownstack.errors import ContextOverflowError, OwnstackError, UsageError
from ownstack.memory import events
from ownstack.memory import rules as rule_files
from ownstack.memory.compaction.compactor import Compacted, Declined
from ownstack.memory.conversation import ARCHIVED, Conversation, fold, text_of
from ownstack.memory.entries.project_memory import ProjectMemory
from ownstack.memory.events import Event, Stamp
from ownstack.memory.log.session import SessionLog
from ownstack.memory.other_projects import OtherProject
from ownstack.memory.prompt import Segments

_HOW_TO_COMPACT = "/compact sums up what is old."

log = logging.getLogger(__name__)


class Chat:
    """Goes on with one session. `begin` first, `close` last; one question at a time."""

    def __init__(
        self,
        session: SessionLog,
        project: Project,
        engine: Engine | None,
        others: Sequence[OtherProject] = (),
        toolbox: Toolbox | None = None,
    ) -> None:
        """Without an engine the index answers. `others` are projects whose decisions are shown.

        With tools the model looks things up itself; without, code is found before it answers.

        Raises:
            ContextOverflowError: the model's window is too small for a conversation.
        """
        self.session = session
        self.project = project
        self.others = tuple(others)
        self.decisions = StatedDecisions(session, self.others)
        self.memory = ProjectMemory.of(session, project.root)
        self._toolbox = toolbox or Toolbox(())
        self.show_step: ShowStep = lambda _step: None
        """Is told of each call of a tool."""
        specs = self._toolbox.specs
        self.window = None if engine is None else Window(engine, session.id, specs)
        self._loop: ToolLoop | None = None
        self._compacting: asyncio.Task[Outcome] | None = None
        self._prefilling: asyncio.Task[None] | None = None
        self._ahead = ""
        """The topic whose code was read ahead, after a compaction."""
        self._folded: tuple[tuple[Event, ...], Conversation] | None = None
        self._is_stopped = False
        """`cancel` was called since the question was asked."""
        self._watch: Watch = unwatched
        self._waits_until_full = False
        """A compaction was undone: the next one comes when it has to."""

    @property
    def conversation(self) -> Conversation:
        """What a model is shown now."""
        logged = self.session.events
        if self._folded is None or self._folded[0] != logged:
            self._folded = (logged, fold(logged))
        return self._folded[1]

    @property
    def segments(self) -> Segments | None:
        """What fills the window, in tokens of the model's; None without a model."""
        return None if self.window is None else self.window.segments(self.conversation)

    @property
    def is_compacting(self) -> bool:
        return self._compacting is not None and not self._compacting.done()

    @property
    def is_busy(self) -> bool:
        """Whether a compaction runs, or what it made is read ahead."""
        reads = self._prefilling is not None and not self._prefilling.done()
        return self.is_compacting or reads

    async def begin(self) -> tuple[str, ...]:
        """Note the model, read the rules; return what a person should know."""
        if self.window is not None:
            capabilities = self.window.engine.capabilities
            named = [event for event in self.session.events if event.kind == "model"]
            if not named or text_of(named[-1].data, "name") != capabilities.model:
                window = capabilities.context_tokens
                model = events.model(self._now(), capabilities.model, context_tokens=window)
                await self.session.add(model)
        return await self.read_rules()

    async def read_rules(self) -> tuple[str, ...]:
        """Have a model shown the rules and the project's memory as they are on disk now.

        Return what is wrong with them.
        """
        rules = await asyncio.to_thread(rule_files.read, self.project.root)
        memory = await asyncio.to_thread(memory_for, self.window, self.memory, self._now().at)
        texts = (rules.text, memory.text, *(other.text for other in self.others))
        text = "\n\n".join(filter(None, texts))
        if text != self.conversation.rules:
            read = [{"path": path, "hash": hash} for path, hash in (*rules.files, *memory.files)]
            await self.session.add(events.rules(self._now(), read, text))
        return (*rules.problems, *memory.problems)

    async def ask(
        self,
        question: str,
        show: Show,
        beside: str = "",
        watch: Watch = unwatched,
        replaces: Event | None = None,
    ) -> Answer:
        """Answer a question; what comes is on disk before it is shown.

        `beside` is shown to the model with it. `replaces` is a question that holds no more, nor
        does what was said after it.

        Raises:
            ContextOverflowError: the question is too long for the model; all is as it was before.
            OwnstackError: the engine failed; what came is kept.
        """
        self._is_stopped, self._watch = False, watch
        await self.settle()
        self._stop_prefilling()
        turn = await asyncio.to_thread(self.session.begin_turn)
        watch(Progress("searching", turn))
        added: list[Event] = []
        if replaces is not None:
            added.append(events.undo(self.session.stamp(turn), replaces.id, onward=True))
            await self.session.add(*added)
        retrieved = await asyncio.to_thread(self._retrieve, self._searched(question), beside)
        asked = events.user(
            self.session.stamp(turn),
            question,
            context="\n\n".join(filter(None, (retrieved.context, beside))),
            mentions=[mention.name for mention in mentions(question)],
        )
        added.append(asked)
        await self.session.add(asked)
        if self.window is None:
            answer = await self._by_index(turn, retrieved, show)
        else:
            compacted = await self._make_room(self.window, added)
            answer = await self._by_model(self.window, turn, retrieved, show)
            answer = replace(answer, compacted=compacted)
            self._compact_when_idle(self.window)
        learned = await asyncio.to_thread(
            learn, self.session, self.memory, self.decisions, question
        )
        return replace(answer, notes=learned)

    def cancel(self) -> None:
        """Stop the answer that comes, or the compaction that runs; what came is kept."""
        self._is_stopped = True
        if self._loop is not None:
            self._loop.cancel()
        if self._compacting is not None:
            self._compacting.cancel()

    async def settle(self) -> Outcome | None:
        """Wait for a compaction in the background, and return what came of it, once."""
        task = self._compacting
        if task is None:
            return None
        try:
            return await task
        except asyncio.CancelledError:
            if not task.cancelled():
                raise
            return Declined("It was stopped")
        finally:
            self._compacting = None

    async def compact(self, focus: str = "") -> Outcome:
        """Sum up what is old, though it may not be necessary yet; `cancel` stops it."""
        if self.window is None:
            return Declined("Without a chat model there is no window to fill")
        await self.settle()
        self._stop_prefilling()
        work = self._compact(self.window, by_hand=True, focus=focus)
        self._compacting = asyncio.create_task(work)
        return await self.settle() or Declined("It was stopped")

    async def undo(self) -> Event | None:
        """Take back the newest compaction that holds; None if there is none."""
        await self.settle()
        made = [
            event
            for event in self.conversation.events
            # What stands for turns of another session hides nothing that could be shown.
            if event.kind == "compaction" and text_of(event.data, "method") != ARCHIVED
        ]
        if not made:
            return None
        await self.session.add(events.undo(self._now(), made[-1].id))
        self._waits_until_full = True
        return made[-1]

    async def edit_summary(self, text: str) -> Event:
        """Put the user's text in the place of the summary; `undo` takes it back.

        Raises:
            UsageError: there is no summary, or the text is empty.
            ContextOverflowError: the text is too long for the model's window.
        """
        await self.settle()
        self._stop_prefilling()
        if self.window is None or self.conversation.checkpoint is None:
            raise UsageError("Nothing is summed up yet, so there is no summary.", _HOW_TO_COMPACT)
        if not text.strip():
            raise UsageError("A summary has to say something.", "/undo takes a compaction back.")
        events_now = self.session.events
        edited = self.window.edited(events_now, self._now(), text.strip())
        self.window.check_fits(fold([*events_now, edited]))
        await self.session.add(edited)
        self._prefilling = asyncio.create_task(self._prefill(self.window))
        return edited

    async def pin(self, text: str = "") -> str:
        """Have a text, or the summary as it is, stay word for word; return what is pinned.

        Raises:
            UsageError: there is nothing to pin, or it is pinned already.
            ContextOverflowError: it is too long for the model's window.
        """
        await self.settle()
        event = pins.pin(self.conversation, self._now(), text)
        if self.window is not None:
            self.window.check_fits(fold([*self.session.events, event]))
        await self.session.add(event)
        return event.text

    async def unpin(self) -> int:
        """Let go of all that is pinned; return how many texts that were."""
        conversation = self.conversation
        await self.session.add(*pins.unpin(conversation, self._now()))
        return len(conversation.pins)

    async def clear(self) -> tuple[str, ...]:
        """Have a model shown nothing of what was before, but the rules as they are now."""
        await self.settle()
        await self.session.add(events.clear(self._now()))
        return await self.read_rules()

    async def close(self) -> None:
        """Stop what runs."""
        self._stop_prefilling()
        self.cancel()
        await self.settle()

    def _now(self) -> Stamp:
        return self.session.stamp(self.session.last_turn)

    def _retrieve(self, question: str, beside: str = "") -> Retrieved:
        if self.window is None:
            return self.project.retrieve(question, MAX_CONTEXT, lambda text: len(text) // 4)
        conversation = self.conversation
        shown = "\n\n".join(
            text_of(event.data, "context")
            for event in conversation.history
            if event.id not in conversation.masked
        )
        return self.project.retrieve(
            question,
            self.window.context_budget - self.window.count(beside),
            self.window.count,
            shown=shown,
            topic=topic_of(conversation.events),
            finds=not self.window.tools and not only_states(question),
        )

    def _searched(self, question: str) -> str:
        """Return what is searched for: what was read ahead, if a question goes on about it."""
        ahead, self._ahead = self._ahead, ""
        return ahead if ahead and points_back(question) and not mentions(question) else question

    async def _by_index(self, turn: int, retrieved: Retrieved, show: Show) -> Answer:
        text = index_answer(retrieved.sources)
        async with self.session.answer(turn, NAME) as writer:
            await writer.write(text)
            show(text, False)
        cited = await asyncio.to_thread(citations, text, retrieved.sources, self.project)
        return Answer(text, "stop", NAME, cited, turn, problems=retrieved.problems)

    async def _make_room(self, window: Window, added: Sequence[Event]) -> Outcome | None:
        """Compact if that must be; if a question still is too long, take back what was added."""
        made = await self._compact_if_due(window, added[-1].turn)
        try:
            window.check_fits(self.conversation)
        except ContextOverflowError:
            stamp = self.session.stamp(added[-1].turn)
            await self.session.add(*(events.undo(stamp, event.id) for event in reversed(added)))
            raise
        return made

    async def _compact_if_due(self, window: Window, turn: int) -> Outcome | None:
        if window.due(self.conversation) != "required":
            return None
        self._watch(Progress("compacting", turn))
        self._compacting = asyncio.create_task(self._compact(window))
        return await self.settle()

    async def _by_model(
        self, window: Window, turn: int, retrieved: Retrieved, show: Show
    ) -> Answer:
        async def make_room() -> None:
            await self._compact_if_due(window, turn)
            window.check_fits(self.conversation)

        self._loop = loop = ToolLoop(
            self.session, window, self._toolbox, make_room, show, self.show_step, self._watch
        )
        if self._is_stopped:
            loop.cancel()
        try:
            said = await loop.answer(turn)
        finally:
            self._loop = None
        sources = (*retrieved.sources, *said.sources)
        return Answer(
            text=said.text,
            finish=said.finish,
            model=window.engine.capabilities.model,
            citations=await asyncio.to_thread(citations, said.text, sources, self.project),
            turn=turn,
            reasoning=said.reasoning,
            usage=said.usage,
            problems=(*retrieved.problems, *said.problems),
        )

    def _compact_when_idle(self, window: Window) -> None:
        due = window.due(self.conversation)
        if due == "required" or (due and not self._waits_until_full):
            self._compacting = asyncio.create_task(self._compact(window))

    async def _compact(self, window: Window, *, by_hand: bool = False, focus: str = "") -> Outcome:
        made = await window.compact(self.session.events, self._now(), by_hand=by_hand, focus=focus)
        if isinstance(made, Compacted):
            self._waits_until_full = False
            await self.session.add(made.event)
            if made.method == "model":
                proposed = await asyncio.to_thread(
                    propose_from_summary, self.session, self.memory, made.event.text
                )
                made = replace(made, notes=(*made.notes, *proposed))
            await self.read_rules()
            self._prefilling = asyncio.create_task(self._prefill(window))
        return made

    async def _prefill(self, window: Window) -> None:
        """Have the new beginning read while the user writes, and the code of what is talked about.

        A compaction takes that code away; a question that goes on finds it read.
        """
        topic = topic_of(self.conversation.events)
        try:
            retrieved = await asyncio.to_thread(self._retrieve, topic) if topic else Retrieved()
            self._ahead = topic
            asked = events.user(self._now(), "", context=retrieved.context)
            ahead = [asked] if retrieved.context else []
            await window.prefill(fold([*self.session.events, *ahead]))
        except OwnstackError as error:
            log.info("The compacted conversation was not read ahead: %s", error)

    def _stop_prefilling(self) -> None:
        if self._prefilling is not None:
            self._prefilling.cancel()
            self._prefilling = None
