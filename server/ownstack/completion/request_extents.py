"""How much to suggest for a request: found out once, by what the window's user has just done."""

from __future__ import annotations

from ownstack.completion.environment import Environment
from ownstack.completion.extent import Extent, extent_at, next_lines
from ownstack.completion.failures import Failures
from ownstack.completion.feedback.outcomes import Outcomes
from ownstack.completion.request import SourceRequest


class RequestExtents:
    """Says how long the answer to a request of one window may be."""

    def __init__(self, environment: Environment, outcomes: Outcomes, failures: Failures) -> None:
        self._settings = environment.settings
        self._outcomes = outcomes
        self._failures = failures

    def of(self, request: SourceRequest) -> Extent:
        """Return the extent of an answer; the request keeps it. Never raises."""
        if request.extent is None:
            place, settings = request.place, self._settings()
            after_accept = self._outcomes.after_accept(place)
            try:
                request.extent = extent_at(
                    place.document,
                    place.offset,
                    trigger=request.trigger,
                    after_accept=after_accept,
                    settings=settings,
                )
            except Exception as error:
                self._failures.note("extent", error)
                request.extent = Extent(1, None, "line")
            if after_accept and request.extent.why == "line":
                request.extent = next_lines(place, settings) or request.extent
        return request.extent
