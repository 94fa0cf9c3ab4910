"""What was written before and lines of a small network's own, ranked by what it says of both."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import islice

from ownstack.completion.context.known_symbols import KnownSymbols
from ownstack.completion.context.provider import ContextProvider
from ownstack.completion.context.window_lookups import SymbolLookups
from ownstack.completion.echo import Echo, LineSuggestion, Proposal
from ownstack.completion.echo.preferences import why_first
from ownstack.completion.echo.query import EchoQuery, query_at
from ownstack.completion.failures import Failures
from ownstack.completion.feedback.own_preferences import OwnPreferences
from ownstack.completion.request import Reply, SourceRequest
from ownstack.completion.sources.echo import FAILED, TRIED
from ownstack.completion.sources.fitting import OTHERS, LineFitter, LineSource, likely
from ownstack.completion.sources.protocol import Source
from ownstack.completion.sources.ranking import options, rank_options
from ownstack.completion.sources.scoring_client import ScoringClient
from ownstack.document import Document
from ownstack.engine.results import ScoredLine

PROPOSALS = 8
"""Lines of echo that the network scores."""

_UNHEARD = "Nothing like this was written before, and the network was too slow this time or failed."
_NOTHING = "Neither what was written before nor the built-in network has a line for this place."
_COMPLETE = "The line is likeliest complete as it is."


class RankedSource(Source):
    """Answers with the best of what echo and a network that scores lines have to say.

    One request to the network, which ends with the next key. If it fails or is late, echo alone
    answers, in time.
    """

    name = "ranking"
    reads_definitions = False
    """Definitions of other files only confuse a network that scores lines (it is small)."""

    def __init__(
        self,
        client: ScoringClient,
        echo: Echo,
        *,
        context: ContextProvider,
        symbols: SymbolLookups,
        fitter: LineFitter,
        failures: Failures,
        preferences: OwnPreferences,
    ) -> None:
        """`context` knows the documents to look into, `symbols` the names the index has here."""
        self._client = client
        self._echo = echo
        self._preferences = preferences
        self._context = context
        self._symbols = symbols
        self._fitter = fitter
        self._failures = failures

    async def suggest(self, request: SourceRequest) -> Reply:
        """Return the best line that fits. Never raises."""
        self._client.stop()
        place = request.place
        self._symbols.begin(place)
        try:
            with request.watch.stage("echo"):
                others = await self._context.others(place.document, wait=True)
                query = query_at(place.document, place.offset)
                proposals = list(
                    islice(self._echo.propose(query, place.document, others), PROPOSALS)
                )
        except Exception as error:
            self._failures.note("echo", error)
            return Reply("", reason=FAILED)
        if proposals and not proposals[0].text:
            return Reply("", reason=_COMPLETE)
        proposals = [proposal for proposal in proposals if proposal.text]
        with request.watch.stage("symbols"):
            known = await self._symbols.known(place)
        proposals = [proposal for proposal in proposals if not known.declares(proposal.text)]
        scored = await self._scored(request, proposals, known)
        try:
            with request.watch.stage("rank"):
                return self._best(request, query, proposals, scored, known)
        except Exception as error:
            self._failures.note("ranking", error)
            return Reply("", reason="Ranking what was found failed.")

    def context_budget(self) -> tuple[int, Callable[[str], int]]:
        return self._client.context_budget()

    def changed(self, document: Document) -> None:
        """Stop the network, for which nobody waits any more: the text has changed."""
        self._symbols.warm(document)
        self._client.stop()

    def forget(self, uri: str) -> None:
        self._client.forget(uri)

    def retire(self) -> None:
        self._client.stop()

    async def _scored(
        self, request: SourceRequest, proposals: Sequence[Proposal], known: KnownSymbols
    ) -> Sequence[ScoredLine]:
        """Return what the network thinks; nothing if it fails or is late."""
        try:
            with request.watch.stage("score"):
                texts = tuple(proposal.text for proposal in proposals)
                scored = await self._client.score(request, texts, known.begun)
        except Exception as error:
            self._failures.note("scoring", error)
            return ()
        request.trace.late = scored is None
        return scored or ()

    def _best(
        self,
        request: SourceRequest,
        query: EchoQuery,
        proposals: Sequence[Proposal],
        scored: Sequence[ScoredLine],
        known: KnownSymbols,
    ) -> Reply:
        """Return the best line that fits its place."""
        if not scored:
            return self._unheard(request, query, proposals)
        by_text = {proposal.text: proposal for proposal in proposals}
        found = options(query, [proposal.scored for proposal in proposals], scored, known)
        ranking = self._preferences.weighed(
            request.place.uri, query, rank_options(found), lambda ranked: ranked.option.by_echo
        )
        first = Reply("", reason=_NOTHING)
        others: list[Reply] = []
        written = [option for option in ranking if option.text]
        for number, option in enumerate(written[: TRIED + OTHERS]):
            chance = option.chance()
            least = likely(request, first) if first.text else None
            if least is not None and chance < least:
                break
            echo = by_text.get(option.text)
            line = _alone(option.text, chance) if echo is None else echo.line(query, chance)
            line = replace(line, preference=option.preference)
            maker: LineSource = "model" if echo is None else "echo"
            tried = self._fitter.fitted(request, line, least, maker)
            if tried.text and first.text:
                others.append(tried)
            elif tried.text or number == 0:
                first = tried
                if number == 0 and first.text and written[0] is ranking[0]:
                    request.trace.learned = why_first(ranking) or request.trace.learned
            if len(others) == OTHERS or (number + 1 >= TRIED and not first.text):
                break
        return replace(first, others=tuple(others))

    def _unheard(
        self, request: SourceRequest, query: EchoQuery, proposals: Sequence[Proposal]
    ) -> Reply:
        """Return the best of echo's lines, of which the network has said nothing."""
        by_text = {proposal.text: proposal for proposal in proposals}
        found = [proposal.scored for proposal in proposals]
        weighed = self._preferences.echoed(request.place.uri, query, found)
        if not weighed:
            return Reply("", reason=_UNHEARD)
        proposal = replace(by_text[weighed[0].text], scored=weighed[0])
        reply = self._fitter.fitted(request, proposal.line(query), None)
        if reply.text:
            request.trace.learned = why_first(weighed) or request.trace.learned
        return reply


def _alone(text: str, chance: float) -> LineSuggestion:
    """Return a line of the network's own."""
    return LineSuggestion(text, chance, 0, 0, "")
