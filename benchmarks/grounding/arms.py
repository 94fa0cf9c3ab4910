"""The ways in which a question about a package is answered."""

from __future__ import annotations

import itertools
import re
import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks.grounding.questions import Asked
from benchmarks.grounding.records import Record
from ownstack.chat.chat import Chat
from ownstack.chat.checkpoints import Checkpoints
from ownstack.chat.citations import citations
from ownstack.chat.edits import Edits
from ownstack.chat.retrieval import MAX_LINES, Project, Source
from ownstack.chat.tool_loop import Step
from ownstack.chat.tools.standard import standard_toolbox
from ownstack.chat.tools.toolbox import Toolbox
from ownstack.engine.chat import TextDelta
from ownstack.engine.messages import Message
from ownstack.engine.protocol import Engine
from ownstack.engine.requests import ChatRequest
from ownstack.engine.results import Usage
from ownstack.extract.terms import terms
from ownstack.index.snapshot.snapshot import Snapshot
from ownstack.memory.conversation import text_of
from ownstack.memory.log.conversation_log import ConversationLog
from ownstack.memory.log.session import SessionLog
from ownstack.memory.recollection import recollect

ARMS = ("retrieve", "bm25", "tools", "bare")
PIECES = 5
"""Of code in the plain prompt."""
_PLAIN = (
    "You are a programmer's assistant. Answer the question briefly from the code that is shown. "
    "Name the files that your answer relies on, by their paths."
)
_BARE = (
    "You are a programmer's assistant. The question is about the source code of {}. Answer it "
    "briefly. Name the files that your answer relies on, by their paths."
)


@dataclass(frozen=True, slots=True)
class Bench:
    """What answers are made with. One package: its index, and what it is called."""

    engine: Engine
    log: ConversationLog
    home: Path
    """For what a conversation keeps beside its log."""
    project: Project
    title: str
    """Name and version of the package, for a model that sees nothing of it."""
    settings: dict[str, int]
    """`window` and `answer_tokens`: an answer is stopped after so many."""
    is_guided: bool
    """Whether the model has to choose tools by a call at each step, as its ability has it."""


async def answered(bench: Bench, arm: str, asked: Asked) -> Record:
    """Have a question answered in one of the ways."""
    if arm in ("retrieve", "tools"):
        return await _by_product(bench, arm, asked)
    return await _by_prompt(bench, arm, asked)


class _Clock:
    """Notes when the first piece came, and how many there were."""

    def __init__(self) -> None:
        self.began = time.perf_counter()
        self.first_s: float | None = None
        self.pieces = 0

    def tick(self) -> None:
        if self.first_s is None:
            self.first_s = self.elapsed
        self.pieces += 1

    @property
    def elapsed(self) -> float:
        return time.perf_counter() - self.began


async def _by_product(bench: Bench, arm: str, asked: Asked) -> Record:
    session = bench.log.sessions.create(str(bench.project.root))
    toolbox = _toolbox(bench, session) if arm == "tools" else Toolbox(())
    chat = Chat(session, bench.project, bench.engine, toolbox=toolbox)
    steps: list[str] = []

    def step(made: Step) -> None:
        if made.state != "runs":
            steps.append(f"{made.name} {made.arguments}: {made.state}")

    chat.show_step = step
    await chat.begin()
    clock = _Clock()

    def show(_text: str, _is_reasoning: bool) -> None:
        clock.tick()
        if clock.pieces == bench.settings["answer_tokens"]:
            chat.cancel()

    try:
        answer = await chat.ask(asked.text, show)
        end_s = clock.elapsed
    finally:
        await chat.close()
    return Record(
        model=bench.engine.capabilities.model,
        arm=arm,
        package=asked.package,
        question=asked.text,
        settings=bench.settings,
        text=answer.text,
        finish=answer.finish,
        first_s=end_s if clock.first_s is None else clock.first_s,
        end_s=end_s,
        usage=answer.usage or Usage(),
        checked=answer.citations,
        read=_places(session),
        steps=tuple(steps),
        problems=answer.problems,
    )


def _places(session: SessionLog) -> tuple[str, ...]:
    """Return the places of the code that was shown with questions: each stands above a fence."""
    contexts = [text_of(event.data, "context") for event in session.events if event.kind == "user"]
    lines = [line for context in contexts for line in context.splitlines()]
    pairs = itertools.pairwise(lines)
    return tuple(
        line
        for line, after in pairs
        if after.startswith("```") and re.search(r":\d+(-\d+)?$", line)
    )


def _toolbox(bench: Bench, session: SessionLog) -> Toolbox:
    """Return the tools of a chat in which nobody is there to approve of anything."""
    root = bench.project.root
    return standard_toolbox(
        session,
        bench.project,
        Edits(session, root, Checkpoints(bench.home / "checkpoints")),
        lambda query: recollect(bench.log, session, str(root), query),
        engine=bench.engine,
        is_guided=bench.is_guided,
    )


async def _by_prompt(bench: Bench, arm: str, asked: Asked) -> Record:
    clock = _Clock()
    snapshot = bench.project.snapshot()
    sources = best_by_bm25(snapshot, asked.text) if arm == "bm25" and snapshot else []
    system = _PLAIN if sources else _BARE.format(bench.title)
    said = "\n\n".join([*(source.block for source in sources), asked.text])
    request = ChatRequest(
        (Message.of("system", system), Message.of("user", said)),
        conversation=f"{arm}-{asked.package}-{asked.text}",
        max_tokens=bench.settings["answer_tokens"],
    )
    stream = bench.engine.chat(request)
    async for event in stream:
        if isinstance(event, TextDelta):
            clock.tick()
    answer = await stream.result()
    end_s = clock.elapsed
    return Record(
        model=bench.engine.capabilities.model,
        arm=arm,
        package=asked.package,
        question=asked.text,
        settings=bench.settings,
        text=answer.message.text,
        finish=answer.finish.value,
        first_s=end_s if clock.first_s is None else clock.first_s,
        end_s=end_s,
        usage=answer.usage,
        checked=citations(answer.message.text, sources, bench.project),
        read=tuple(source.place for source in sources),
    )


def best_by_bm25(snapshot: Snapshot, question: str) -> list[Source]:
    """Return the best pieces by BM25 over the text of pieces, best first: no vectors, no rules."""
    rows, _ = snapshot.full_text(terms(question), PIECES)
    found = (snapshot.chunk(int(row)) for row in rows)
    return [
        Source(
            chunk.path,
            chunk.start_line,
            min(chunk.end_line, chunk.start_line + MAX_LINES - 1),
            "",
            "\n".join(chunk.text.split("\n")[:MAX_LINES]),
        )
        for chunk in found
        if chunk
    ]
