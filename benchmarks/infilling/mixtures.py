"""The mixture alone: echo's lines and the network's own, scored, the best chosen.

What the product adds to it (gates, trimming, context from other files) is in the product's row.
"""

from __future__ import annotations

import time
from dataclasses import replace
from itertools import islice
from pathlib import Path

from benchmarks.infilling.cursors import Case
from benchmarks.infilling.index import Index
from benchmarks.infilling.networks import place_before, request_at
from benchmarks.infilling.sources import ProjectFiles
from benchmarks.infilling.symbols import Symbols
from benchmarks.infilling.systems import Proposal
from ownstack.completion.context.known_symbols import NOTHING, KnownSymbols
from ownstack.completion.context.symbol_lookup import known_symbols_at
from ownstack.completion.context.window import TokenCounts, Windows
from ownstack.completion.echo import Echo
from ownstack.completion.echo.query import query_at
from ownstack.completion.place import Place
from ownstack.completion.sources.fitting import THRESHOLDS
from ownstack.completion.sources.ranked import PROPOSALS
from ownstack.completion.sources.ranking import RankedOption, options, rank_options
from ownstack.completion.sources.scoring_client import ALTERNATIVES
from ownstack.engine.protocol import Engine, LineScorer
from ownstack.engine.requests import InfillRequest, ScoreRequest


class Mixture:
    """Echo with the whole project, and an engine that scores; reached by typing, as `Network`."""

    name = "mixture"

    def __init__(self, engine: Engine, cache: Path) -> None:
        self._engine = engine
        self._cache = cache
        self._index: Index | None = None
        self._symbols: Symbols | None = None
        self._echo = Echo()

    async def enter(self, project: ProjectFiles | None) -> None:
        await self.close()
        if project is None:
            return
        folder = self._cache / project.name.replace("/", "__")
        self._index = await Index.of(project.root, folder)
        self._symbols = Symbols(project.root, folder / "symbols")
        self._echo = self._index.echo()

    async def propose(self, case: Case) -> Proposal:
        windows, counts = Windows(), TokenCounts(self._engine.count)
        _ = case.document.index  # The editor has asked for it long before the key.
        snapshot = None if self._symbols is None else self._symbols.at(case)
        started = time.perf_counter()
        before = request_at(place_before(case), windows, counts)
        await self._engine.infill(replace(before, max_tokens=1)).result()
        pressed = time.perf_counter()
        known = NOTHING
        if snapshot is not None:
            known = known_symbols_at(snapshot, case.document, case.offset)
        request = request_at(Place(case.document, case.offset), windows, counts)
        best = await mixed_line(self._engine, self._echo, case, request, known)
        ended = time.perf_counter()
        ms, jump_ms = (ended - pressed) * 1e3, (ended - started) * 1e3
        if best is None:
            return Proposal("", 0.0, ms, jump_ms)
        chance = best.chance()
        return Proposal(best.text, chance, ms, jump_ms, shown=chance >= THRESHOLDS["normal"])

    async def close(self) -> None:
        if self._index is not None:
            self._index.close()
        if self._symbols is not None:
            self._symbols.close()
        self._index, self._symbols, self._echo = None, None, Echo()


async def mixed_line(
    scorer: LineScorer, echo: Echo, case: Case, request: InfillRequest, known: KnownSymbols
) -> RankedOption | None:
    """Return what the mixture thinks likeliest, with the names that the index knows there."""
    query = query_at(case.document, case.offset)
    proposals = islice(echo.propose(query, case.document, []), PROPOSALS)
    echoed = [
        proposal.scored
        for proposal in proposals
        if proposal.text and not known.declares(proposal.text)
    ]
    asked = ScoreRequest.at(
        request,
        candidates=tuple(echoed_line.candidate.text for echoed_line in echoed),
        alternatives=ALTERNATIVES,
        forced_prefixes=known.begun,
    )
    scored = (await scorer.score(asked).result()).scored
    return next(iter(rank_options(options(query, echoed, scored, known))), None)
