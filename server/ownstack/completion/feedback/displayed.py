"""The suggestion on the screen: whether it still continues what is typed, and how it ended."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from functools import cached_property

from ownstack.completion.echo.preferences import NOTHING_LEARNED, Preference
from ownstack.completion.place import Place, found_in, possible_cursors, typed_since
from ownstack.completion.suggestion import Tier
from ownstack.document import Document

PARTLY_SHARE = 1 / 3
"""A suggestion of which this much was taken was not rejected."""


class SuggestionOutcome(str, Enum):
    """What became of a suggestion."""

    ACCEPTED = "accepted"
    TYPED_THROUGH = "typed-through"
    """All of it was typed, or accepted by an editor that does not say so."""
    PARTLY = "partly"
    """A good part of it was taken, then something else was typed."""
    REJECTED = "rejected"
    """Something else was typed instead."""
    LEFT = "left"
    """The cursor went elsewhere or the text changed around it; says nothing about the text."""


@dataclass
class DisplayedSuggestion:
    """A suggestion, offered at `place`; accepting it replaces `n_replaced` characters there."""

    id: str
    place: Place
    text: str
    n_replaced: int
    source: Tier
    model: str = ""
    confidence: float | None = None
    preference: Preference = NOTHING_LEARNED
    """What was learned of it, which is in `confidence` already."""
    found_in: str = ""
    """URI of the other file that its line was found in, "" if in none."""
    invoked: bool = False
    others: tuple[DisplayedSuggestion, ...] = ()
    """Other suggestions that the editor was given for the same place."""
    alternative: bool = False
    """It is one of the others."""
    typed: str = ""
    """How much of the text has been typed by now."""
    whole: bool = False
    """All of the text is in the document."""
    at_once: bool = False
    """It came by one edit of several characters, which is how editors accept."""

    @cached_property
    def accepted_place(self) -> Place:
        """Return the place after accepting, in a document that may not exist yet."""
        return self.place.after(self.text, self.n_replaced)


class Display:
    """Knows which suggestion is on the screen, if any, and how the last one ended."""

    def __init__(self) -> None:
        self._displayed: DisplayedSuggestion | None = None
        self._finished: Place | None = None

    @property
    def displayed(self) -> DisplayedSuggestion | None:
        return self._displayed

    def show(
        self, displayed: DisplayedSuggestion
    ) -> list[tuple[DisplayedSuggestion, SuggestionOutcome]]:
        """Put a suggestion on the screen; returns how the one before ended, if it just did."""
        ended = self._end(SuggestionOutcome.LEFT)
        self._displayed = displayed
        return ended

    def continued(self, place: Place) -> str:
        """Return what is left of the shown text at `place`, "" if it does not go on there."""
        displayed = self._displayed
        if displayed is None:
            return ""
        typed = typed_since(displayed.place, place)
        if typed is None or not displayed.text.startswith(typed):
            return ""
        displayed.typed = typed
        displayed.others = tuple(
            other for other in displayed.others if other.text.startswith(typed)
        )
        return displayed.text[len(typed) :]

    def changed(self, document: Document) -> list[tuple[DisplayedSuggestion, SuggestionOutcome]]:
        """Take note of a new text; returns the suggestion that ended by it, if one did."""
        displayed = self._displayed
        if displayed is None or displayed.place.uri != document.uri:
            return []
        displayed = self._chosen(displayed, document)
        accepted = displayed.accepted_place
        finished = found_in(accepted, document)
        if finished is not None:
            displayed.at_once = len(displayed.text) - len(displayed.typed) > 1
            displayed.typed, displayed.whole = displayed.text, True
            self._finished = finished
            return []
        typed = [
            typed
            for cursor in possible_cursors(displayed.place, document)
            if (typed := typed_since(displayed.place, cursor)) is not None
        ]
        for beginning in typed:
            for item in (displayed, *displayed.others):
                if item.text.startswith(beginning):
                    self._choose(item)
                    item.typed = beginning
                    return []
        if displayed.whole or not typed:
            return self._end(SuggestionOutcome.LEFT)
        return self._end(SuggestionOutcome.REJECTED)

    def accepted(self, id: str) -> DisplayedSuggestion | None:
        """Take note that the editor has accepted the suggestion; None if it is not shown."""
        displayed = self._displayed
        if displayed is None or id not in (displayed.id, *(item.id for item in displayed.others)):
            return None
        displayed = next(item for item in (displayed, *displayed.others) if item.id == id)
        self._finished = self._finished if displayed.whole else displayed.accepted_place
        self._displayed = None
        return displayed

    def after_accept(self, place: Place) -> bool:
        """Say whether a suggestion has just been taken, and only blanks were typed since."""
        if self._finished is None:
            return False
        typed = typed_since(self._finished, place)
        return typed is not None and not typed.strip()

    def forget(self, uri: str) -> list[tuple[DisplayedSuggestion, SuggestionOutcome]]:
        """Take a closed document's suggestion off the screen."""
        if self._finished is not None and self._finished.uri == uri:
            self._finished = None
        if self._displayed is None or self._displayed.place.uri != uri:
            return []
        return self._end(SuggestionOutcome.LEFT)

    def _chosen(self, displayed: DisplayedSuggestion, document: Document) -> DisplayedSuggestion:
        """Return which of the items is in the document, if one is; the first one else."""
        for item in displayed.others:
            if found_in(item.accepted_place, document) is not None:
                self._choose(item)
                return item
        return displayed

    def _choose(self, chosen: DisplayedSuggestion) -> None:
        """Let one of the items be the one that is followed; the others stay beside it."""
        displayed = self._displayed
        if displayed is not None and chosen is not displayed:
            rest = tuple(other for other in (displayed, *displayed.others) if other is not chosen)
            displayed.others, chosen.others = (), rest
            self._displayed = chosen

    def _end(
        self, outcome: SuggestionOutcome
    ) -> list[tuple[DisplayedSuggestion, SuggestionOutcome]]:
        displayed, self._displayed = self._displayed, None
        if displayed is None:
            return []
        if displayed.whole:
            outcome = (
                SuggestionOutcome.ACCEPTED if displayed.at_once else SuggestionOutcome.TYPED_THROUGH
            )
        elif len(displayed.typed) > PARTLY_SHARE * len(displayed.text):
            outcome = SuggestionOutcome.PARTLY
        return [(displayed, outcome)]
