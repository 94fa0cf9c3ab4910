"""The chat model of a window as other programs of its editor ask it: without the project."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ownstack.engine.chat import ChatAnswer, ChatDelta, End
from ownstack.engine.messages import CHARS_PER_TOKEN, characters
from ownstack.engine.requests import ChatRequest
from ownstack.engine.results import Usage
from ownstack.errors import ContextOverflowError, ModelError, UsageError
from ownstack.text import truncate

if TYPE_CHECKING:
    from ownstack.app.session import Session

MAX_RUNNING = 4
"""Requests of one window at once; a further one is refused."""
MAX_ANSWER = 4_096
"""Tokens, where a request does not say."""
MAX_COUNTED_CHARS = 4_000_000
CONVERSATION = "other-extension"
"""Names the KV cache of all of them: one that goes on is read from where it is the same."""


@dataclass(frozen=True, slots=True)
class OfferedModel:
    """A model that may be asked."""

    name: str
    engine: str
    """"llama" in the server's process, else what the user called a server."""
    leaves_machine: bool
    """Whether what it is given is sent to another machine."""
    context_tokens: int
    """Of its window; 0: not known before it is loaded."""
    answer_tokens: int
    """How long an answer may be."""


Hear = Callable[[ChatDelta], None]
"""Is given an answer as it is written."""


class ModelChat:
    """One window's. It offers what the user chose for the chat, and nothing if that is nothing."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._running = 0

    @property
    def is_at_work(self) -> bool:
        """Whether a request is being answered, or waits for that."""
        return self._running > 0

    async def offered(self) -> OfferedModel | None:
        """Return the model that may be asked; None if no model was chosen, or it cannot be had."""
        await self._session.models.known()
        status = self._session.models["chat"].status()
        if status.state in ("none", "error"):
            return None
        engine = self._session.models["chat"].engine
        window = 0 if engine is None else engine.capabilities.context_tokens
        return OfferedModel(
            status.model,
            status.engine,
            status.leaves_machine,
            window,
            min(MAX_ANSWER, window // 2) if window else MAX_ANSWER,
        )

    async def respond(self, model: str, request: ChatRequest, hear: Hear) -> ChatAnswer:
        """Have a model answer; being cancelled ends the answer.

        `model` is the one that whoever asks was offered: another one is given nothing, since it may
        be on another machine.

        Raises:
            OwnstackError: it is not offered any more, too much is asked, or the engine failed.
        """
        if self._running >= MAX_RUNNING:
            raise UsageError(f"{MAX_RUNNING} requests wait for the model.", "Ask again later.")
        self._running += 1
        try:
            await self._check(model)
            engine = await self._session.models.engine("chat", self._session.settings.engine)
            await self._check(model)
            window = engine.capabilities.context_tokens
            if _size(request) > window * CHARS_PER_TOKEN:
                raise ContextOverflowError(
                    f"What is asked is longer than the {window:,} tokens of {model}.",
                    "Ask for less.",
                )
            tokens = min(request.max_tokens, window)
            stream = engine.chat(
                replace(request, max_tokens=tokens, conversation=CONVERSATION, passing=True)
            )
            try:
                async for event in stream:
                    if not isinstance(event, (Usage, End)):
                        hear(event)
                return await stream.result()
            finally:
                stream.cancel()
        finally:
            self._running -= 1

    async def count(self, model: str, text: str) -> tuple[int, bool]:
        """Return how many tokens a text has, and whether that is exact. Loads nothing.

        Raises:
            OwnstackError: the model is not offered, or the text is too long to be counted.
        """
        if len(text) > MAX_COUNTED_CHARS:
            raise UsageError(f"A text of {len(text):,} characters is too long.", "Count less.")
        await self._check(model)
        engine = self._session.models["chat"].engine
        if engine is None:
            return (len(text.encode("utf-8", "replace")) + 3) // 4, False
        return await asyncio.to_thread(engine.count, text), engine.exact

    async def _check(self, model: str) -> None:
        offered = await self.offered()
        if offered is None or offered.name != model:
            now = "no model" if offered is None else offered.name
            raise ModelError(
                f"{truncate(model, 200)} is not the model of the chat: that is {now}.",
                "Ask which model there is, then again.",
            )


def _size(request: ChatRequest) -> int:
    """Return about how many characters a request has."""
    tools = sum(len(tool.description) + len(str(tool.parameters)) for tool in request.tools)
    return characters(request.messages) + tools
