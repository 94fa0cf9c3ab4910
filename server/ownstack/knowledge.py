"""The knowledge engine of a project: generate, compress, continue_, decide, embed. Public.

with Knowledge.open(Path("."), engine=engine) as knowledge:
    archive = await knowledge.compress(session)

Each call, whatever comes of it, leaves a note in the project's record (`Knowledge.audit`), which is
part of the log of conversations. What needs no model works without one. See docs/MEMORY.md.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from ownstack.engine import structured
from ownstack.engine.messages import Message
from ownstack.engine.protocol import ChatModel, Engine
from ownstack.engine.requests import ChatRequest
from ownstack.engine.results import Usage
from ownstack.errors import EventError, ModelNotFoundError
from ownstack.index.embedding.embedder import TextEmbedder, Vectors, default_embedder
from ownstack.memory import events, ids, options, other_projects
from ownstack.memory.archive import document, export
from ownstack.memory.archive.archive import Archive, Mode, ProjectName
from ownstack.memory.archive.continuing import continue_from, missing_files
from ownstack.memory.archive.export import Source
from ownstack.memory.compaction.compactor import Compacted, Compactor
from ownstack.memory.compaction.limits import Limits
from ownstack.memory.events import JSON, Event
from ownstack.memory.facts import decisions, threads
from ownstack.memory.facts.conflicts import Conflict, Verdict
from ownstack.memory.facts.project_facts import ProjectFacts
from ownstack.memory.imported import IMPORTED
from ownstack.memory.log.conversation_log import ConversationLog
from ownstack.memory.log.session import SessionLog
from ownstack.memory.other_projects import OtherProject
from ownstack.memory.prompt import Frame, Tokens
from ownstack.paths import Home

TOPIC = "knowledge"
WINDOW = 8_192
"""Tokens for which a conversation is summed up where no model says how many it reads."""
RULES = "You help with a software project. Answer briefly and to the point."
MAX_TEXTS = 10_000
"""To embed at once."""
_AUDIT_CHARS = 500
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Generated:
    """What a model wrote."""

    text: str
    value: Any
    """Of the schema that was asked for; None without one."""
    model: str
    usage: Usage


@dataclass(frozen=True, slots=True)
class Continuation:
    """A session that goes on from an archive, and what of that is not so in its project."""

    session: SessionLog
    missing: tuple[str, ...]
    """Files that the archive names and the project does not have."""
    others: tuple[OtherProject, ...]
    """Decisions that were not made here. They are shown as another project's."""
    contradictions: tuple[str, ...]
    """Decisions here that contradict some of those, in sentences."""
    stale: tuple[str, ...] = ()
    """Names of the archive's decisions that nobody has checked for long."""


@dataclass(frozen=True, slots=True)
class Decided:
    """What came of options."""

    option: str
    verdict: Verdict
    """The decision (`decision.name`, tier, rationale), and what became of it beside others."""
    model: str
    """"" if what was decided before told."""

    @property
    def conflicts(self) -> tuple[Conflict, ...]:
        return self.verdict.conflicts


class Knowledge:
    """What one project knows. One task at a time may use it; methods run on the event loop."""

    def __init__(
        self,
        log: ConversationLog,
        root: str,
        *,
        engine: Engine | None = None,
        others: Sequence[OtherProject] = (),
        embedder: Callable[[], TextEmbedder] = default_embedder,
    ) -> None:
        """`others` are projects whose decisions must not be contradicted unnoticed."""
        self._log = log
        self._root = root
        self._engine = engine
        self._others = tuple(others)
        self._embedder = embedder
        self._opened: SessionLog | None = None

    @classmethod
    @contextlib.contextmanager
    def open(
        cls, root: Path, *, engine: Engine | None = None, home: Home | None = None
    ) -> Iterator[Knowledge]:
        """Open the knowledge of a project's folder; `home` is where the log is, the user's own."""
        home = home or Home.default()
        log = ConversationLog.open(home.conversations_file, home.recall_file)
        try:
            yield cls(log, str(root.resolve()), engine=engine)
        finally:
            log.close()

    @property
    def log(self) -> ConversationLog:
        return self._log

    async def generate(
        self, prompt: str, *, schema: Mapping[str, object] | None = None, max_tokens: int = 1_024
    ) -> Generated:
        """Have the model write a text, or a value of a JSON schema; it is shown what holds here.

        Raises:
            ModelNotFoundError: there is no model.
            EngineError: the schema is none, the answer is not of it, or the engine failed.
        """
        async with self._audited("generate", {"prompt": prompt[:_AUDIT_CHARS]}) as details:
            engine = self._needed_engine("write")
            model = engine.capabilities.model
            known = await asyncio.to_thread(self._decisions)
            rules = "\n\n".join(filter(None, (RULES, options.shown(known, self._others))))
            messages = (Message.of("system", rules), Message.of("user", prompt))
            request = ChatRequest(messages, max_tokens=max_tokens)
            details["model"] = model
            if schema is None:
                answer = await _answer(engine, request)
                return Generated(answer[0], None, model, answer[1])
            found = await structured.ask(engine, request, schema)
            last = found.answers[-1]
            return Generated(last.message.text, found.value, model, last.usage)

    async def compress(self, session: str, mode: Mode = "normal", *, focus: str = "") -> Archive:
        """Return the archive of a session, by its id; the session stays as it is.

        In the mode normal what is old is summed up: by the model, or without one by quoting what
        was said. `focus` is kept in more detail.

        Raises:
            SessionNotFoundError: there is none of this id.
            MemoryStoreError: the log cannot be read.
        """
        async with self._audited("compress", {"session": session, "mode": mode}) as details:
            source = await asyncio.to_thread(self._source, session)
            before = export.carried(source.events)
            is_as_it_came = before is not None and before.mode == mode
            if is_as_it_came:
                new = export.said_here(source.events)
                is_as_it_came = not any(export.is_said(event) for event in new)
            if mode == "normal" and not is_as_it_came:
                source = await self._summed_up(source, focus)
            archive = await asyncio.to_thread(export.archive_of, source, mode)
            details["archive"] = await asyncio.to_thread(document.archive_id, archive)
            return archive

    async def continue_(self, archive: Archive) -> Continuation:
        """Begin a session of this project that goes on from an archive of any project.

        Nothing that was decided elsewhere is taken over.

        Raises:
            MemoryStoreError: it cannot be kept.
        """
        details = {"archive": document.archive_id(archive), "mode": archive.mode}
        async with self._audited("continue", details) as noted:
            made = await asyncio.to_thread(self._continued, archive)
            noted["session"] = made.session.id
            return made

    def resumed(self, session: SessionLog) -> Continuation:
        """Return what `continue_` said of a session that went on from an archive; waits."""
        archive = export.carried(session.events)
        if archive is None:
            return Continuation(session, (), (), ())
        return self._continuation(session, archive)

    async def decide(
        self, chosen_from: Sequence[str], question: str = "", *, tier: float | None = None
    ) -> Decided:
        """Choose one of 2 to 26 options, such as "Use SQLite for the log", and record it.

        The model chooses; without one, what was decided before does, if it tells them apart.
        `tier` (0 a guess, 1 established) is how sure it is, else the model says so. An option that
        contradicts another project's decision is `blocked` and not recorded.

        Raises:
            EventError: the options are none.
            ModelNotFoundError: nothing tells the options apart, and there is no model.
            EngineError: the model failed.
        """
        listed = list(chosen_from)
        async with self._audited("decide", {"question": question[:_AUDIT_CHARS],
                                            "options": [o[:_AUDIT_CHARS] for o in listed[:26]]}
                                 ) as details:  # fmt: skip
            options.check(listed)
            known = await asyncio.to_thread(self._decisions)
            found = options.by_what_is_known(listed, known, self._others)
            model = ""
            if self._engine is not None:
                model = self._engine.capabilities.model
                found = await options.by_model(self._engine, listed, question, known, self._others)
            if found is None:
                raise ModelNotFoundError(
                    "Nothing that this project decided tells these options apart.", _HINT
                )
            sure = found.tier if tier is None else tier
            verdict = await asyncio.to_thread(
                lambda: ProjectFacts(self._record()).decide(
                    found.option,
                    tier=sure,
                    rationale=found.rationale,
                    foreign=other_projects.foreign(self._others),
                )
            )
            details |= {"chosen": found.option[:_AUDIT_CHARS], "outcome": verdict.outcome,
                        "name": verdict.decision.name}  # fmt: skip
            return Decided(found.option, verdict, model)

    async def embed(self, texts: Sequence[str]) -> Vectors:
        """Return float32[len(texts), dim], rows L2-normalised; zeros for a text without words.

        Raises:
            EventError: there are too many texts.
        """
        async with self._audited("embed", {"texts": len(texts)}) as details:
            if len(texts) > MAX_TEXTS:
                raise EventError(f"At most {MAX_TEXTS:,} texts are embedded at once.")
            embedder = await asyncio.to_thread(self._embedder)
            details["embedder"] = embedder.name
            return await asyncio.to_thread(embedder.embed, list(texts))

    def audit(self) -> list[Event]:
        """Return the notes of all calls for this project, the oldest first. Waits for the disk.

        Raises:
            MemoryStoreError: the log cannot be read.
        """
        noted = self._log.sessions.of_project(self._root, "note")
        return [event for event in noted if event.data.get("topic") == TOPIC]

    @contextlib.asynccontextmanager
    async def _audited(
        self, verb: str, details: Mapping[str, JSON]
    ) -> AsyncIterator[dict[str, JSON]]:
        noted: dict[str, JSON] = dict(details)
        try:
            yield noted
        except BaseException as error:
            noted["error"] = type(error).__name__
            raise
        finally:
            record = await asyncio.to_thread(self._record)
            await record.add(events.note(record.stamp(0), TOPIC, verb, noted))

    def _record(self) -> SessionLog:
        if self._opened is None:
            self._opened = self._log.sessions.record(self._root)
        return self._opened

    def _needed_engine(self, what: str) -> Engine:
        if self._engine is None:
            raise ModelNotFoundError(f"Without a chat model nothing can {what}.", _HINT)
        return self._engine

    def _decisions(self) -> dict[str, decisions.Decision]:
        return decisions.fold(self._log.sessions.of_project(self._root, "decision"))

    def _source(self, session: str) -> Source:
        opened = self._log.sessions.resume(session)
        roots = self._log.sessions.roots()
        root = roots.get(opened.info.project, self._root)
        facts = self._log.sessions.of_project(root, "decision", "thread")
        name = ProjectName(opened.info.project or ids.project_id(root), Path(root).name[:300])
        return Source(opened.info, opened.events, name, decisions.fold(facts), threads.fold(facts))

    async def _summed_up(self, source: Source, focus: str) -> Source:
        """Return a session as if it were compacted; as it is, if that does not make it shorter."""
        engine = self._engine
        limits = Limits.of(WINDOW if engine is None else engine.capabilities.context_tokens)
        compactor = Compactor(Tokens(engine or _Characters()), limits, model=engine)
        at = max((event.at for event in source.events), default=source.info.created)
        turn = max((event.turn for event in source.events), default=0)
        stamp = events.Stamp(source.info.id, turn, at)
        made = await compactor.compact(Frame(), source.events, stamp, by_hand=True, focus=focus)
        if not isinstance(made, Compacted):
            return source
        # It is no part of what happened in the session.
        data = {**made.event.data, IMPORTED: True}
        summed_up = events.event(stamp, "compaction", data)
        return replace(source, events=(*source.events, summed_up))

    def _continued(self, archive: Archive) -> Continuation:
        made = continue_from(self._log.sessions, self._root, archive)
        return self._continuation(made, archive)

    def _continuation(self, session: SessionLog, archive: Archive) -> Continuation:
        known = self._decisions()
        others = tuple(other_projects.of_archive(archive, self._root, known))
        return Continuation(
            session,
            missing_files(archive, Path(self._root)),
            others,
            tuple(other_projects.contradictions(known, others)),
            other_projects.stale(archive, self._root, known, session.stamp(0).at),
        )


_HINT = "Choose a chat model: ownstack models use NAME --for chat."


class _Characters:
    """Counts four characters as a token, as a rule of thumb has it."""

    exact = False

    def count(self, text: str) -> int:
        return (len(text) + 3) // 4


async def _answer(model: ChatModel, request: ChatRequest) -> tuple[str, Usage]:
    stream = model.chat(request)
    try:
        answer = await stream.result()
    finally:
        stream.cancel()
    return answer.message.text, answer.usage
