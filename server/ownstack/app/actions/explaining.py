"""Explanations in one window: as a question for a conversation, or answered at once."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from ownstack.actions import explain
from ownstack.actions.context import NOTHING, Around, around
from ownstack.actions.offers import Diagnostic
from ownstack.actions.result import EditProgress, Hear
from ownstack.actions.target import Target
from ownstack.app.actions.making import AROUND_SHARE
from ownstack.app.actions.model import ActionModel
from ownstack.app.actions.place import Place, Places, Said, TextRange
from ownstack.app.chats.editor_state import ChatDiagnostic, ChatEditor, ChatSelection
from ownstack.engine.messages import CHARS_PER_TOKEN
from ownstack.engine.requests import ChatRequest
from ownstack.errors import UsageError

if TYPE_CHECKING:
    from ownstack.app.session import Session

ACTIONS = ("explain.code", "explain.diagnostic")
MAX_ANSWER = 1_024
"""Tokens."""
BUDGET = 1_000
"""Tokens of what is read of the index for a question that a conversation answers."""


class Explaining:
    """Of one window."""

    def __init__(self, session: Session, places: Places, model: ActionModel) -> None:
        self._session = session
        self._places = places
        self._model = model

    async def question(
        self, action: str, uri: str, range: TextRange, said: Sequence[Said]
    ) -> tuple[str, ChatEditor]:
        """Return what is asked in a conversation, and what the editor shows.

        Raises:
            OwnstackError: there is nothing to be explained; why.
        """
        place, target, diagnostic = await self._asked(action, uri, range, said)
        beside = NOTHING
        snapshot = self._session.indexes.snapshot(uri)
        if snapshot is not None:
            read = partial(around, snapshot, target, lambda t: len(t) // CHARS_PER_TOKEN, BUDGET)
            beside = await self._session.beside.run(read)
        text = explain.question(target, diagnostic, beside)
        return text, _editor(place, target, said)

    async def answer(
        self, action: str, uri: str, range: TextRange, said: Sequence[Said], hear: Hear
    ) -> str:
        """Have the model explain it, without a conversation. Being cancelled cancels the model.

        Raises:
            OwnstackError: it cannot be explained; why.
        """
        place, target, diagnostic = await self._asked(action, uri, range, said)
        hear(EditProgress("waiting"))
        engine = await self._model.engine(place.folder)
        count, window = engine.count, engine.capabilities.context_tokens
        snapshot = self._session.indexes.snapshot(uri)
        budget = int(AROUND_SHARE * window)
        read = partial(around, snapshot, target, count, budget, place.folder)
        beside: Around = await self._session.beside.run(read)
        messages = explain.messages(target, diagnostic, beside, window, count)
        stream = engine.chat(
            ChatRequest(messages, max_tokens=MAX_ANSWER, reasoning=False, passing=True)
        )
        stream.when_reading(lambda done, total: hear(EditProgress("reading", 1, done, total)))
        try:
            async for _ in stream:
                hear(EditProgress("writing"))
            return (await stream.result()).message.text.strip()
        finally:
            stream.cancel()

    async def _asked(
        self, action: str, uri: str, range: TextRange, said: Sequence[Said]
    ) -> tuple[Place, Target, Diagnostic | None]:
        if action not in ACTIONS:
            raise UsageError(f"{action[:40]!r} explains nothing.", f"Ask for {ACTIONS[0]}.")
        place = self._places.find(uri, range)
        place.check_shown()
        known = await self._session.beside.run(partial(self._places.known, place))
        target = place.target(known)
        diagnostic = next(iter(place.diagnostics(said)), None)
        if action == "explain.diagnostic" and diagnostic is None:
            raise UsageError("No diagnostic is named.", "Send the one that is to be explained.")
        if not target.code.strip() and diagnostic is None:
            raise UsageError("There is nothing here to be explained.", "Select some code.")
        return place, target, diagnostic if action == "explain.diagnostic" else None


def _editor(place: Place, target: Target, said: Sequence[Said]) -> ChatEditor:
    """Return what the editor shows: what is explained counts as selected."""
    first, last = target.lines
    diagnostics = [
        ChatDiagnostic(place.uri, each.range.start[0] + 1, each.severity, each.message, each.source)
        for each in said
    ]
    line = place.range.start[0] + 1
    selection = ChatSelection(place.uri, first, last, target.code)
    return ChatEditor(place.uri, line, selection, diagnostics)
