"""What the newest answer of a window was about, for somebody who asks why."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace

from ownstack.completion.place import agrees
from ownstack.completion.suggestion import Answer, CompletionRequest, Trace, Trigger


class Explaining:
    """The newest trace, and what it answered."""

    def __init__(self) -> None:
        self.newest = Trace(reason="Nothing was asked yet.")
        self._asked: CompletionRequest | None = None

    def note(self, request: CompletionRequest, answer: Answer) -> None:
        """Take note of an answer that is given."""
        trace, document = answer.trace, request.document
        trace.path, trace.line = document.path, document.index.line_of(request.offset) + 1
        trace.selected = request.selected or ""
        self.newest, self._asked = trace, request

    def nothing(self, reason: str, path: str) -> Trace:
        """Take note of a question that could not even be asked."""
        self.newest, self._asked = Trace(reason=reason, path=path), None
        return self.newest

    async def explain(self, peek: Callable[[CompletionRequest], Awaitable[str]]) -> Trace:
        """Return the newest trace, with what a row of the editor's own list hides.

        `peek` tells what is suggested without the row; if that contradicts the row, it is hidden.
        """
        trace, request = self.newest, self._asked
        if (
            request is not None
            and request.selected is not None
            and request.selected_span is not None
        ):
            bare = replace(request, trigger=Trigger.AUTOMATIC, selected=None, selected_span=None)
            text = await peek(bare)
            typed = request.document.text[request.selected_span.start : request.offset]
            trace.hidden = "" if agrees(typed + text, request.selected) else text
        return trace
