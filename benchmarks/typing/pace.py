"""How a real model keeps up with somebody who types, through the relay and the daemon.

Keys come at a steady pace, whatever was answered: a key is answered in pace if its answer is there
before the next one. What is shown is not accepted. The same is typed while conversations have the
machine read one long prompt after another.
"""

from __future__ import annotations

import asyncio
import math
import random
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.bars import Figure, quantile
from benchmarks.editor import Asked, Window
from benchmarks.infilling.cursors import draw_spot, without
from benchmarks.typing.engine import open_engine, rival_storm
from benchmarks.typing.floor import Floor
from benchmarks.typing.trace import Passage, passages, steady
from benchmarks.typing.window import press
from ownstack.app.chats.values import ChatTurn
from ownstack.completion.suggestion import Trace
from ownstack.engine.llama.scheduler import NativeThread
from ownstack.lsp import chat_messages, protocol

BARS = {0.15: (95.0, 60.0), 0.06: (90.0, None)}
"""Pace in seconds a key → least share of keys answered in it, least share of those with text."""
KEYS = {0.15: 240, 0.06: 400}
CHAT_CHARS = 12_000
"""Of a question that has to be read: some thousand tokens."""
CHAT_WAIT_S = 60.0
QUIET_S = 0.1
"""An editor looks again at what has got better once nobody has typed for so long."""
WARM_KEYS = 60
WARM_WAIT_S = 3.0
JUMP_WAIT_S = 4.0
FLOOR_TOKENS = 8_192
RIVAL_KEYS, RIVAL_PACE_S = 40, 0.15
_POLL_S = 0.05


@dataclass
class Paced:
    """What became of keys."""

    keys: int = 0
    answered: list[tuple[Asked, Trace]] = field(default_factory=list)
    """In pace, with their traces."""
    improved: int = 0
    """So many suggestions were replaced by better ones while they stood."""
    late_text: int = 0
    """So many keys were answered with nothing, and got text before the next one all the same."""

    @property
    def in_pace(self) -> float:
        """Share of the keys, in %."""
        return 100 * len(self.answered) / max(1, self.keys)

    @property
    def with_text(self) -> float:
        """Share of the keys that were answered, in %."""
        n_shown = sum(bool(asked.text) for asked, _ in self.answered)
        return 100 * n_shown / max(1, len(self.answered))

    def first_line_ms(self) -> list[float]:
        return [ms for asked, _ in self.answered if asked.text and (ms := asked.latency_ms)]

    def by(self, model: str) -> float:
        """Share of what was shown that `model` wrote, in %."""
        shown = [trace for asked, trace in self.answered if asked.text]
        return 100 * sum(written_by(trace, model) for trace in shown) / max(1, len(shown))


def written_by(trace: Trace, model: str) -> bool:
    """Say whether an answer is a model's own, neither echo's nor another model's."""
    return trace.source == "model" and trace.model == model


async def type_steadily(window: Window, passage: Passage, pace_s: float, paced: Paced) -> None:
    """Type a passage, a key every `pace_s`."""
    window.replace(passage.before + passage.after)
    for key in steady(passage, pace_s):
        end = time.perf_counter() + pace_s
        cursor = press(window, key)
        asked = window.ask(cursor)
        paced.keys += 1
        await asyncio.wait([asked.future], timeout=pace_s)
        if asked.future.done():
            paced.answered.append((asked, await _trace(window)))
            await _look_again(window, cursor, asked, end, paced)
        await asyncio.sleep(max(0.0, end - time.perf_counter()))


async def _look_again(window: Window, cursor: int, asked: Asked, end: float, paced: Paced) -> None:
    """Ask again as an editor does when it hears of something better before the next key."""
    left = end - time.perf_counter()
    if left <= 0 or not await window.heard_of_better(left):
        return
    if asked.sent_s + QUIET_S < end:
        await asyncio.sleep(max(0.0, asked.sent_s + QUIET_S - time.perf_counter()))
        again = window.ask(cursor)
        await asyncio.wait([again.future], timeout=max(0.0, end - time.perf_counter()))
        if asked.text:
            paced.improved += 1
        elif again.future.done() and again.text:
            paced.late_text += 1


async def paced_figures(
    window: Window, files: Sequence[Path], model: str, more: str = ""
) -> list[Figure]:
    """Type lines of the files at each pace; `more` says what else goes on."""
    found: list[Figure] = []
    for pace_s, (least, least_text) in BARS.items():
        paced = Paced()
        for passage in lines_of(files, seed=int(1_000 * pace_s)):
            await type_steadily(window, passage, pace_s, paced)
            if paced.keys >= KEYS[pace_s]:
                break
        found += _figures(paced, f"typed at {1_000 * pace_s:.0f} ms a key{more}",
                          model, least, least_text)  # fmt: skip
    return found


def _figures(
    paced: Paced, title: str, model: str, least: float, least_text: float | None
) -> list[Figure]:
    times = paced.first_line_ms()
    tiers = [trace.tier for _, trace in paced.answered]
    detail = {tier: tiers.count(tier) for tier in sorted(set(tiers))}
    return [
        Figure(f"{title}: answered in pace", paced.in_pace, "% of keys", ">=", least,
               f"n={paced.keys}; {paced.improved} suggestions got better", detail),
        Figure(f"{title}: with text", paced.with_text, "% of those", ">=", least_text,
               f"{paced.by(model):.0f} % of it written by {model}; {paced.late_text} keys more got"
               " text as an improvement"),
        Figure(f"{title}: key to first line, p50", quantile(times, 0.5), "ms",
               compared=f"p95 {quantile(times, 0.95):.0f} ms, n={len(times)}"),
    ]  # fmt: skip


def lines_of(files: Sequence[Path], seed: int) -> Iterator[Passage]:
    """Yield lines of the files in turn, for ever."""
    texts = [path.read_text("utf-8") for path in files]
    while True:
        for text in texts:
            yield from passages(text, 2, seed, lines=1)
        seed += 1


# A chat beside it ---------------------------------------------------------------------------


@dataclass
class Chats:
    """What was asked in conversations meanwhile."""

    asked: int = 0
    read: int = 0
    """So many prompts were read to their end by a model: the answer had begun."""
    tokens: int = 0
    """Of those prompts, read anew."""
    failed: list[str] = field(default_factory=list)

    def note(self, turn: ChatTurn) -> None:
        """Count a turn, if a model has read it."""
        if turn.tier == "model" and turn.usage is not None and turn.answer:
            self.read += 1
            self.tokens += turn.usage.evaluated_tokens
        elif turn.finish == "error" or turn.tier != "model":
            self.failed += turn.problems[:1] or [f"answered by {turn.tier}"]


@asynccontextmanager
async def chatting(window: Window, text: str) -> AsyncIterator[Chats]:
    """Ask long questions, each in a conversation of its own, and stop each answer at once."""
    chats = Chats()
    task = asyncio.create_task(_chat(window, text, chats))
    try:
        yield chats
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _chat(window: Window, text: str, chats: Chats) -> None:
    while True:
        state = await window.request(chat_messages.OPEN, chat_messages.ChatOpenParams())
        # Each begins otherwise, so that all of it has to be read.
        start = (chats.asked * 4_001) % max(1, len(text) - CHAT_CHARS)
        question = (
            f"Question {chats.asked}: what does this do?\n\n{text[start : start + CHAT_CHARS]}"
        )
        chats.asked += 1
        await _ask(window, state.session.id, question, chats)


async def _ask(window: Window, session: str, question: str, chats: Chats) -> None:
    """Ask until an answer begins, and stop it."""
    window.chat_text.clear()
    params = chat_messages.ChatAskParams(session, question)
    answer = asyncio.ensure_future(window.request(chat_messages.ASK, params))
    begun = asyncio.create_task(window.chat_text.wait())
    try:
        await asyncio.wait({answer, begun}, timeout=CHAT_WAIT_S, return_when="FIRST_COMPLETED")
    finally:
        begun.cancel()
        is_stopped = not answer.done()
        if is_stopped:
            await window.request(chat_messages.STOP, chat_messages.ChatSessionParams(session))
        (ended,) = await asyncio.gather(answer, return_exceptions=True)
        if not isinstance(ended, BaseException):
            chats.note(ended.turn)
        elif not is_stopped:
            chats.failed.append(str(ended))
    if chats.failed:
        await asyncio.sleep(1.0)


def chat_figure(chats: Chats) -> Figure:
    """Say whether there was a chat at all: one that fails is no load."""
    why = f"; {len(chats.failed)} failed: {chats.failed[0]}" if chats.failed else ""
    return Figure("prompts of a chat read meanwhile", chats.read, "", ">=", 1.0,
                  f"{chats.asked} were asked, {chats.tokens} tokens read{why}")  # fmt: skip


# Warm keys and jumps ------------------------------------------------------------------------


async def warm_keys(window: Window, files: Sequence[Path], model: str) -> list[tuple[Asked, Trace]]:
    """Type keys and wait for what each is answered; return the answers that `model` wrote anew."""
    found = []
    pressed = 0
    for passage in lines_of(files, seed=3):
        window.replace(passage.before + passage.after)
        for key in steady(passage, 0.0):
            asked = window.ask(press(window, key))
            await asyncio.wait([asked.future], timeout=WARM_WAIT_S)
            pressed += 1
            if asked.future.done():
                trace = await _trace(window)
                if trace.tier == "model" and written_by(trace, model) and asked.text:
                    found.append((asked, trace))
        if pressed >= WARM_KEYS:
            return found
    return found


@dataclass(frozen=True, slots=True)
class Jump:
    """The first suggestions in a file that was not open before; NaN where none came in time."""

    any_ms: float
    model_ms: float


async def jump(window: Window, path: Path, model: str, rng: random.Random) -> Jump:
    """Open another file and ask in the middle of a line, until the model has answered."""
    text = path.read_text("utf-8")
    spot = None
    while spot is None:
        spot = draw_spot(text, rng)
    any_ms = model_ms = float("nan")
    began = time.perf_counter()
    window.show(path, without(text, spot))
    while (left := began + JUMP_WAIT_S - time.perf_counter()) > 0:
        asked = window.ask(spot.offset)
        await asyncio.wait([asked.future], timeout=left)
        if asked.future.done() and asked.text:
            ms = 1e3 * ((asked.answered_s or time.perf_counter()) - began)
            any_ms = ms if math.isnan(any_ms) else any_ms
            if written_by(await _trace(window), model):
                model_ms = ms
                break
        await window.heard_of_better(_POLL_S)
    return Jump(any_ms, model_ms)


def jump_figures(jumps: Sequence[Jump], prefill_256_ms: float) -> list[Figure]:
    """Return the medians of what came; where nothing is suggested there is nothing to be late."""
    anything = [each.any_ms for each in jumps if not math.isnan(each.any_ms)]
    own = [each.model_ms for each in jumps if not math.isnan(each.model_ms)]
    return [
        Figure("after a jump, first suggestion of any tier, p50", quantile(anything, 0.5), "ms",
               "<=", 150.0, f"p95 {quantile(anything, 0.95):.0f} ms, at {len(anything)} of"
               f" {len(jumps)} places within {JUMP_WAIT_S:.0f} s"),
        Figure("after a jump, the model's first over 256 tokens read",
               quantile(own, 0.5) / prefill_256_ms, "x", "<=", 1.2,
               f"{quantile(own, 0.5):.0f} and {prefill_256_ms:.0f} ms, at {len(own)} places"),
    ]  # fmt: skip


# Beside others ------------------------------------------------------------------------------


async def beside(
    path: Path, warm: Sequence[tuple[Asked, Trace]], text: str, home: Path
) -> tuple[list[Figure], float]:
    """Give bare llama.cpp the tokens of warm keys, and the usual wrapper keys of its own.

    Returns figures, and the milliseconds in which 256 tokens are read from nothing.
    """
    native = NativeThread()
    engine = await open_engine(path, native, home)
    threads = engine._parts._threads
    floor = Floor(engine._model, FLOOR_TOKENS, threads)
    try:
        prefill_256_ms = quantile([floor.read_after(0, 256) for _ in range(3)], 0.5)
        figures = [warm_figure(warm, floor)]
    finally:
        floor.close()
        await engine.close()
        native.close()
    rival = await rival_storm(path, text, threads, RIVAL_KEYS, RIVAL_PACE_S)
    figures.append(
        Figure(f"llama-cpp-python's high-level call at {1e3 * RIVAL_PACE_S:.0f} ms a key: answered",
               100 * len(rival) / RIVAL_KEYS, "% of keys",
               compared=f"first token p50 {quantile(rival, 0.5):.0f} ms, not the line")
    )  # fmt: skip
    return figures, prefill_256_ms


def warm_figure(warm: Sequence[tuple[Asked, Trace]], floor: Floor) -> Figure:
    """Compare answers of one line with what their tokens cost without anything around them."""
    lines = [pair for pair in warm if "\n" not in pair[0].text and pair[1].generated_tokens]
    counts = [(trace.evaluated_tokens, trace.generated_tokens) for _, trace in lines]
    kept = [trace.prompt_tokens - trace.evaluated_tokens for _, trace in lines]
    n_kept = min(int(quantile(kept, 0.5)), FLOOR_TOKENS // 2) if kept else 0
    ours = quantile([asked.latency_ms or 0.0 for asked, _ in lines], 0.5)
    bare = quantile(floor.answers_after(n_kept, counts), 0.5) if lines else float("nan")
    new, written = (quantile([pair[at] for pair in counts], 0.5) for at in (0, 1))
    return Figure("warm key to first line, LSP, over bare llama.cpp, p50", ours / bare, "x", "<=",
                  1.15, f"{ours:.0f} and {bare:.0f} ms, n={len(lines)}; {new:.0f} new tokens after"
                  f" {n_kept}, {written:.0f} written")  # fmt: skip


async def _trace(window: Window) -> Trace:
    trace: Trace = await window.request(protocol.EXPLAIN, protocol.ExplainParams())
    return trace
