"""An engine that writes the same answer to the same request once, and knows what each one took."""

from __future__ import annotations

import time
from typing import Any

from ownstack.engine.chat import ChatAnswer, ChatStream
from ownstack.engine.protocol import Engine
from ownstack.engine.requests import ChatRequest


class RecordedEngine:
    """Passes everything on; `begin` begins to count anew."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._known: dict[tuple[Any, ...], tuple[ChatAnswer, float]] = {}
        self.begin()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)

    def begin(self) -> None:
        """Count from here on."""
        self.seconds = self.saved_s = 0.0
        """What answers took, and what those took that were written before."""
        self.tokens = 0

    def chat(self, request: ChatRequest) -> ChatStream:
        """Answer, as before if it is the same request."""
        key = (request.messages, request.temperature, request.seed, request.max_tokens,
               request.grammar)  # fmt: skip
        if key in self._known:
            answer, seconds = self._known[key]
            self.saved_s += seconds
            return self._again(answer, seconds)
        started_s = time.perf_counter()
        stream = self._engine.chat(request)
        whole = stream.result

        async def result() -> ChatAnswer:
            answer = await whole()
            seconds = time.perf_counter() - started_s
            if key not in self._known:
                self._known[key] = answer, seconds
                self.seconds += seconds
                self.tokens += answer.usage.generated_tokens
            return answer

        stream.result = result  # type: ignore[method-assign]
        return stream

    def _again(self, answer: ChatAnswer, seconds: float) -> ChatStream:
        stream = ChatStream()
        for part in answer.message.parts:
            from ownstack.engine.chat import TextDelta

            stream.push(TextDelta(part.text))
        stream.finish(answer.finish, answer.usage)
        self.seconds += seconds
        self.tokens += answer.usage.generated_tokens
        return stream
