"""An engine that says what it was told to: for tests, and honest enough to be wrong.

Answers are queued and handed out in order; what was asked is recorded. It keeps the rules that
real engines keep: lines and indentation are limited, a cancelled answer ends as one, nothing is
written after the end, and a closed engine fails what is still running.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ownstack.engine.generation import Generation
from ownstack.engine.protocol import (
    Capabilities,
    Finish,
    Generated,
    GenerateRequest,
    InfillRequest,
    Speed,
    Usage,
    Weighed,
)
from ownstack.errors import CannotInfillError, EngineClosedError, EngineError

EMBEDDING_WIDTH = 64


@dataclass(frozen=True, slots=True)
class Answer:
    """One queued answer. `gate`, if given, is waited for before the first piece is written."""

    pieces: tuple[str, ...]
    finish: Finish = Finish.END
    gate: asyncio.Event | None = None
    error: Exception | None = None
    mean_logprob: float = -0.1
    prompt_tokens: int | None = None
    """None: four characters of the request count as a token."""
    evaluated_tokens: int | None = None
    weighed: tuple[Weighed, ...] = ()


class ScriptedEngine:
    """Answers from a queue; with an empty queue it has nothing to say (an empty answer)."""

    def __init__(
        self,
        *answers: str,
        name: str = "scripted",
        infill: bool = True,
        weighs: bool = False,
        context_tokens: int = 4_096,
        speed: Speed | None = None,
    ) -> None:
        self.capabilities = Capabilities(
            model=name,
            context_tokens=context_tokens,
            prompt_budget_tokens=context_tokens // 2,
            infill=infill,
            chat=True,
            infill_order="spm" if infill else "",
            weighs=weighs,
        )
        self.requests: list[InfillRequest | GenerateRequest] = []
        self.generations: list[Generation] = []
        """One for each of `requests`."""
        self.closed = False
        self._speed = speed or Speed(prefill=1_000.0, decode=100.0)
        self._answers: deque[Answer] = deque(Answer((text,)) for text in answers)
        self._running: set[asyncio.Task[None]] = set()

    @property
    def infills(self) -> list[InfillRequest]:
        """The infill requests among `requests`."""
        return [request for request in self.requests if isinstance(request, InfillRequest)]

    def enqueue(
        self,
        answer: str | Sequence[str],
        *,
        finish: Finish = Finish.END,
        gate: asyncio.Event | None = None,
        error: Exception | None = None,
        mean_logprob: float = -0.1,
        prompt_tokens: int | None = None,
        evaluated_tokens: int | None = None,
        weighed: Sequence[Weighed] = (),
    ) -> None:
        """Queue a text, or pieces that are written one loop turn after another.

        With `error`, the pieces are written and then the answer fails with it.
        """
        pieces = (answer,) if isinstance(answer, str) else tuple(answer)
        self._answers.append(
            Answer(
                pieces,
                finish,
                gate,
                error,
                mean_logprob,
                prompt_tokens,
                evaluated_tokens,
                tuple(weighed),
            )
        )

    def infill(self, request: InfillRequest) -> Generation:
        """See `Engine.infill`."""
        if not self.capabilities.infill:
            raise CannotInfillError(f"{self.capabilities.model} cannot fill in the middle.")
        if request.alternatives > 0 and not self.capabilities.weighs:
            raise EngineError(f"{self.capabilities.model} does not weigh lines.")
        length = len(request.prefix) + len(request.suffix)
        return self._start(request, length, request.max_lines, request.min_indent)

    def generate(self, request: GenerateRequest) -> Generation:
        """See `Engine.generate`."""
        return self._start(request, sum(len(m.content) for m in request.messages), None, None)

    async def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return vectors in which texts that share words are near each other."""
        rows = np.zeros((len(texts), EMBEDDING_WIDTH), np.float32)
        for row, text in zip(rows, texts, strict=True):
            for word in text.lower().split() or [""]:
                digest = hashlib.sha256(word.encode("utf-8", "surrogatepass")).digest()
                row[digest[0] % EMBEDDING_WIDTH] += 1.0
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)
        return rows

    def count(self, text: str) -> int:
        """Four characters are a token, as a rule of thumb has it."""
        return (len(text) + 3) // 4

    def speed(self) -> Speed:
        return self._speed

    async def close(self) -> None:
        self.closed = True
        for generation in self.generations:
            generation.fail(EngineClosedError("The engine was closed."))
        for task in list(self._running):
            task.cancel()
        if self._running:
            await asyncio.wait(set(self._running))

    def _start(
        self,
        request: InfillRequest | GenerateRequest,
        length: int,
        max_lines: int | None,
        min_indent: int | None,
    ) -> Generation:
        if self.closed:
            raise EngineClosedError("The engine was closed.")
        self.requests.append(request)
        answer = self._answers.popleft() if self._answers else Answer(())
        prompt = self.count("x" * length) if answer.prompt_tokens is None else answer.prompt_tokens
        evaluated = prompt if answer.evaluated_tokens is None else answer.evaluated_tokens
        cancelled = asyncio.Event()
        generation = Generation(cancelled.set)
        self.generations.append(generation)
        limits = _Limits(max_lines, min_indent, request.max_tokens)
        usage = Usage(prompt_tokens=prompt, evaluated_tokens=evaluated)
        task = asyncio.ensure_future(self._write(generation, answer, cancelled, limits, usage))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return generation

    async def _write(
        self,
        generation: Generation,
        answer: Answer,
        cancelled: asyncio.Event,
        limits: _Limits,
        usage: Usage,
    ) -> None:
        text, finish = "", answer.finish
        if answer.gate is not None:
            await _first(answer.gate.wait(), cancelled.wait())
        for piece in answer.pieces:
            await asyncio.sleep(0)  # one turn of the loop, as a real engine's thread would take
            if cancelled.is_set():
                break
            allowed, reason = limits.cut(text + piece)
            generation.push(allowed[len(text) :])
            text = allowed
            if reason is not None:
                finish = reason
                break
        if cancelled.is_set():
            finish = Finish.CANCELLED
        elif answer.error is not None:
            generation.fail(answer.error)
            return
        used = Usage(
            prompt_tokens=usage.prompt_tokens,
            evaluated_tokens=usage.evaluated_tokens,
            generated_tokens=self.count(text),
        )
        weighed = () if finish is Finish.CANCELLED else answer.weighed
        generation.finish(Generated(text, finish, used, answer.mean_logprob, weighed))


@dataclass(frozen=True, slots=True)
class _Limits:
    """Where an answer has to end."""

    max_lines: int | None
    min_indent: int | None
    max_tokens: int

    def cut(self, text: str) -> tuple[str, Finish | None]:
        """Return what may be shown of `text`, and why it ends there (None: it may go on)."""
        lines = text.split("\n")
        if self.max_lines is not None and len(lines) > self.max_lines:
            return "\n".join(lines[: self.max_lines]), Finish.LINES
        if self.min_indent is not None:
            for number, line in enumerate(lines[1:], 1):
                if line.strip() and len(line) - len(line.lstrip()) < self.min_indent:
                    return "\n".join(lines[:number]), Finish.INDENT
        if len(text) > self.max_tokens * 4:
            return text[: self.max_tokens * 4], Finish.LENGTH
        return text, None


async def _first(*waits: object) -> None:
    """Wait for whichever comes first; the others are given up."""
    tasks = [asyncio.ensure_future(wait) for wait in waits]  # type: ignore[call-overload]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
