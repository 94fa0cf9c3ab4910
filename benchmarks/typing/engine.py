"""The engine alone, beside bare llama.cpp and the usual wrapper, in one run."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from pathlib import Path

from benchmarks.bars import Figure, quantile
from benchmarks.typing.floor import Floor, Rival
from ownstack.engine.llama.engine import LlamaEngine
from ownstack.engine.llama.scheduler import NativeThread
from ownstack.engine.messages import Message
from ownstack.engine.requests import ChatRequest, InfillRequest, Priority
from ownstack.engine.results import Finish, Generated
from ownstack.settings import EngineSettings

ROUNDS = 12
TALK = ChatRequest(
    (Message.of("user", "Explain this program in detail. " * 40),), max_tokens=400, conversation="b"
)
LONG_TALK = replace(TALK, messages=(Message.of("user", "Explain this program in detail. " * 400),))


async def open_engine(
    path: Path, native: NativeThread, cache: Path, settings: EngineSettings | None = None
) -> LlamaEngine:
    engine = await LlamaEngine.open(
        path,
        name=path.stem,
        native=native,
        settings=settings or EngineSettings(),
        cache=cache,
    )
    await engine.prepare("completion")
    return engine


def request(text: str, cursor: int, *, prompt_chars: int, suffix_chars: int) -> InfillRequest:
    """An infill request at `cursor` of `text` with windows of about that many characters."""
    return InfillRequest(
        prefix=text[max(0, cursor - prompt_chars) : cursor],
        suffix=text[cursor : cursor + suffix_chars],
        path="benchmark.py",
        max_tokens=16,
        max_lines=1,
    )


async def overhead(engine: LlamaEngine, text: str) -> list[Figure]:
    """The same numbers of tokens through the engine and through a bare loop, in turn.

    The engine's prompt is new in each round, so that nothing is reused. A model may end its
    answer early, so decoding is summed over all rounds.
    """
    floor = Floor(engine._model, 4096, engine._parts._threads)
    prefill: list[tuple[float, float]] = []
    decode: list[tuple[float, float]] = []
    for number in range(ROUNDS + 1):
        cursor = len(text) // 2 + number * 997
        ask = replace(
            request(text, cursor, prompt_chars=2500, suffix_chars=400),
            prefix=f"# round {number}\n" + text[cursor - 2500 : cursor].rsplit("\n", 1)[0] + "\n",
            max_tokens=48,
            max_lines=1000,
        )
        usage = (await engine.infill(ask).result()).usage
        # The first token comes out of the prompt's logits, the last one is not evaluated.
        n_decoded = usage.generated_tokens - 1
        bare = floor.run(usage.evaluated_tokens, max(8, n_decoded))
        if number > 0:
            prefill.append((usage.prefill_ms, bare.prefill_ms * usage.evaluated_tokens))
        if number > 0 and n_decoded >= 8:
            decode.append((usage.decode_ms, bare.decode_ms * n_decoded))
    floor.close()
    return [
        _ratio("engine over bare llama.cpp, prompt", prefill),
        _ratio("engine over bare llama.cpp, decode", decode),
    ]


def _ratio(name: str, rounds: list[tuple[float, float]]) -> Figure:
    """Compare pairs of milliseconds; the figure is the median of the pairs' ratios."""
    ours, bare = (sum(side) for side in zip(*rounds, strict=True)) if rounds else (0.0, 0.0)
    compared = f"{ours:.0f} against {bare:.0f} ms by C timings, {len(rounds)} rounds in turn"
    return Figure(name, quantile([a / b for a, b in rounds], 0.5), "x", "<=", 1.05, compared)


async def keystrokes(
    engine: LlamaEngine, text: str, limit: float, n_keys: int = 60, chars: int = 3500
) -> Figure:
    """Type along a real text; count the prompt tokens that each key makes the network read."""
    start = text.index("\n", len(text) // 2) + 1
    evaluated, prompt = [], 0
    for key in range(n_keys):
        cursor = start + key
        ask = InfillRequest(
            prefix=text[max(0, start - chars) : cursor],
            suffix=text[start + n_keys : start + n_keys + 800],
            path="benchmark.py",
            max_tokens=8,
        )
        done = await engine.infill(ask).result()
        prompt = done.usage.prompt_tokens
        if key > 0:
            evaluated.append(float(done.usage.evaluated_tokens))
    order = engine.capabilities.infill_order.upper()
    return Figure(
        f"prompt tokens evaluated per key, {order}", quantile(evaluated, 0.5), "tokens", "<=",
        limit, f"p95 {quantile(evaluated, 0.95):.0f}; the whole prompt has {prompt}",
    )  # fmt: skip


async def storm(
    engine: LlamaEngine, text: str, *, chat: LlamaEngine | None, n_keys: int = 60
) -> list[float]:
    """Press `n_keys` keys 60 ms apart, each cancelling the one before.

    Returns the milliseconds to the first text of those keys that were answered before they were
    cancelled. `chat` reads a long prompt meanwhile.
    """
    start = text.index("\n", len(text) // 2) + 1
    talk = chat.chat(LONG_TALK) if chat is not None else None
    first_ms: list[float] = []
    await engine.infill(_at(text, start, 0, n_keys)).result()
    began = time.perf_counter()
    waiting: list[asyncio.Task[None]] = []
    running = None
    for key in range(n_keys):
        if running is not None:
            running.cancel()
        pressed = time.perf_counter()
        running = engine.infill(_at(text, start, key + 1, n_keys))

        async def first(generation=running, pressed=pressed) -> None:  # type: ignore[no-untyped-def]
            # The first text, or the end of an answer that has none.
            await generation.wait(lambda text: text != "")
            if not generation.cancelled:
                first_ms.append((time.perf_counter() - pressed) * 1e3)

        waiting.append(asyncio.create_task(first()))
        await asyncio.sleep(max(0.0, began + (key + 1) * 0.06 - time.perf_counter()))
    if running is not None:
        await running.result()
    await asyncio.gather(*waiting)
    if talk is not None:
        talk.cancel()
        await talk.result()
    return first_ms


def _at(text: str, start: int, key: int, n_keys: int) -> InfillRequest:
    # About 1,000 tokens of prompt.
    return InfillRequest(
        prefix=text[max(0, start - 3000) : start + key],
        suffix=text[start + n_keys : start + n_keys + 900],
        path="benchmark.py",
        max_tokens=12,
    )


async def rival_storm(
    path: Path, text: str, threads: int, n_keys: int = 60, pace_s: float = 0.06
) -> list[float]:
    """Give the same keys to the usual wrapper; return its first-token times in ms."""
    rival = Rival(path, 2048, threads)
    await asyncio.to_thread(rival.start)
    start = text.index("\n", len(text) // 2) + 1
    began = time.perf_counter()
    for key in range(n_keys):
        ask = _at(text, start, key + 1, n_keys)
        # The common order: prefix, then suffix. The wrapper keeps what two prompts have in common.
        rival.key(f"{ask.prefix}\n{ask.suffix}\n")
        await asyncio.sleep(max(0.0, began + (key + 1) * pace_s - time.perf_counter()))
    await asyncio.sleep(1.5)
    await asyncio.to_thread(rival.close)
    return rival.first_token_ms


async def storms(engine: LlamaEngine, path: Path, text: str) -> list[Figure]:
    """60 keys 60 ms apart: alone, beside a chat, and as the usual wrapper does it."""
    alone = await storm(engine, text, chat=None)
    beside = await storm(engine, text, chat=engine)
    rival = await rival_storm(path, text, engine._parts._threads)
    wrapper = (
        f"llama-cpp-python's high-level call: {len(rival)} of 60, {quantile(rival, 0.5):.0f} ms"
    )
    return [
        Figure("60 keys, 60 ms apart: answered", len(alone), "keys", ">=", 57, wrapper),
        Figure("60 keys: first text, p50", quantile(alone, 0.5), "ms", "<=", 60.0, wrapper),
        Figure("60 keys beside a chat: answered", len(beside), "keys", ">=", 57, wrapper),
        Figure("60 keys beside a chat: first text, p50", quantile(beside, 0.5), "ms", "<=", 60.0),
    ]


async def cancels(engine: LlamaEngine, text: str) -> list[Figure]:
    """Cancel at many moments of prefill and decode; time until the native thread is free."""
    prefill, decode = [], []
    for number in range(40):
        cursor = len(text) // 3 + number * 531
        ask = replace(
            request(text, cursor, prompt_chars=6000, suffix_chars=900),
            prefix=f"# {number}\n" + text[cursor - 6000 : cursor],
            max_tokens=200,
            max_lines=1000,
        )
        generation = engine.infill(ask)
        if number % 2:
            await generation.wait(lambda text: text != "")
            await asyncio.sleep(0.002 * number)
        else:
            await asyncio.sleep(0.004 * number)
        if generation.done:
            continue
        in_prefill = generation.text == ""
        started = time.perf_counter()
        generation.cancel()
        done: Generated = await generation.result()
        took = (time.perf_counter() - started) * 1e3
        if done.finish is Finish.CANCELLED:
            (prefill if in_prefill else decode).append(took)
    return [
        Figure("cancel to idle in prefill, p95", quantile(prefill, 0.95), "ms", "<=", 20.0,
               f"n={len(prefill)}"),
        Figure("cancel to idle in decode, p95", quantile(decode, 0.95), "ms", "<=", 20.0,
               f"n={len(decode)}"),
    ]  # fmt: skip


async def preemption(engine: LlamaEngine, chat: LlamaEngine, text: str) -> list[Figure]:
    """Start completions while a chat generates; `Usage.queue_ms` is the wait for the thread."""
    start = text.index("\n", len(text) // 2) + 1
    talk = chat.chat(replace(TALK, max_tokens=2000))
    await anext(aiter(talk))
    before = len(talk.text)
    waits = []
    for key in range(40):
        done = await engine.infill(replace(_at(text, start, key, 60), max_tokens=4)).result()
        waits.append(done.usage.queue_ms)
        await asyncio.sleep(0.03)
    grown = len(talk.text) - before
    talk.cancel()
    await talk.result()
    return [
        Figure("completion pre-empts a running chat, p95", quantile(waits, 0.95), "ms", "<=", 10.0,
               f"p50 {quantile(waits, 0.5):.1f} ms, {len(waits)} completions"),
        Figure("the chat goes on under these keys", grown, "chars", ">=", 1.0),
    ]  # fmt: skip


async def loop_lag(engine: LlamaEngine, text: str) -> Figure:
    """How late the event loop is while the network runs, above how late it is when idle."""
    idle = await _lag(300)
    start = text.index("\n", len(text) // 2) + 1
    ask = replace(
        _at(text, start, 5, 60), max_tokens=4000, max_lines=4000, priority=Priority.ACTION
    )
    generation = engine.infill(ask)
    busy: list[float] = []
    while len(busy) < 300:
        busy += await _lag(50)
        if generation.done:
            generation = engine.infill(ask)
    generation.cancel()
    await generation.result()
    above = quantile(busy, 0.99) - quantile(idle, 0.99)
    return Figure(
        "event loop lag while decoding, p99 above idle", above, "ms", "<=", 10.0,
        f"{quantile(busy, 0.99):.2f} against {quantile(idle, 0.99):.2f} ms",
    )  # fmt: skip


async def _lag(n_samples: int) -> list[float]:
    late = []
    for _ in range(n_samples):
        started = time.perf_counter()
        await asyncio.sleep(0.002)
        late.append((time.perf_counter() - started) * 1e3 - 2.0)
    return late


async def shift_agreement(
    path: Path, text: str, native: NativeThread, cache: Path, n_positions: int = 200
) -> list[Figure]:
    """Complete at the same positions with the suffix's KV shifted and evaluated afresh.

    Before each position ten keys are typed, so that the shifted suffix has really moved.
    """
    answers: dict[str, list[str]] = {}
    truths: list[str] = []
    for mode in ("on", "off"):
        engine = await open_engine(
            path, native, cache, EngineSettings(suffix_shift=mode, infill_order="psm")
        )
        answers[mode], truths = [], []
        for cursor, truth in _positions(text, n_positions):
            for key in range(10, -1, -1) if mode == "on" else (0,):
                ask = InfillRequest(
                    prefix=text[max(0, cursor - 2000) : cursor - key],
                    suffix=text[cursor + len(truth) : cursor + len(truth) + 500],
                    path="benchmark.py",
                    max_tokens=2 if key else 32,
                )
                done = await engine.infill(ask).result()
            answers[mode].append(done.text.strip())
            truths.append(truth.strip())
        await engine.close()
    same = sum(a == b for a, b in zip(answers["on"], answers["off"], strict=True))
    exact = {m: 100 * sum(a == t for a, t in zip(answers[m], truths, strict=True)) / len(truths)
             for m in answers}  # fmt: skip
    return [
        Figure("suffix shift: completions equal to exact evaluation", 100 * same / len(truths), "%",
               ">=", None, f"{len(truths)} positions of a text"),
        Figure("suffix shift: exact match lost", exact["off"] - exact["on"], "points", "<=", 1.0,
               f"{exact['on']:.1f} % shifted, {exact['off']:.1f} % exact"),
    ]  # fmt: skip


def _positions(text: str, count: int) -> list[tuple[int, str]]:
    """Cursors inside lines of code, and the rest of each line."""
    found, at = [], 2200
    step = max(1, (len(text) - 3000) // count)
    while len(found) < count and at < len(text) - 600:
        end = text.find("\n", at)
        if end - at >= 4 and text[at:end].strip():
            found.append((at, text[at:end]))
        at += step
    return found
