"""An engine whose calls are counted. It costs a call some microseconds, and never its answer."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from ownstack.engine.chat import ChatStream
from ownstack.engine.forwarding import ForwardingEngine
from ownstack.engine.generation import Generation
from ownstack.engine.protocol import Engine
from ownstack.engine.requests import ChatRequest, InfillRequest, Priority, ScoreRequest
from ownstack.engine.results import Finish, Usage
from ownstack.usage.calls import Call, Caller, Task, finished

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Record = Callable[[Call], None]
"""Takes a call that has ended; returns at once."""


class CountedEngine(ForwardingEngine):
    """An engine as one caller has it: asked for what it is asked, and each call is recorded."""

    def __init__(self, engine: Engine, caller: Caller, record: Record) -> None:
        super().__init__(engine)
        self._caller = caller
        self._record = record

    def infill(self, request: InfillRequest) -> Generation:
        return self._counted("infill", request.priority, lambda: self.engine.infill(request))

    def score(self, request: ScoreRequest) -> Generation:
        return self._counted("score", request.priority, lambda: self.engine.score(request))

    def chat(self, request: ChatRequest) -> ChatStream:
        end = self._begin("chat", request.priority)
        try:
            stream = self.engine.chat(request)
        except Exception:
            end(None, Usage())
            raise
        stream.when_done(end)
        return stream

    async def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        end = self._begin("embed", Priority.CHAT)
        try:
            rows = await self.engine.embed(texts)
        except asyncio.CancelledError:
            end(Finish.CANCELLED, Usage())
            raise
        except Exception:
            end(None, Usage())
            raise
        tokens = await asyncio.to_thread(lambda: sum(map(self.engine.count, texts)))
        end(Finish.END, Usage(prompt_tokens=tokens, evaluated_tokens=tokens))
        return rows

    def _counted(
        self, task: Task, priority: Priority, start: Callable[[], Generation]
    ) -> Generation:
        end = self._begin(task, priority)
        try:
            generation = start()
        except Exception:
            end(None, Usage())
            raise
        generation.when_done(end)
        return generation

    def _begin(self, task: Task, priority: Priority) -> Callable[[Finish | None, Usage], None]:
        started_s = time.perf_counter()

        def end(finish: Finish | None, usage: Usage) -> None:
            self._record(
                finished(
                    self._caller,
                    task,
                    finish,
                    usage,
                    background=priority is Priority.BACKGROUND,
                    total_ms=1e3 * (time.perf_counter() - started_s),
                )
            )

        return end
