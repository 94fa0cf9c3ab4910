"""What a source is asked, and what it replies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ownstack.completion.echo.preferences import NOTHING_LEARNED, Preference
from ownstack.completion.echo.scoring import ScoredCandidate
from ownstack.completion.extent import Extent
from ownstack.completion.feedback.own_calibration import maker_name
from ownstack.completion.feedback.traces import Stopwatch
from ownstack.completion.place import Place
from ownstack.completion.suggestion import CompletionRequest, Tier, Trace, Trigger
from ownstack.text import Span


@dataclass(frozen=True, slots=True)
class Reply:
    """Text to offer, "" with the reason when there is none."""

    text: str
    tier: Tier = "none"
    source: Tier = "none"
    confidence: float | None = None
    reason: str = ""
    model: str = ""
    """Whose text it is; "" for echo's, and where no other one is asked than the trace names."""
    preference: Preference = NOTHING_LEARNED
    """What was learned of it, which is in `confidence` already."""
    found_in: str = ""
    """URI of the other file that its line was found in, "" if in none."""
    others: tuple[Reply, ...] = ()
    """What else is likely; each with its own chance."""


@dataclass(slots=True)
class SourceRequest:
    """What the sources are asked: a cursor, who asked, and the trace of the answer."""

    place: Place
    trigger: Trigger
    trace: Trace
    watch: Stopwatch
    extent: Extent | None = None
    """How long the answer may be, once somebody has asked (`RequestExtents.of`)."""
    examined: Sequence[ScoredCandidate] = ()
    """What echo came upon, but was not sure of."""
    unsure: Reply | None = None
    """What the model has said here before, but was not sure of: it would say so again."""
    peeks: bool = False
    """It is only found out what would be suggested: nobody is told of what comes later."""

    @property
    def invoked(self) -> bool:
        return self.trigger is Trigger.INVOKED

    def model_of(self, source: Tier) -> str:
        """Return whose text this is, its adapters named; "" if echo's, whoever scored it."""
        return maker_name(self.trace.model, self.trace.adapters) if source == "model" else ""


def place_of(request: CompletionRequest) -> Place:
    """Return where to complete: with the item that is selected in the editor's list put in."""
    if request.selected is None or request.selected_span is None:
        return Place(request.document, request.offset)
    span, old = request.selected_span, request.document
    document = old.spliced(Span(span.start, max(span.end, request.offset)), request.selected)
    return Place(document, span.start + len(request.selected))
