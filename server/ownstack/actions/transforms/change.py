"""What a transform makes of a file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ownstack.actions.target import Target
from ownstack.text import Edit, Span, apply_edits


@dataclass(frozen=True, slots=True)
class Change:
    """Edits that are made together."""

    edits: tuple[Edit, ...]
    """In the order of the text, apart from each other."""
    what: str = ""
    """What is changed, for a title: "`__all__`"."""

    def applied(self, text: str) -> str:
        """Return the text for which it was made, with it."""
        return apply_edits(text, self.edits[::-1])

    def touches(self, text: str, selected: Span) -> bool:
        """Say whether it changes something on the line in which a selection begins."""
        start = max(text.rfind(end, 0, selected.start) for end in "\r\n") + 1
        found = [at for at in (text.find(end, selected.start) for end in "\r\n") if at >= 0]
        end = min(found, default=len(text))
        return any(edit.span.start <= end and edit.span.end > start for edit in self.edits)


Transform = Callable[[Target, Span], Change | None]
"""Says what would change for a selection; None if nothing would, or nothing safely."""


def change_of(text: str, edits: Sequence[Edit], what: str = "") -> Change | None:
    """Return a change of those edits that change anything."""
    real = [edit for edit in edits if text[edit.span.start : edit.span.end] != edit.text]
    real.sort(key=lambda edit: edit.span.start)
    return Change(tuple(real), what) if real else None
