"""What was written before: alone, or as the quick answer before a model that takes its time."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import islice

from ownstack.completion.context.provider import ContextProvider
from ownstack.completion.echo import Echo
from ownstack.completion.echo.preferences import why_first
from ownstack.completion.echo.query import EchoQuery, query_at
from ownstack.completion.echo.scoring import ScoredCandidate
from ownstack.completion.failures import Failures
from ownstack.completion.feedback.own_preferences import OwnPreferences
from ownstack.completion.request import Reply, SourceRequest
from ownstack.completion.request_extents import RequestExtents
from ownstack.completion.sources.fitting import OTHERS, LineFitter, likely
from ownstack.completion.sources.protocol import Source

ECHO_SURE = 0.9
"""Before a model, echo answers in its place from this confidence on (97 % of such are exact)."""
TRIED = 3
"""So many lines, the best first, are tried until one fits its place."""

FAILED = "Looking for what was written before failed."
_NO_ECHO = "Nothing like this was written before, here or in this project."


class EchoSource(Source):
    """Answers with what was written before, if it is likely enough for the user."""

    name = "echo"

    def __init__(
        self,
        echo: Echo,
        context: ContextProvider,
        fitter: LineFitter,
        failures: Failures,
        preferences: OwnPreferences,
    ) -> None:
        """`context` knows the documents to look into."""
        self._echo = echo
        self._preferences = preferences
        self._context = context
        self._fitter = fitter
        self._failures = failures

    async def suggest(self, request: SourceRequest) -> Reply:
        """Return what was written before, with what else is likely. Never raises."""
        return (await self.search(request, least=None, wait=True))[0]

    async def search(
        self, request: SourceRequest, *, least: float | None, wait: bool
    ) -> tuple[Reply, Sequence[ScoredCandidate]]:
        """Return the best line, if its chance is `least`, and all that were examined. Never raises.

        Without `least`, what the user has set counts, and what else is likely comes with the
        line. With `wait`, files near the document are read first.
        """
        place = request.place
        try:
            with request.watch.stage("echo"):
                others = await self._context.others(place.document, wait=wait)
                weigh = functools.partial(self._preferences.echoed, place.uri)
                line, examined = self._echo.consider(place.document, place.offset, others, weigh)
                if line is None:
                    return Reply("", reason=_NO_ECHO), examined
                reply = self._fitter.fitted(request, line, least)
                if reply.text and examined and examined[0].text == line.text:
                    request.trace.learned = why_first(examined) or request.trace.learned
                if reply.text and least is None:
                    reply = replace(reply, others=self.likely_too(request, reply, examined))
                return reply, examined
        except Exception as error:
            self._failures.note("echo", error)
            return Reply("", reason=FAILED), ()

    def chosen(
        self, request: SourceRequest, scored: ScoredCandidate, chance: float
    ) -> Reply | None:
        """Return a line as it may be shown, by the chance that others give it; None if it may not.

        Its files are looked at again. Never raises.
        """
        try:
            proposal = next(self._echo.showable([scored]), None)
            if proposal is None or not proposal.text:
                return None
            query = query_at(request.place.document, request.place.offset)
            return self._fitter.fitted(request, proposal.line(query, chance), None)
        except Exception as error:
            self._failures.note("echo", error)
            return None

    def likely_too(
        self, request: SourceRequest, first: Reply, examined: Sequence[ScoredCandidate]
    ) -> tuple[Reply, ...]:
        """Return what else was written before and is likely; not the first."""
        replies: list[Reply] = []
        least = likely(request, first)
        query: EchoQuery | None = None
        for proposal in islice(self._echo.showable(examined), TRIED):
            if not proposal.text or proposal.scored.chance < least:
                break
            query = query or query_at(request.place.document, request.place.offset)
            tried = self._fitter.fitted(request, proposal.line(query), least)
            if tried.text and tried.text != first.text:
                replies.append(tried)
        return tuple(replies[:OTHERS])


class SureEcho(Source):
    """Goes before a costly source, and answers in its stead only if it is nearly certain.

    What echo came upon stays with the request: a model checks it, and it is offered beside what
    the model says.
    """

    name = "echo"

    def __init__(
        self,
        echo: EchoSource,
        extents: RequestExtents,
        failures: Failures,
        has_begun: Callable[[SourceRequest], bool],
    ) -> None:
        """`has_begun`: the costly source writes an answer already that agrees with the text."""
        self._echo = echo
        self._extents = extents
        self._failures = failures
        self._has_begun = has_begun

    async def suggest(self, request: SourceRequest) -> Reply | None:
        """Return a line that is nearly certain, else None. Never raises."""
        if self._has_begun(request) or self._extents.of(request).why != "line":
            return None
        reply, examined = await self._echo.search(request, least=ECHO_SURE, wait=False)
        if reply.text:
            return reply
        request.examined = examined
        return None

    def beside(self, request: SourceRequest, first: Reply) -> tuple[Reply, ...]:
        """Return what was written before and is likely too."""
        try:
            return self._echo.likely_too(request, first, request.examined) if first.text else ()
        except Exception as error:
            self._failures.note("echo", error)
            return ()
