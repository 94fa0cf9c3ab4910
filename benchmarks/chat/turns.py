"""Turns of a conversation about this project's own code, as a user of `ownstack chat` has them."""

from __future__ import annotations

import asyncio
import shutil
import statistics
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.bars import Figure, quantile
from benchmarks.typing.floor import Floor
from ownstack.chat.chat import Chat
from ownstack.chat.retrieval import Project
from ownstack.engine.llama.engine import LlamaEngine
from ownstack.engine.llama.scheduler import NativeThread
from ownstack.engine.results import Usage
from ownstack.index.embedding.embedder import default_embedder
from ownstack.index.project import ProjectIndex
from ownstack.memory.compaction.compactor import Compacted, Declined
from ownstack.memory.log.conversation_log import ConversationLog
from ownstack.settings import EngineSettings

ROOT = Path(__file__).parents[2] / "server"
TOPICS = (
    (
        "How are the answers of an engine cancelled?",
        "What happens to the tokens that came before that?",
        "Who calls it?",
        "Is it safe from any thread?",
        "Name one thing about it that a test should check.",
    ),
    (
        "How does the index notice that a file has changed?",
        "And if it is deleted?",
        "How long does that take?",
        "What is done when there are too many of them at once?",
        "Which class of these matters most?",
    ),
    (
        "Where are decisions of a conversation kept?",
        "What does that do with two that contradict each other?",
        "How are they named?",
        "What is shown of them to a model?",
        "Could one of them be lost?",
    ),
)
AFTER = (
    "Which of all that would you read first?",
    "Why that one?",
    "What could be wrong with it?",
)
"""Asked after each compaction: the first is the turn after it, the others are ordinary ones."""
ANSWER_PIECES = 48
"""Of an answer, then it is stopped: this is about what comes before it."""


@dataclass(frozen=True, slots=True)
class Turn:
    """What one turn cost."""

    first_ms: float
    """From the question to the first piece of the answer: search, log, and reading included."""
    usage: Usage

    @property
    def reused(self) -> float:
        """Share of the prompt that was in the KV cache."""
        return 1 - self.usage.evaluated_tokens / self.usage.prompt_tokens


async def measure(path: Path, window: int) -> list[Figure]:
    """Talk with a model; the index, the log and the cache are in a folder that is removed."""
    folder = Path(tempfile.mkdtemp(prefix="ownstack-turns-"))
    native = NativeThread()
    index = ProjectIndex.open(ROOT, folder / "index", default_embedder())
    log = ConversationLog.open(folder / "log" / "log.sqlite", folder / "recall.sqlite")
    try:
        index.refresh()
        engine = await LlamaEngine.open(
            path,
            name=path.stem,
            native=native,
            settings=EngineSettings(context_tokens=window),
            cache=folder / "engine",
        )
        await engine.prepare("chat")
        project = Project(ROOT, lambda: index.snapshot, default_embedder())
        chat = Chat(log.sessions.create(str(ROOT)), project, engine)
        await chat.begin()
        try:
            return await _conversation(chat, engine)
        finally:
            await chat.close()
            await engine.close()
    finally:
        log.close()
        index.close()
        native.close()
        shutil.rmtree(folder, ignore_errors=True)


async def _conversation(chat: Chat, engine: LlamaEngine) -> list[Figure]:
    opening: list[Turn] = []
    ordinary: list[Turn] = []
    after: list[Turn] = []
    made: list[Compacted] = []
    for topic in TOPICS:
        opening.append(await _asked(chat, topic[0]))
        ordinary += [await _asked(chat, question) for question in topic[1:]]
        outcome = await chat.compact()
        if isinstance(outcome, Declined):
            continue
        made.append(outcome)
        await _idle(chat)
        after.append(await _asked(chat, AFTER[0]))
        ordinary += [await _asked(chat, question) for question in AFTER[1:]]
    bare_ms = await asyncio.to_thread(_bare, engine, ordinary)
    return _figures(opening, ordinary, after, made, bare_ms)


async def _asked(chat: Chat, question: str) -> Turn:
    pieces = 0
    first_ms = 0.0
    began = time.perf_counter()

    def show(_text: str, _is_reasoning: bool) -> None:
        nonlocal pieces, first_ms
        if not pieces:
            first_ms = 1e3 * (time.perf_counter() - began)
        pieces += 1
        if pieces == ANSWER_PIECES:
            chat.cancel()

    answer = await chat.ask(question, show)
    await chat.settle()
    await _idle(chat)
    assert answer.usage is not None
    return Turn(first_ms, answer.usage)


async def _idle(chat: Chat) -> None:
    """Wait until what is done while the user reads is done."""
    while chat.is_busy:
        await asyncio.sleep(0.05)


def _bare(engine: LlamaEngine, turns: Sequence[Turn]) -> float:
    """Return the milliseconds in which bare llama.cpp reads what an ordinary turn reads anew."""
    new = round(statistics.median(turn.usage.evaluated_tokens for turn in turns))
    whole = round(statistics.median(turn.usage.prompt_tokens for turn in turns))
    floor = Floor(engine._model, engine.capabilities.context_tokens, engine._parts._threads)
    try:
        return statistics.median(floor.read_after(whole - new, new) for _ in range(3))
    finally:
        floor.close()


def _figures(
    opening: Sequence[Turn],
    ordinary: Sequence[Turn],
    after: Sequence[Turn],
    made: Sequence[Compacted],
    bare_ms: float,
) -> list[Figure]:
    figures = []
    for name, turns, bar in (
        ("on a new topic", opening, None),
        ("ordinary", ordinary, 95.0),
        ("after a compaction", after, None),
    ):
        first = quantile([turn.first_ms for turn in turns], 0.5)
        new = quantile([turn.usage.evaluated_tokens for turn in turns], 0.5)
        whole = quantile([turn.usage.prompt_tokens for turn in turns], 0.5)
        reused = 100 * quantile([turn.reused for turn in turns], 0.5)
        note = f"{len(turns)} turns; {new:.0f} of {whole:.0f} tokens read anew"
        figures.append(Figure(f"first token, {name} turn", first, "ms", compared=note))
        worst = 100 * min(turn.reused for turn in turns) if turns else float("nan")
        compared = f"worst {worst:.1f} %"
        figures.append(Figure(f"prompt reused, {name} turn", reused, "%", ">=", bar, compared))
    first = quantile([turn.first_ms for turn in ordinary], 0.5)
    ratio = quantile([turn.first_ms for turn in after], 0.5) / first
    figures.append(Figure("first token after a compaction over ordinary", ratio, "x", "<=", 1.2))
    note = f"bare llama.cpp: {bare_ms:.0f} ms for the same new tokens"
    bare = first / bare_ms
    figures.append(Figure("first token over bare llama.cpp", bare, "x", compared=note))
    sizes = ", ".join(
        f"{done.before.total:,} → {done.after.total:,} ({done.method})" for done in made
    )
    shares = [
        100 * usage.evaluated_tokens / usage.prompt_tokens for done in made for usage in done.usage
    ]
    most = max(shares, default=float("nan"))
    figures.append(Figure("evaluated for a summary", most, "%", "<=", 5.0, sizes))
    return figures
