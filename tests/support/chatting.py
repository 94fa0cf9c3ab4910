"""A chat panel without an editor: asks in a window's conversations, and hears what is told."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar

from ownstack.app.chats.values import (
    ChatChanged,
    ChatDelta,
    ChatProgress,
    ChatState,
    ChatTurnChanged,
)
from ownstack.lsp import chat_messages
from tests.support.editor import PATIENCE_S, Editor

T = TypeVar("T")


class Panel:
    """One window's. `heard` has the notifications in their order."""

    def __init__(self, editor: Editor) -> None:
        self.editor = editor
        self.heard: list[Any] = []
        self.session = ""
        self._told = asyncio.Event()
        for method in chat_messages.NOTIFICATIONS:
            editor.feature(method)(self._listener())

    async def ask(self, text: str = "", **more: Any) -> ChatTurnChanged:
        """Ask, and wait for the whole answer."""
        params = chat_messages.ChatAskParams(self.session, text, **more)
        answer = await self.request(chat_messages.ASK, params)
        assert isinstance(answer, ChatTurnChanged)
        return answer

    async def open(self, session: str | None = None, **more: Any) -> ChatState:
        """Open a conversation, a new one if none is named; it is the one that is asked in."""
        params = chat_messages.ChatOpenParams(session, **more)
        state = await self.request(chat_messages.OPEN, params)
        assert isinstance(state, ChatState)
        self.session = state.session.id
        return state

    async def request(self, method: str, params: Any = None) -> Any:
        """Ask for something; without parameters, of the conversation that is open."""
        params = params or chat_messages.ChatSessionParams(self.session)
        asked = self.editor.protocol.send_request_async(method, params)
        return await asyncio.wait_for(asked, PATIENCE_S)

    async def told(self, kind: type[T], wanted: Callable[[T], bool] = lambda _: True) -> T:
        """Wait for news of a kind, from the first on."""
        while True:
            for news in self.heard:
                if isinstance(news, kind) and wanted(news):
                    return news
            self._told.clear()
            await asyncio.wait_for(self._told.wait(), PATIENCE_S)

    def all(self, kind: type[T]) -> list[T]:
        """Return the news of a kind that were heard."""
        return [news for news in self.heard if isinstance(news, kind)]

    def streamed(self, question: str, *, reasoning: bool = False) -> str:
        """Return what came of an answer, put together by its offsets."""
        text = b""
        for delta in self.all(ChatDelta):
            if delta.question == question and delta.reasoning is reasoning:
                assert delta.offset == len(text) // 2
                text += delta.text.encode("utf-16-le", "surrogatepass")
        return text.decode("utf-16-le", "surrogatepass")

    def phases(self, question: str) -> list[str]:
        """Return the phases of a question, each once, in their order."""
        phases = (news.phase for news in self.all(ChatProgress) if news.question == question)
        return list(dict.fromkeys(phases))

    def changes(self) -> list[str]:
        return [news.what for news in self.all(ChatChanged)]

    def _listener(self) -> Callable[[Any], None]:
        def hear(news: Any) -> None:
            self.heard.append(news)
            self._told.set()

        return hear
