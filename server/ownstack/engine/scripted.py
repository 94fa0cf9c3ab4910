"""An engine that says what it was told to: for tests, and honest enough to be wrong.

Answers are queued and handed out in order; what was asked is recorded. It keeps the rules that
real engines keep: lines and indentation are limited, a cancelled answer ends as one, nothing is
written after the end, and a closed engine fails what is still running.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections import deque
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ownstack.concurrency import Tasks
from ownstack.engine.activity import Activity
from ownstack.engine.adapters import AdapterChoice, no_adapters
from ownstack.engine.chat import ChatDelta, ChatStream, TextDelta, ToolCall
from ownstack.engine.chat_formats.formats import ChatFormat
from ownstack.engine.chat_formats.parser import parser_of
from ownstack.engine.generation import Generation
from ownstack.engine.messages import Tool, ToolCallPart
from ownstack.engine.requests import ChatRequest, InfillRequest, ScoreRequest
from ownstack.engine.results import (
    Capabilities,
    Finish,
    Generated,
    ScoredLine,
    Speed,
    Usage,
    WrittenToken,
)
from ownstack.errors import CannotInfillError, EngineClosedError, EngineError
from ownstack.models.roles import Role

EMBEDDING_WIDTH = 64
Piece = str | ChatDelta
"""What is written at once; a text is the answer's."""
Request = InfillRequest | ScoreRequest | ChatRequest


@dataclass(frozen=True, slots=True)
class ScriptedAnswer:
    """One queued answer. `gate`, if given, is waited for before the first piece is written."""

    pieces: tuple[Piece, ...]
    finish: Finish = Finish.END
    gate: asyncio.Event | None = None
    gate_at: int = 0
    error: Exception | None = None
    mean_logprob: float = -0.1
    prompt_tokens: int | None = None
    """None: four characters of the request count as a token."""
    evaluated_tokens: int | None = None
    scored: tuple[ScoredLine, ...] = ()
    tokens: tuple[WrittenToken, ...] = ()


class ScriptedEngine:
    """An engine that answers from a queue; with an empty one its answer is empty."""

    def __init__(
        self,
        *answers: str,
        name: str = "scripted",
        infill: bool = True,
        scores_lines: bool = False,
        context_tokens: int = 4_096,
        speed: Speed | None = None,
        adapters: AdapterChoice = no_adapters,
    ) -> None:
        self.capabilities = Capabilities(
            model=name,
            context_tokens=context_tokens,
            prompt_budget_tokens=context_tokens // 2,
            infill=infill,
            chat=True,
            infill_order="spm" if infill else "",
            scores_lines=scores_lines,
        )
        self.requests: list[Request] = []
        self.generations: list[Generation] = []
        """One for each of `requests` that is none of a conversation."""
        self.streams: list[ChatStream] = []
        """One for each of `chats`."""
        self.prepared: list[Role] = []
        self.activity = Activity()
        self.closed = False
        self.adapters: AdapterChoice = adapters
        """Those that serve are named in the usage; they change no answer."""
        self.adapter_problems: dict[Path, str] = {}
        self._speed = speed or Speed(prefill=1_000.0, decode=100.0)
        self._answers: deque[ScriptedAnswer] = deque(ScriptedAnswer((text,)) for text in answers)
        self._running = Tasks("A scripted answer")

    @property
    def infills(self) -> list[InfillRequest]:
        """The infill requests among `requests`."""
        return [request for request in self.requests if isinstance(request, InfillRequest)]

    @property
    def chats(self) -> list[ChatRequest]:
        """The requests of conversations among `requests`."""
        return [request for request in self.requests if isinstance(request, ChatRequest)]

    @property
    def scorings(self) -> list[ScoreRequest]:
        """The requests for scores among `requests`."""
        return [request for request in self.requests if isinstance(request, ScoreRequest)]

    def enqueue(
        self,
        answer: str | Sequence[Piece],
        *,
        finish: Finish = Finish.END,
        gate: asyncio.Event | None = None,
        gate_at: int = 0,
        error: Exception | None = None,
        mean_logprob: float = -0.1,
        prompt_tokens: int | None = None,
        evaluated_tokens: int | None = None,
        scored: Sequence[ScoredLine] = (),
        tokens: Sequence[WrittenToken] = (),
    ) -> None:
        """Queue a text, or pieces that are written one loop turn after another.

        In a conversation pieces may also be reasoning and tool calls. So many pieces (`gate_at`)
        are written before the gate, the others once it is open. With `error`, the pieces are
        written and then the answer fails with it.
        """
        pieces = (answer,) if isinstance(answer, str) else tuple(answer)
        self._answers.append(
            ScriptedAnswer(
                pieces,
                finish,
                gate,
                gate_at,
                error,
                mean_logprob,
                prompt_tokens,
                evaluated_tokens,
                tuple(scored),
                tuple(tokens),
            )
        )

    def enqueue_raw(
        self,
        raw: str | Sequence[str],
        chat_format: ChatFormat,
        *,
        finish: Finish = Finish.END,
        error: Exception | None = None,
        reasoning: bool = False,
        tools: Sequence[Tool] = (),
    ) -> None:
        """Queue a model's raw text, or pieces of it; it is taken apart as llama.cpp's is.

        With `reasoning` it begins inside of that.
        """
        parser = parser_of(chat_format, tools=tools, reasoning=reasoning)
        pieces = (raw,) if isinstance(raw, str) else tuple(raw)
        deltas = [delta for piece in pieces for delta in parser.feed(piece)]
        self.enqueue([*deltas, *parser.close()], finish=finish, error=error)

    def infill(self, request: InfillRequest) -> Generation:
        """See `Engine.infill`."""
        self._check_infill()
        length = len(request.prefix) + len(request.suffix)
        limits = _Limits(request.max_lines, request.min_indent, request.max_tokens, request.stop)
        return self._start(request, length, limits)

    def score(self, request: ScoreRequest) -> Generation:
        """See `LineScorer.score`."""
        if not self.capabilities.scores_lines:
            raise EngineError(f"{self.capabilities.model} does not score lines.")
        length = len(request.prefix) + len(request.suffix)
        return self._start(request, length, _Limits(1, None, request.max_tokens))

    def chat(self, request: ChatRequest) -> ChatStream:
        """See `ChatModel.chat`."""
        length = sum(
            len(part.arguments if isinstance(part, ToolCallPart) else part.text)
            for message in request.messages
            for part in message.parts
        )
        answer, usage = self._next(request, length)
        cancelled = asyncio.Event()
        stream = ChatStream(cancelled.set)
        self.streams.append(self.activity.began(stream))
        limits = _Limits(None, None, request.max_tokens, request.stop)
        self._running.start(self._converse(stream, answer, cancelled, limits, usage))
        return stream

    async def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return vectors in which texts that share words are near each other."""
        with self.activity.call():
            rows = np.zeros((len(texts), EMBEDDING_WIDTH), np.float32)
            for row, text in zip(rows, texts, strict=True):
                for word in text.lower().split() or [""]:
                    digest = hashlib.sha256(word.encode("utf-8", "surrogatepass")).digest()
                    row[digest[0] % EMBEDDING_WIDTH] += 1.0
            rows /= np.linalg.norm(rows, axis=1, keepdims=True)
            return rows

    @property
    def exact(self) -> bool:
        """See `TokenCounter.exact`."""
        return False

    def count(self, text: str) -> int:
        """Return a fourth of the characters, as a rule of thumb has it."""
        return (len(text) + 3) // 4

    def speed(self) -> Speed:
        return self._speed

    async def prepare(self, role: Role) -> None:
        """Note the role; raises as a real engine does if there is no infill."""
        if role == "completion":
            self._check_infill()
        self.prepared.append(role)

    async def close(self) -> None:
        self.closed = True
        error = EngineClosedError("The engine was closed.")
        for generation in self.generations:
            generation.fail(error)
        for stream in self.streams:
            stream.fail(error)
        self._running.cancel()
        await self._running.ended()

    def _check_infill(self) -> None:
        if not self.capabilities.infill:
            raise CannotInfillError(f"{self.capabilities.model} cannot fill in the middle.")

    def _start(
        self,
        request: InfillRequest | ScoreRequest,
        length: int,
        limits: _Limits,
    ) -> Generation:
        answer, usage = self._next(request, length)
        cancelled = asyncio.Event()
        generation = Generation(cancelled.set)
        self.generations.append(self.activity.began(generation))
        self._running.start(self._write(generation, answer, cancelled, limits, usage))
        return generation

    def _next(self, request: Request, length: int) -> tuple[ScriptedAnswer, Usage]:
        """Record what is asked; return the answer to it, and what its prompt costs."""
        if self.closed:
            raise EngineClosedError("The engine was closed.")
        self.requests.append(request)
        answer = self._answers.popleft() if self._answers else ScriptedAnswer(())
        prompt = self.count("x" * length) if answer.prompt_tokens is None else answer.prompt_tokens
        evaluated = prompt if answer.evaluated_tokens is None else answer.evaluated_tokens
        role: Role = request.role if isinstance(request, ChatRequest) else "completion"
        names = tuple(adapter.name for adapter in self.adapters(role, request.project))
        return answer, Usage(prompt_tokens=prompt, evaluated_tokens=evaluated, adapters=names)

    async def _write(
        self,
        generation: Generation,
        answer: ScriptedAnswer,
        cancelled: asyncio.Event,
        limits: _Limits,
        usage: Usage,
    ) -> None:
        text, finish = "", answer.finish
        async for piece in _paced(answer, cancelled):
            if not isinstance(piece, str):
                raise TypeError("Only a text can be filled in.")
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
        used = replace(usage, generated_tokens=self.count(text))
        scored = () if finish is Finish.CANCELLED else answer.scored
        mean, tokens = answer.mean_logprob, answer.tokens
        generation.finish(Generated(text, finish, used, mean, scored, tokens))

    async def _converse(
        self,
        stream: ChatStream,
        answer: ScriptedAnswer,
        cancelled: asyncio.Event,
        limits: _Limits,
        usage: Usage,
    ) -> None:
        text, finish = "", answer.finish
        stream.reading(0, usage.evaluated_tokens)
        if answer.gate_at == 0:
            await _passed(answer, cancelled)
        stream.reading(usage.evaluated_tokens, usage.evaluated_tokens)
        async for piece in _paced(answer, cancelled):
            written = _words(piece)
            allowed, reason = limits.cut(text + written)
            if isinstance(piece, str):
                stream.push(TextDelta(allowed[len(text) :]))
            elif reason is None:
                stream.push(piece)
            text = allowed
            if reason is not None:
                finish = reason
                break
        if cancelled.is_set():
            finish = Finish.CANCELLED
        elif answer.error is not None:
            stream.fail(answer.error)
            return
        stream.finish(finish, replace(usage, generated_tokens=self.count(text)))


def _words(piece: Piece) -> str:
    """Return what a piece takes of the tokens that an answer may have."""
    if isinstance(piece, str):
        return piece
    return piece.part.name + piece.part.arguments if isinstance(piece, ToolCall) else piece.text


@dataclass(frozen=True, slots=True)
class _Limits:
    """Where an answer has to end."""

    max_lines: int | None
    min_indent: int | None
    max_tokens: int
    stop: tuple[str, ...] = ()

    def cut(self, text: str) -> tuple[str, Finish | None]:
        """Return what may be shown of `text`, and why it ends there (None: it may go on)."""
        found = [at for at in map(text.find, self.stop) if at >= 0]
        if found:
            return text[: min(found)], Finish.STOP
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


async def _paced(answer: ScriptedAnswer, cancelled: asyncio.Event) -> AsyncIterator[Piece]:
    """Give the pieces, each a turn of the loop later, as a real engine's thread would."""
    for place, piece in enumerate(answer.pieces):
        if place == answer.gate_at:
            await _passed(answer, cancelled)
        await asyncio.sleep(0)
        if cancelled.is_set():
            return
        yield piece
    if answer.gate_at >= len(answer.pieces):
        await _passed(answer, cancelled)


async def _passed(answer: ScriptedAnswer, cancelled: asyncio.Event) -> None:
    if answer.gate is not None:
        await _first(answer.gate.wait(), cancelled.wait())


async def _first(*waits: object) -> None:
    """Wait for whichever comes first; the others are given up."""
    tasks = [asyncio.ensure_future(wait) for wait in waits]  # type: ignore[call-overload]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
