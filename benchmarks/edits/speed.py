"""How fast whole functions are written again: drafts of what is repeated, and the first line.

Functions of the standard library of 25 to 35 lines are asked for with one small change, once with
drafts made from the prompt and once without; both must be the same text.
"""

from __future__ import annotations

import ast
import inspect
import random
import time
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from unittest.mock import patch

from ownstack.actions import prompt
from ownstack.actions.edit import EditMaker
from ownstack.actions.result import EditProgress
from ownstack.actions.target import Target, target_of
from ownstack.actions.wish import Wish
from ownstack.engine.llama.decoding.lookup import PromptLookup
from ownstack.engine.protocol import Engine
from ownstack.engine.requests import ChatRequest
from ownstack.errors import EditError
from ownstack.languages import language_of
from ownstack.text import Span

MODULES = ("argparse", "configparser", "csv", "ftplib", "gzip", "inspect", "pathlib", "pprint",
           "shutil", "tarfile", "textwrap", "zipfile")  # fmt: skip
LINES = (25, 35)
INSTRUCTION = "Rename the first local variable or parameter to a clearer name, wherever it is used."


@dataclass(frozen=True, slots=True)
class Speed:
    """One function, written again in both ways."""

    name: str
    tokens: int
    drafted_s: float
    plain_s: float
    same: bool
    prefill_s: float
    first_line_s: float
    """Until the first whole line of code was told to whoever listens."""


def functions(count: int, seed: int) -> tuple[Target, ...]:
    """Return functions of the standard library, drawn by a seed."""
    found = []
    for name in MODULES:
        path = Path(inspect.getsourcefile(__import__(name)) or "")
        text = path.read_text("utf-8")
        language = language_of("", path.name, text)
        for node in ast.walk(ast.parse(text)):
            if not isinstance(node, ast.FunctionDef) or node.end_lineno is None:
                continue
            if LINES[0] <= node.end_lineno - node.lineno <= LINES[1]:
                start = sum(map(len, text.splitlines(keepends=True)[: node.lineno - 1]))
                at = start + node.col_offset
                found.append(target_of(text, path.name, language, Span(at, at)))
    return tuple(random.Random(seed).sample(found, min(count, len(found))))


async def measure(engine: Engine, targets: Sequence[Target]) -> tuple[Speed, ...]:
    """Write each function again with drafts and without."""
    return tuple([await _one(engine, target) for target in targets])


async def _one(engine: Engine, target: Target) -> Speed:
    wish = Wish(target, INSTRUCTION)
    told = prompt.messages(wish, engine.capabilities.context_tokens, engine.count)
    seconds, texts, tokens = [], [], 0
    for has_drafts in (True, False):
        without = patch.object(PromptLookup, "following", lambda _self, _at_most: [])
        with nullcontext() if has_drafts else without:
            request = ChatRequest(told, max_tokens=1_000, grammar=prompt.grammar(wish))
            answer = await engine.chat(request).result()
        seconds.append(answer.usage.decode_ms / 1e3)
        texts.append(answer.message.text)
        tokens = answer.usage.generated_tokens
    prefill_s, first_line_s = await _first_line(engine, wish)
    return Speed(target.symbol.qualified if target.symbol else "", tokens, seconds[0], seconds[1],
                 texts[0] == texts[1], prefill_s, first_line_s)  # fmt: skip


async def _first_line(engine: Engine, wish: Wish) -> tuple[float, float]:
    """Return how long a prompt took to read, and until a line of code could be shown."""
    wish = replace(wish, rules="Read anew.")  # At its head, so that nothing below is cached.
    heard: list[float] = []
    started_s = time.perf_counter()
    prefill: list[float] = []

    def hear(progress: EditProgress) -> None:
        if progress.stage == "reading" and progress.done >= progress.total:
            prefill.append(time.perf_counter() - started_s)
        if progress.stage == "writing" and "\n" in (progress.text or "").strip("\n"):
            heard.append(time.perf_counter() - started_s)

    try:
        await EditMaker(engine, (), max_seconds=0.0).make(wish, "", hear)
    except EditError:
        pass
    return (prefill or [float("nan")])[-1], (heard or [float("nan")])[0]
