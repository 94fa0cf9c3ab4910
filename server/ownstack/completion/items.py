"""From what was found to the items that an editor shows: one, and what else is likely."""

from __future__ import annotations

import dataclasses

from ownstack.completion.feedback.displayed import DisplayedSuggestion
from ownstack.completion.feedback.outcomes import Outcomes
from ownstack.completion.feedback.traces import Traces
from ownstack.completion.place import Place
from ownstack.completion.postprocess.indentation import fitted
from ownstack.completion.postprocess.trim import replaced
from ownstack.completion.request import Reply, SourceRequest
from ownstack.completion.suggestion import CompletionRequest, Suggestion
from ownstack.languages import language_of
from ownstack.syntax.inner_document import document_at
from ownstack.text import Span

MAX_ITEMS = 3
"""Suggestions of one answer; an editor lets its user go from one to the next."""

_TURNED_DOWN = "The same text was typed over here before, so it is not offered again."
_FINISHED = "What was accepted has completed the line."


class SuggestionItems:
    """Makes one window's suggestions, and remembers what was shown."""

    def __init__(self, outcomes: Outcomes, traces: Traces) -> None:
        self._outcomes = outcomes
        self._traces = traces

    def objection(self, request: SourceRequest, reply: Reply) -> str:
        """Return why something is not shown that was found, "" if nothing speaks against it."""
        if request.invoked or reply.tier == "typed-through":
            return ""
        place = request.place
        finished = place.head.strip() and not place.tail.strip()
        if finished and not _begins_line(reply.text) and self._outcomes.after_accept(place):
            return _FINISHED
        return _TURNED_DOWN if self._outcomes.refuses(place, reply.text) else ""

    def offer(
        self, request: CompletionRequest, source_request: SourceRequest, reply: Reply
    ) -> tuple[Suggestion, ...]:
        """Return the items, the best first; they are on the screen from now on."""
        place, trace = source_request.place, source_request.trace
        trace.tier = reply.tier
        displayed = self._outcomes.displayed
        if reply.tier == "typed-through" and displayed is not None:
            self._traces.continue_with(trace, displayed.id)
            items = [displayed, *displayed.others]
            texts = [(item, item.text[len(displayed.typed) :]) for item in items]
        else:
            items = self._items(source_request, reply)
            self._outcomes.show(items[0])
            texts = [(item, item.text) for item in items]
        offered = tuple(
            _suggestion(request, place, item, text, reply) for item, text in texts if text
        )
        if offered:
            trace.text = offered[0].text
        for item, text in list(zip(items, texts, strict=True))[1:]:
            other = dataclasses.replace(trace, id=item.id, confidence=item.confidence, text=text[1])
            other.source, other.adjusted, other.learned = item.source, None, ""
            if item.model not in ("", source_request.model_of("model")):
                other.model, other.adapters = item.model, ()
            self._traces.remember(other)
        return offered

    def _items(self, request: SourceRequest, reply: Reply) -> list[DisplayedSuggestion]:
        kept = [reply]
        before = self._outcomes.continued(request.place)
        displayed = self._outcomes.displayed
        if request.invoked and before and displayed is not None:
            # What was there when the key was pressed stays among the items.
            left = Reply(
                before,
                source=displayed.source,
                confidence=displayed.confidence,
                model=displayed.model,
                preference=displayed.preference,
                found_in=displayed.found_in,
            )
            kept.append(left)
        for other in reply.others:
            if not self._outcomes.refuses(request.place, other.text):
                kept.append(other)
        different = {reply.text.rstrip(): reply for reply in reversed(kept)}
        ordered = [reply for reply in kept if different[reply.text.rstrip()] is reply][:MAX_ITEMS]
        items = [self._item(request, reply, number) for number, reply in enumerate(ordered)]
        items[0].others = tuple(items[1:])
        return items

    def _item(self, request: SourceRequest, reply: Reply, number: int) -> DisplayedSuggestion:
        place, id = request.place, request.trace.id
        return DisplayedSuggestion(
            id=f"{id}-{number}" if number else id,
            place=place,
            text=reply.text,
            n_replaced=len(replaced(reply.text, place.document, place.offset)),
            source=reply.source,
            model=reply.model or request.model_of(reply.source),
            confidence=reply.confidence,
            preference=reply.preference,
            found_in=reply.found_in,
            invoked=request.invoked,
            alternative=number > 0,
        )


def as_it_stands(text: str, place: Place) -> str:
    """Return a text that was found before as it may stand at a place now, "" if it may not.

    The line that it goes on with may have been indented otherwise since.
    """
    if place.head.strip():
        return text
    document = document_at(place.document, place.offset)
    language = language_of(document.language, document.path, document.text)
    return fitted(text, document, place.offset, language) or ""


def _begins_line(text: str) -> bool:
    return text.lstrip(" \t").startswith("\n")


def _suggestion(
    request: CompletionRequest,
    place: Place,
    displayed: DisplayedSuggestion,
    text: str,
    reply: Reply,
) -> Suggestion:
    n_replaced = len(replaced(text, place.document, place.offset))
    span = Span(request.offset, request.offset + n_replaced)
    if request.selected is not None and request.selected_span is not None:
        text = request.selected + text
        end = max(request.offset, request.selected_span.end) + n_replaced
        span = Span(request.selected_span.start, end)
    return Suggestion(displayed.id, text, span, reply.tier, displayed.confidence)
