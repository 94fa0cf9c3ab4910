"""The events of Anthropic's messages API."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ownstack.engine.anthropic.messages import ANSWER
from ownstack.engine.chat import ChatDelta, ReasoningDelta, TextDelta
from ownstack.engine.remote.events import ServerEvent
from ownstack.engine.remote.reading import (
    MAX_CALLS,
    MAX_NAME_CHARS,
    Counts,
    MisspokenError,
    ToldError,
    WrittenCall,
    finished,
    parsed,
    whole_number,
)
from ownstack.engine.results import Finish

_FINISHES = {
    "max_tokens": Finish.LENGTH,
    "model_context_window_exceeded": Finish.LENGTH,
    "stop_sequence": Finish.STOP,
    "tool_use": Finish.TOOL_CALLS,
}


class AnthropicChatReader:
    """See `ChatReader`."""

    def __init__(self, *, schema: bool = False) -> None:
        """`schema`: the answer comes as the arguments of the tool `ANSWER`."""
        self.counts = Counts()
        self.finish: Finish | None = None
        self._schema = schema
        self._calls: dict[int, WrittenCall] = {}
        self._reason: Finish | None = None

    def read(self, event: ServerEvent) -> Iterator[ChatDelta]:
        """See `ChatReader.read`."""
        told = parsed(event.data)
        kind = told.get("type")
        if kind == "error" or told.get("error"):
            raise ToldError(told.get("error", told))
        if kind == "message_start":
            message = told.get("message")
            self._count(message.get("usage") if isinstance(message, Mapping) else None)
        elif kind == "content_block_start":
            self._begin(told)
        elif kind == "content_block_delta":
            yield from self._delta(told)
        elif kind == "message_delta":
            self._count(told.get("usage"))
            delta = told.get("delta")
            self._end(delta.get("stop_reason") if isinstance(delta, Mapping) else None)
        elif kind == "message_stop":
            self.finish = self._reason or Finish.END

    def close(self) -> Iterator[ChatDelta]:
        """See `ChatReader.close`."""
        calls, self._calls = self._calls, {}
        return finished(calls.values(), self.finish)

    def _begin(self, told: Mapping[str, Any]) -> None:
        block, index = told.get("content_block"), told.get("index")
        if not isinstance(block, Mapping) or not isinstance(index, int):
            raise MisspokenError("it begins a part of its answer that is none")
        if block.get("type") != "tool_use":
            return
        id, name = block.get("id"), block.get("name")
        if not isinstance(id, str) or not isinstance(name, str) or len(self._calls) >= MAX_CALLS:
            raise MisspokenError("it calls tools that are none")
        if not (self._schema and name == ANSWER):
            self._calls[index] = WrittenCall(id[:MAX_NAME_CHARS], name[:MAX_NAME_CHARS])

    def _delta(self, told: Mapping[str, Any]) -> Iterator[ChatDelta]:
        delta, index = told.get("delta"), told.get("index")
        if not isinstance(delta, Mapping):
            raise MisspokenError("it goes on with a part of its answer that is none")
        text, thought, json = (
            value if isinstance(value := delta.get(key), str) else ""
            for key in ("text", "thinking", "partial_json")
        )
        if thought:
            yield ReasoningDelta(thought)
        if text and not self._schema:
            yield TextDelta(text)
        call = self._calls.get(index) if isinstance(index, int) else None
        if json and call is not None:
            call.grow(json)
        elif json and self._schema:
            yield TextDelta(json)

    def _end(self, reason: object) -> None:
        if reason == "refusal":
            raise ToldError("the model refuses to answer")
        if isinstance(reason, str):
            self._reason = _FINISHES.get(reason, Finish.END)
            if self._schema and self._reason is Finish.TOOL_CALLS:
                self._reason = Finish.END

    def _count(self, usage: object) -> None:
        if not isinstance(usage, Mapping):
            return
        keys = ("input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens")
        fresh, cached, written = (whole_number(usage.get(key)) for key in keys)
        if fresh is not None:
            # What was read from the cache, or written into it, is not among the input there.
            self.counts.cached = cached or 0
            self.counts.prompt = fresh + (cached or 0) + (written or 0)
        generated = whole_number(usage.get("output_tokens"))
        if generated is not None:
            self.counts.generated = generated
