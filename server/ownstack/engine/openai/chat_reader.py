"""The events of OpenAI's chat API, also as servers speak it that are not quite like OpenAI's."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from ownstack.engine.chat import ChatDelta, ReasoningDelta, TextDelta
from ownstack.engine.remote.connection import WHOLE
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

REASONING = ("reasoning_content", "reasoning")
"""DeepSeek, llama-server, older vLLM say the one; Ollama, OpenRouter, newer vLLM the other."""
_FINISHES = {
    "length": Finish.LENGTH,
    "max_tokens": Finish.LENGTH,
    "tool_calls": Finish.TOOL_CALLS,
    "function_call": Finish.TOOL_CALLS,
}
_FAILURES = {
    "content_filter": "the server withholds the rest of the answer (content filter)",
    "error": "the server failed",
    "abort": "the server stopped it",
}


class OpenAIChatReader:
    """See `ChatReader`."""

    def __init__(self) -> None:
        self.counts = Counts()
        self.finish: Finish | None = None
        self._calls: dict[object, WrittenCall] = {}
        self._closed = False

    def read(self, event: ServerEvent) -> Iterator[ChatDelta]:
        """See `ChatReader.read`."""
        if event.data.strip() == "[DONE]":
            if self.finish is None and not self._closed:
                self.finish = Finish.END  # Some say no reason.
            self._closed = True
            return
        chunk = parsed(event.data)
        if chunk.get("error"):
            raise ToldError(chunk["error"])
        if event.name == "error":
            raise ToldError(chunk)
        count(self.counts, chunk)
        choices = chunk.get("choices")
        if choices is None or choices == []:
            return
        if not isinstance(choices, list) or not isinstance(choices[0], Mapping):
            raise MisspokenError("it sends an event without usable choices")
        choice = choices[0]
        delta = choice.get("message" if event.name == WHOLE else "delta")
        if isinstance(delta, Mapping):
            yield from self._delta(delta)
        self._end(choice.get("finish_reason"))

    def close(self) -> Iterator[ChatDelta]:
        """See `ChatReader.close`."""
        calls, self._calls = self._calls, {}
        return finished(calls.values(), self.finish)

    def _delta(self, delta: Mapping[str, Any]) -> Iterator[ChatDelta]:
        for key in REASONING:
            if text := _text(delta.get(key)):
                yield ReasoningDelta(text)
                break
        if text := _text(delta.get("content")):
            yield TextDelta(text)
        calls = delta.get("tool_calls")
        for place, call in enumerate(calls if isinstance(calls, list) else ()):
            if isinstance(call, Mapping):
                self._grow(place, call)

    def _grow(self, place: int, told: Mapping[str, Any]) -> None:
        function = told.get("function")
        if not isinstance(function, Mapping):
            function = {}
        index, id, name = told.get("index"), told.get("id"), function.get("name")
        key: object = index if isinstance(index, int) else self._unnumbered(place, id, name)
        call = self._calls.get(key)
        if call is None:
            if len(self._calls) >= MAX_CALLS:
                raise MisspokenError(f"it calls more than {MAX_CALLS} tools at once")
            call = self._calls[key] = WrittenCall()
        if isinstance(id, str) and id:
            call.id = id[:MAX_NAME_CHARS]
        if isinstance(name, str) and name:
            call.name = name[:MAX_NAME_CHARS]
        arguments = function.get("arguments")
        if isinstance(arguments, Mapping):
            arguments = json.dumps(arguments)
        if isinstance(arguments, str):
            call.grow(arguments)

    def _unnumbered(self, place: int, id: object, name: object) -> object:
        """Return which call goes on where the server does not count them."""
        keys = list(self._calls)
        if isinstance(id, str) and id:
            same = [key for key, call in self._calls.items() if call.id == id]
            return same[0] if same else ("id", id)
        if (isinstance(name, str) and name) or not keys:
            return ("place", len(keys), place)
        return keys[-1]

    def _end(self, reason: object) -> None:
        if not isinstance(reason, str) or not reason:
            return
        if reason in _FAILURES:
            raise ToldError(_FAILURES[reason])
        self.finish = _FINISHES.get(reason, Finish.END)


def count(counts: Counts, chunk: Mapping[str, Any]) -> None:
    """Take the numbers of tokens from an event, as OpenAI or as llama-server writes them."""
    usage = chunk.get("usage")
    if isinstance(usage, Mapping):
        counts.prompt = _or(whole_number(usage.get("prompt_tokens")), counts.prompt)
        counts.generated = _or(whole_number(usage.get("completion_tokens")), counts.generated)
        details = usage.get("prompt_tokens_details")
        if isinstance(details, Mapping):
            counts.cached = whole_number(details.get("cached_tokens")) or counts.cached
    timings = chunk.get("timings")
    if isinstance(timings, Mapping):
        cached = whole_number(timings.get("cache_n"))
        counts.cached = _or(cached, counts.cached) or 0


def _or(new: int | None, old: int | None) -> int | None:
    return old if new is None else new


def _text(value: object) -> str:
    """Return text, also where a server writes it as a list of parts."""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        texts = (part.get("text") for part in value if isinstance(part, Mapping))
        return "".join(text for text in texts if isinstance(text, str))
    return ""
