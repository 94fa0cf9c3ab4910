"""One request on its way through the tiers, and what a tier found."""

from __future__ import annotations

from dataclasses import dataclass

from ownstack.completion.place import Place
from ownstack.completion.shape import Shape
from ownstack.completion.suggestion import Asked, Tier, Trace, Trigger
from ownstack.completion.traces import Stopwatch
from ownstack.document import Document


@dataclass(frozen=True, slots=True)
class Found:
    """Text to offer, "" with the reason when there is none."""

    text: str
    tier: Tier = "none"
    source: Tier = "none"
    confidence: float | None = None
    reason: str = ""


@dataclass(slots=True)
class Request:
    """One request on its way through the tiers."""

    place: Place
    trigger: Trigger
    trace: Trace
    watch: Stopwatch
    shape: Shape | None = None

    @property
    def invoked(self) -> bool:
        return self.trigger is Trigger.INVOKED


def place_of(asked: Asked) -> Place:
    """Return where to complete: with the item that is selected in the editor's list put in."""
    if asked.selected is None or asked.selected_span is None:
        return Place(asked.document, asked.offset)
    span, old = asked.selected_span, asked.document
    text = old.text[: span.start] + asked.selected + old.text[max(span.end, asked.offset) :]
    document = Document(old.uri, old.path, old.language, old.version, text)
    return Place(document, span.start + len(asked.selected))
