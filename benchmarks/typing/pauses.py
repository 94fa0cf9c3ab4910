"""What somebody sees who types some keys and stops: how soon text is there, and how often at all.

Two clients type the same in the same run, in turn: one is told of what the model finds later and
asks again then, as VS Code does; the other one is not, so that its keys wait for the model. Whoever
goes first reads what the other one has read already, so they take turns in that, too.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.bars import Figure, quantile, wilson
from benchmarks.editor import Asked, Window
from benchmarks.typing.pace import QUIET_S, lines_of
from benchmarks.typing.trace import Key, Passage, steady
from benchmarks.typing.window import press

PAUSES = 30
PACE_S = 0.15
PAUSE_S = 2.0
KEYS = (6, 20)
"""So many are pressed before a pause, at least and at most."""
WITHIN_S = (0.1, 0.25, 0.5, 1.0, PAUSE_S)


@dataclass
class Seen:
    """What one client's user saw."""

    keys: int = 0
    """Those that another one followed."""
    answered: int = 0
    """Of these, before the next key."""
    with_text: int = 0
    """Of these, with text."""
    improved: int = 0
    """Keys that were answered with nothing and got text before the next one all the same."""
    pauses_s: list[float | None] = field(default_factory=list)
    """From the last key before a pause to the first text; None: no text before the pause ended."""

    def within(self, limit_s: float) -> int:
        """Return after how many pauses there was text by then."""
        return sum(taken is not None and taken <= limit_s for taken in self.pauses_s)


async def pause_figures(
    told: Window, waiting: Window, files: Sequence[Path], model: str, seed: int = 5
) -> list[Figure]:
    """Have both clients type the beginnings of the same lines, and pause after each."""
    draw, found = random.Random(seed), (Seen(), Seen())
    for number, passage in enumerate(lines_of(files, seed)):
        if number == PAUSES:
            break
        keys = list(steady(passage, PACE_S))[: draw.randint(*KEYS)]
        pairs = list(zip((told, waiting), found, strict=True))
        for window, seen in pairs if number % 2 else reversed(pairs):
            await _type_and_pause(window, passage, keys, seen)
    names = ("told of what comes later", "not told, so that keys wait")
    return [
        figure
        for name, seen in zip(names, found, strict=True)
        for figure in _figures(f"{model}, {name}", seen)
    ]


async def _type_and_pause(
    window: Window, passage: Passage, keys: Sequence[Key], seen: Seen
) -> None:
    """Type keys of a passage, and wait for text after the last one."""
    window.replace(passage.before + passage.after)
    for number, key in enumerate(keys):
        is_last = number == len(keys) - 1
        pressed = time.perf_counter()
        end = pressed + (PAUSE_S if is_last else PACE_S)
        cursor = press(window, key)
        asked = window.ask(cursor)
        text_s = await first_text(window, cursor, asked, end)
        if is_last:
            seen.pauses_s.append(None if text_s is None else text_s - pressed)
        else:
            seen.keys += 1
            if asked.answered_s is not None:
                seen.answered += 1
                seen.with_text += bool(asked.text)
                seen.improved += text_s is not None and not asked.text
            await asyncio.sleep(max(0.0, end - time.perf_counter()))


async def first_text(window: Window, cursor: int, asked: Asked, end: float) -> float | None:
    """Return when there was text, by `time.perf_counter`; None if there was none before `end`.

    After an answer with nothing, it asks again as an editor does when it hears of something better.
    """
    while True:
        await asyncio.wait([asked.future], timeout=max(0.0, end - time.perf_counter()))
        if not asked.future.done():
            return None
        if asked.text:
            return asked.answered_s
        left_s = end - time.perf_counter()
        if left_s <= 0 or not await window.heard_of_better(left_s):
            return None
        calm_s = asked.sent_s + QUIET_S - time.perf_counter()
        await asyncio.sleep(max(0.0, calm_s))
        if time.perf_counter() >= end:
            return None
        asked = window.ask(cursor)


def _figures(title: str, seen: Seen) -> list[Figure]:
    times_ms = [1e3 * taken for taken in seen.pauses_s if taken is not None]
    count = len(seen.pauses_s)
    within = {f"within {1e3 * limit_s:.0f} ms": seen.within(limit_s) for limit_s in WITHIN_S}
    low, high = wilson(seen.within(1.0), count)
    return [
        Figure(f"{title}: answered in pace", _share(seen.answered, seen.keys), "% of keys",
               compared=f"n={seen.keys}, {1e3 * PACE_S:.0f} ms a key"),
        Figure(f"{title}: with text", _share(seen.with_text, seen.keys), "% of keys",
               compared=f"{_share(seen.improved, seen.keys):.1f} % more got text as an improvement"
               " before the next key"),
        Figure(f"{title}: text within 1 s of a pause", _share(seen.within(1.0), count),
               "% of pauses", compared=f"n={count}, 95 %: {100 * low:.0f} to {100 * high:.0f};"
               f" {', '.join(f'{name} {n}' for name, n in within.items())}", detail=within),
        Figure(f"{title}: last key to first text, p50", quantile(times_ms, 0.5), "ms",
               compared=f"p95 {quantile(times_ms, 0.95):.0f} ms, n={len(times_ms)}"),
    ]  # fmt: skip


def _share(part: int, whole: int) -> float:
    return 100 * part / max(1, whole)
