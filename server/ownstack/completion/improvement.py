"""What a model has found after something else, or nothing, was shown: told once, then shown."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ownstack.completion.cache import Cache, CachedText
from ownstack.completion.environment import Environment
from ownstack.completion.feedback.displayed import DisplayedSuggestion
from ownstack.completion.feedback.outcomes import Outcomes
from ownstack.completion.place import Place, possible_cursors, stands, typed_since
from ownstack.completion.sources.fitting import sure_enough

BETTER_BY = 0.1
"""By so much its chance must exceed that of what is shown: a text that changes while it is being
read costs its reader more than a point of exactness gains."""
UNKNOWN_CHANCE = 0.6
"""Of a line of which nothing tells how likely it is: such engines are elsewhere, and large."""


@dataclass(frozen=True, slots=True)
class _Told:
    """That there is something better than a suggestion."""

    id: str
    """The suggestion that is shown."""
    typed: str
    """What of it had been typed then."""


class Improvement:
    """Compares what is on one window's screen, or that nothing is, with what its cache gets."""

    def __init__(
        self,
        environment: Environment,
        outcomes: Outcomes,
        cache: Cache,
        least: Callable[[Sequence[str]], float],
    ) -> None:
        """`least`: adapters → the chance from which on a line of the cache is shown."""
        self._documents = environment.documents
        self._least = least
        self._improved: Callable[[Place], object] = environment.improved
        self._outcomes = outcomes
        self._cache = cache
        self._told: _Told | None = None
        self._asked: Place | None = None
        """Of the newest request."""
        self._unanswered: Place | None = None
        """Where somebody was shown nothing, and has not asked again since."""

    def asked(self, place: Place) -> None:
        """Hear that there is another request."""
        self._asked, self._unanswered = place, None

    def unanswered(self, place: Place) -> None:
        """Hear that a request that nobody invoked ended with nothing; it need not be the newest."""
        if place is self._asked:
            self._unanswered = place

    def waits(self, place: Place) -> bool:
        """Say whether the newest request was at `place`, and nothing was typed since."""
        return place is self._asked and self._stands(place)

    def found(self, place: Place) -> None:
        """Tell that who asks again gets something, if that was not told and nothing is shown."""
        if place is self._unanswered:
            self._unanswered = None
            self._improved(place)

    def kept(self, place: Place) -> None:
        """Hear that a model's answer at `place` is in the cache now; tell if it is better.

        It is told at most once for a suggestion, while that can be read and nothing but its own
        beginning was typed; and once to who was shown nothing, while nothing is typed at all.
        """
        if self._unanswered is not None:
            self._tell_late(place, self._unanswered)
            return
        displayed = self._outcomes.displayed
        if displayed is None or displayed.invoked or displayed.whole or self._knows(displayed):
            return
        cursor = self._cursor(displayed)
        if cursor is None or typed_since(place, cursor) is None:
            return
        cached, left = self._cache.get(cursor), displayed.text[len(displayed.typed) :]
        if cached is None or cached.invoked or cached.text == left:
            return
        if self._outcomes.refuses(cursor, cached.text):
            return
        least = self._least(cached.adapters)
        if not _goes_on(cached, left):
            shown = UNKNOWN_CHANCE if displayed.confidence is None else displayed.confidence
            least = max(least, shown + BETTER_BY)
        if _chance(cached) < least:
            return
        self._told = _Told(displayed.id, displayed.typed)
        self._improved(cursor)

    def replaces(self, place: Place, left: str) -> bool:
        """Say whether what is cached at `place` goes before the suggestion that is shown there.

        `left`: what is left of that. Who has typed along with it since keeps it, unless the other
        one only goes on from it.
        """
        displayed = self._outcomes.displayed
        if displayed is None or not self._knows(displayed):
            return False
        cached = self._cache.get(place)
        if cached is None:
            return False
        assert self._told is not None
        return displayed.typed == self._told.typed or _goes_on(cached, left)

    def _tell_late(self, place: Place, cursor: Place) -> None:
        """Tell of an answer that came too late at `cursor`, if nothing has changed there since."""
        if not self._stands(cursor) or typed_since(place, cursor) is None:
            return
        cached = self._cache.get(cursor)
        if cached is None or cached.invoked or self._outcomes.refuses(cursor, cached.text):
            return
        # The beginning of a line is enough: who waited was shown that, too.
        if sure_enough(cached.text, cached.chance, self._least(cached.adapters)).text:
            self.found(cursor)

    def _stands(self, place: Place) -> bool:
        current = self._documents.get(place.uri)
        return current is not None and stands(place.document, place.offset, current)

    def _knows(self, displayed: DisplayedSuggestion) -> bool:
        return self._told is not None and self._told.id == displayed.id

    def _cursor(self, displayed: DisplayedSuggestion) -> Place | None:
        """Return where a suggestion is shown in the newest text; None if it is not."""
        current = self._documents.get(displayed.place.uri)
        if current is None:
            return None
        cursors = possible_cursors(displayed.place, current)
        typed = (typed_since(displayed.place, cursor) for cursor in cursors)
        found = zip(cursors, typed, strict=True)
        return next((cursor for cursor, text in found if text == displayed.typed), None)


def _goes_on(cached: CachedText, left: str) -> bool:
    """Whether a text has more lines than another, and begins with it."""
    return cached.text.startswith(left) and "\n" in cached.text[len(left) :].rstrip()


def _chance(cached: CachedText) -> float:
    return UNKNOWN_CHANCE if cached.chance is None else cached.chance.whole
