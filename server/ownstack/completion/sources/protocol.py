"""What a source of suggestions can do: answer at a cursor, and follow what happens meanwhile."""

from __future__ import annotations

from typing import Protocol

from ownstack.completion.feedback.displayed import DisplayedSuggestion
from ownstack.completion.place import Place
from ownstack.completion.request import Reply, SourceRequest
from ownstack.document import Document


class Source(Protocol):
    """Says what may follow at a cursor. All but `suggest` is optional: the default does nothing.

    Everything runs on the event loop.
    """

    name: str
    """How a failure is told: "The NAME failed"."""

    async def suggest(self, request: SourceRequest) -> Reply | None:
        """Return a text, or the reason why there is none; None leaves it to the next source.

        Raises:
            Exception: the source is broken; the next one is asked.
        """
        ...

    def beside(self, request: SourceRequest, first: Reply) -> tuple[Reply, ...]:
        """Return what is likely too, if a later source has answered with `first`. Never raises."""
        return ()

    def moved(self, place: Place) -> None:
        """Hear that the cursor is at `place` now, and somebody waits there."""
        return

    def changed(self, document: Document) -> None:
        """Hear that a document was opened or edited."""
        return

    def rest(self, place: Place) -> None:
        """Work ahead while nobody waits: `place` was answered, or other text belongs to it."""
        return

    def prefetch(self, displayed: DisplayedSuggestion) -> None:
        """Compute what follows the suggestion on the screen, as if it were accepted."""
        return

    def forget(self, uri: str) -> None:
        """Forget a document that was closed."""
        return

    def retire(self) -> None:
        """End what runs, and begin no more: other sources have taken over."""
        return

    async def close(self) -> None:
        """End all work, and wait until it has ended."""
        self.retire()
