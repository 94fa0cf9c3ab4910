"""What a person at the editor waits for, through the real relay and daemon."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from benchmarks.bars import Figure, quantile
from benchmarks.editor import Asked, Window
from benchmarks.typing.trace import Key, Passage, keys, passages
from ownstack.completion.suggestion import Trace
from ownstack.lsp import protocol

MIN_ACCEPTED_CHARS = 4
"""A person presses Tab for a suggestion that saves at least this many keys."""


@dataclass
class Session:
    """Everything that was asked in one run of typing."""

    asked: list[tuple[Asked, Trace]] = field(default_factory=list)
    accepted: int = 0
    keys: int = 0

    def latencies(self, *tiers: str) -> list[float]:
        return [
            asked.latency_ms
            for asked, trace in self.asked
            if asked.latency_ms is not None and (not tiers or trace.tier in tiers)
        ]


async def type_passage(
    window: Window, passage: Passage, seed: int, session: Session, pace: float
) -> None:
    """Type a passage; take a suggestion with Tab when it is right and worth a key."""
    window.replace(passage.before + passage.after)
    plan = list(keys(passage, seed))
    typed_until = 0
    for number, key in enumerate(plan):
        if number < typed_until:
            continue
        started = time.perf_counter()
        cursor = press(window, key)
        asked = window.ask(cursor)
        session.keys += 1
        following = plan[number + 1].delay_s * pace if number + 1 < len(plan) else 1.0
        await asyncio.wait([asked.future], timeout=following)
        if asked.future.done():
            trace = await window.request(protocol.EXPLAIN, protocol.ExplainParams())
            session.asked.append((asked, trace))
            typed_until = _accept(window, asked, plan, number, cursor, session)
        rest = following - (time.perf_counter() - started)
        if rest > 0:
            await asyncio.sleep(rest)


def press(window: Window, key: Key) -> int:
    """Make one key's edit; return where the cursor stands after it."""
    if key.kind == "backspace":
        window.edit(key.offset - 1, key.offset, "")
        return key.offset - 1
    window.edit(key.offset, key.offset, key.text)
    return key.offset + len(key.text)


def _accept(
    window: Window, asked: Asked, plan: list[Key], number: int, cursor: int, session: Session
) -> int:
    """Press Tab if the suggestion is exactly what the next keys would type.

    Returns the index of the first key that need not be skipped.
    """
    if len(asked.text) < MIN_ACCEPTED_CHARS:
        return 0
    ahead, end = "", number + 1
    while end < len(plan) and len(ahead) < len(asked.text):
        if plan[end].kind != "type":
            return 0
        ahead += plan[end].text
        end += 1
    if ahead != asked.text:
        return 0
    window.edit(cursor, cursor, asked.text)
    window.accept(asked.suggestion_id)
    session.accepted += 1
    return end


async def typing(window: Window, files: list[Path], n_passages: int, pace: float) -> list[Figure]:
    """Replay typing in each file; per tier and per stage, p50 and p95."""
    session = Session()
    for number, path in enumerate(files):
        text = path.read_text("utf-8")
        for passage in passages(text, n_passages, seed=number):
            await type_passage(window, passage, number, session, pace)
    answered = session.latencies()
    model = session.latencies("model", "joined")
    kept = session.latencies("typed-through", "cache")
    stages: dict[str, list[float]] = {}
    for _, trace in session.asked:
        for stage, ms in trace.stages_ms.items():
            stages.setdefault(stage, []).append(ms)
    evaluated = [trace.evaluated_tokens for _, trace in session.asked if trace.tier == "model"]
    detail = {
        "keys": session.keys,
        "answered": len(answered),
        "accepted": session.accepted,
        "tiers": {
            tier: len(session.latencies(tier))
            for tier in ("typed-through", "cache", "joined", "echo", "model", "none")
        },
        "stages_p50_p95_ms": {
            stage: [round(quantile(ms, 0.5), 3), round(quantile(ms, 0.95), 3)]
            for stage, ms in stages.items()
        },
    }
    return [
        Figure("warm keystroke to first line, LSP, p50", quantile(model, 0.5), "ms", "<=", 80.0,
               f"p95 {quantile(model, 0.95):.0f} ms, n={len(model)}", detail),
        Figure("typed-through or cached, LSP, p95", quantile(kept, 0.95), "ms", "<=", 10.0,
               f"p50 {quantile(kept, 0.5):.1f} ms, n={len(kept)}"),
        Figure("any answer, LSP, p95", quantile(answered, 0.95), "ms",
               compared=f"p50 {quantile(answered, 0.5):.1f} ms; {len(answered)} of"
               f" {session.keys} keys answered before the next"),
        Figure("prompt tokens evaluated per key, LSP, median", quantile(evaluated, 0.5), "tokens",
               compared=f"p95 {quantile(evaluated, 0.95):.0f}"),
    ]  # fmt: skip


async def typed_through(window: Window, path: Path, wanted: int = 200) -> Figure:
    """Type what is shown, character by character: every answer is the rest of it."""
    text = path.read_text("utf-8")
    latencies: list[float] = []
    kept = asked_for = 0
    for number, passage in enumerate(passages(text, 60, seed=7)):
        window.replace(passage.before + passage.after)
        cursor = passage.offset
        for char in passage.text[:12]:
            window.edit(cursor, cursor, char)
            cursor += len(char)
            asked = window.ask(cursor)
            await asyncio.wait([asked.future], timeout=5)
            shown = asked.text
            while len(shown) > 1 and asked_for < wanted:
                window.edit(cursor, cursor, shown[0])
                cursor += 1
                asked = window.ask(cursor)
                await asyncio.wait([asked.future], timeout=5)
                asked_for += 1
                kept += asked.text == shown[1:]
                if asked.latency_ms is not None:
                    latencies.append(asked.latency_ms)
                shown = shown[1:] if asked.text == shown[1:] else ""
        if asked_for >= wanted or number > 50:
            break
    return Figure("typing through a shown suggestion, LSP, p95", quantile(latencies, 0.95), "ms",
                  "<=", 10.0, f"p50 {quantile(latencies, 0.5):.1f} ms; {kept} of {asked_for} kept",
                  )  # fmt: skip


async def second_window(path: Path, settings: dict[str, Any], pid: int) -> list[Figure]:
    """Open one more window beside a running daemon; complete in it; look for a second model."""
    before = psutil.Process(pid).memory_info().rss
    text = path.read_text("utf-8")
    passage = passages(text, 1, seed=3)[0]
    started = time.perf_counter()
    window = await Window.open(path, passage.before + passage.after, settings=settings)
    asked = window.ask(passage.offset)
    await asyncio.wait([asked.future], timeout=30)
    took_ms = (time.perf_counter() - started) * 1e3
    status = await window.request(protocol.STATUS, protocol.Nothing())
    grown = (psutil.Process(pid).memory_info().rss - before) / 2**20
    await window.close()
    return [
        Figure("second window: process start to first answer", took_ms, "ms", "<=", 500.0,
               f"same daemon: {status.pid == pid}, sessions {status.sessions}"),
        Figure("second window: memory grown in the daemon", grown, "MiB"),
    ]  # fmt: skip


async def soak(window: Window, path: Path, n_keys: int, pid: int) -> list[Figure]:
    """Type `n_keys` keys as fast as the pipe takes them; nothing may leak, hang or complain."""
    text = path.read_text("utf-8")
    process = psutil.Process(pid)
    plan = passages(text, 40, seed=11)
    rss: list[float] = []
    everything: list[Asked] = []
    window.messages.clear()
    while len(everything) < n_keys:
        passage = plan[len(everything) % len(plan)]
        window.replace(passage.before + passage.after)
        for key in keys(passage, seed=len(everything)):
            cursor = press(window, key)
            asked = window.ask(cursor)
            everything.append(asked)
            await asyncio.wait([asked.future], timeout=0.012)
            if len(everything) % max(1, n_keys // 20) == 0:
                rss.append(process.memory_info().rss / 2**20)
            if len(everything) >= n_keys:
                break
    await asyncio.wait([asked.future for asked in everything], timeout=30)
    unanswered = sum(not asked.future.done() for asked in everything)
    failed = [asked.failed for asked in everything if asked.failed]
    # The first tenth fills caches that are bounded by design.
    settled = rss[max(1, len(rss) // 10) :] or rss
    return [
        Figure(f"memory grown over {n_keys} keys", max(settled) - settled[0], "MiB", "<=", 20.0,
               f"rss {settled[0]:.0f} → {settled[-1]:.0f} MiB", {"rss_mib": rss}),
        Figure("unanswered requests", unanswered, "", "<=", 0.0),
        Figure("errors answered or shown", len(failed) + len(window.messages), "", "<=", 0.0,
               "; ".join((failed + window.messages)[:2])),
    ]  # fmt: skip
