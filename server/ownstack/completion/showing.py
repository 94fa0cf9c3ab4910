"""The suggestion on the screen: whether it still continues what is typed, and how it ended."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from functools import cached_property

from ownstack.completion.place import Place, possible_cursors, typed_since
from ownstack.completion.suggestion import Tier
from ownstack.document import Document

PARTLY_SHARE = 1 / 3
"""A suggestion of which this much was taken was not rejected."""


class End(str, Enum):
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
class Shown:
    """A suggestion, offered at `place`; accepting it replaces `n_replaced` characters there."""

    id: str
    place: Place
    text: str
    n_replaced: int
    source: Tier
    model: str = ""
    confidence: float | None = None
    invoked: bool = False
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


class Showing:
    """At most one suggestion is shown; this knows which, and how the last one ended."""

    def __init__(self) -> None:
        self._shown: Shown | None = None
        self._finished: Place | None = None

    @property
    def shown(self) -> Shown | None:
        return self._shown

    def show(self, shown: Shown) -> list[tuple[Shown, End]]:
        """Put a suggestion on the screen; returns how the one before ended, if it just did."""
        ended = self._end(End.LEFT)
        self._shown = shown
        return ended

    def continued(self, place: Place) -> str:
        """Return what is left of the shown text at `place`, "" if it does not go on there."""
        shown = self._shown
        if shown is None:
            return ""
        typed = typed_since(shown.place, place)
        if typed is None or not shown.text.startswith(typed):
            return ""
        shown.typed = typed
        return shown.text[len(typed) :]

    def changed(self, document: Document) -> list[tuple[Shown, End]]:
        """Take note of a new text; returns the suggestion that ended by it, if one did."""
        shown = self._shown
        if shown is None or shown.place.uri != document.uri:
            return []
        accepted = shown.accepted_place
        if document.text == accepted.document.text:
            shown.at_once = len(shown.text) - len(shown.typed) > 1
            shown.typed, shown.whole = shown.text, True
            self._finished = Place(document, accepted.offset)
            return []
        typed = [
            typed
            for cursor in possible_cursors(shown.place, document)
            if (typed := typed_since(shown.place, cursor)) is not None
        ]
        for candidate in typed:
            if shown.text.startswith(candidate):
                shown.typed = candidate
                return []
        if shown.whole or not typed:
            return self._end(End.LEFT)
        return self._end(End.REJECTED)

    def accepted(self, id: str) -> Shown | None:
        """Take note that the editor has accepted the suggestion; None if it is not shown."""
        shown = self._shown
        if shown is None or shown.id != id:
            return None
        self._finished = self._finished if shown.whole else shown.accepted_place
        self._shown = None
        return shown

    def after_accept(self, place: Place) -> bool:
        """Say whether a suggestion has just been taken, and only blanks were typed since."""
        if self._finished is None:
            return False
        typed = typed_since(self._finished, place)
        return typed is not None and not typed.strip()

    def forget(self, uri: str) -> list[tuple[Shown, End]]:
        """Take a closed document's suggestion off the screen."""
        if self._finished is not None and self._finished.uri == uri:
            self._finished = None
        if self._shown is None or self._shown.place.uri != uri:
            return []
        return self._end(End.LEFT)

    def _end(self, end: End) -> list[tuple[Shown, End]]:
        shown, self._shown = self._shown, None
        if shown is None:
            return []
        if shown.whole:
            end = End.ACCEPTED if shown.at_once else End.TYPED_THROUGH
        elif len(shown.typed) > PARTLY_SHARE * len(shown.text):
            end = End.PARTLY
        return [(shown, end)]
