"""What a model wants to do in a conversation and that waits for a person's word."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field

from ownstack.app.chats.tool_values import ChatApproval
from ownstack.chat.tools.tool import Answer, Approval
from ownstack.errors import UsageError
from ownstack.memory.handles import short
from ownstack.terminal import visible_lines
from ownstack.text import truncate

MAX_TITLE_CHARS, MAX_DETAIL_CHARS = 300, 4_000
_ANSWERS: dict[str, Answer] = {"no": "no", "once": "once", "always": "always"}


@dataclass(frozen=True, slots=True)
class _Asked:
    shown: ChatApproval
    answer: asyncio.Future[Answer] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )


class Approvals:
    """Of one conversation. All of it runs on the event loop."""

    def __init__(self, has_windows: Callable[[], bool], changed: Callable[[], None]) -> None:
        """`has_windows` says whether somebody is there to ask; `changed` is told of each change."""
        self._has_windows = has_windows
        self._changed = changed
        self._asked: dict[str, _Asked] = {}

    @property
    def waiting(self) -> list[ChatApproval]:
        """What waits, in the order in which it was asked."""
        return [asked.shown for asked in self._asked.values()]

    async def ask(self, turn: int, asked: Approval) -> Answer:
        """Ask the windows, and wait for the first word. Giving up the wait takes it back."""
        if not self._has_windows():
            return "no"
        shown = ChatApproval(
            str(uuid.uuid4()),
            turn,
            short(asked.title, MAX_TITLE_CHARS),
            truncate(visible_lines(asked.detail), MAX_DETAIL_CHARS),
            asked.can_be_always,
        )
        made = self._asked[shown.id] = _Asked(shown)
        self._changed()
        try:
            answer = await made.answer
        finally:
            if self._asked.pop(shown.id, None) is not None:
                self._changed()
        return "once" if answer == "always" and not asked.can_be_always else answer

    def answer(self, id: str, answer: str) -> None:
        """Answer one.

        Raises:
            UsageError: none of this id waits, or that is no answer.
        """
        said = _ANSWERS.get(answer)
        if said is None:
            raise UsageError("That is no answer.", "Say no, once or always.")
        if not self._end(id, said):
            raise UsageError("That does not wait for an answer any more.")

    def refuse(self) -> None:
        """Answer no to all that waits, as when nobody is there any more."""
        for id in list(self._asked):
            self._end(id, "no")

    def _end(self, id: str, answer: Answer) -> bool:
        """Answer one; return whether it waited: one whose answer was just stopped does not."""
        asked = self._asked.pop(id, None)
        if asked is None:
            return False
        waited = not asked.answer.done()
        if waited:
            asked.answer.set_result(answer)
        self._changed()
        return waited
