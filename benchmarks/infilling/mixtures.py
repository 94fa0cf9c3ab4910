"""The mixture alone: echo's lines and the network's own, weighed, the best chosen.

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
from ownstack.completion.echo import Echo
from ownstack.completion.echo.question import ask
from ownstack.completion.known import names_known
from ownstack.completion.mix import Mixed, options, ranked
from ownstack.completion.mixing import ALTERNATIVES, PROPOSALS, THRESHOLDS
from ownstack.completion.naming import NOTHING, Known
from ownstack.completion.place import Place
from ownstack.completion.window import TokenCounts, Windows
from ownstack.engine.protocol import Engine, InfillRequest


class Mixture:
    """Echo with the whole project, and an engine that weighs; reached by typing, as `Network`."""

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
            known = names_known(snapshot, case.document, case.offset)
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
    engine: Engine, echo: Echo, case: Case, request: InfillRequest, known: Known
) -> Mixed | None:
    """Return what the mixture thinks likeliest, with the names that the index knows there."""
    question = ask(case.document, case.offset)
    usable = islice(echo.propose(question, case.document, []), PROPOSALS)
    echoed = [one.judged for one in usable if one.text and not known.declares(one.text)]
    asked = replace(
        request,
        proposals=tuple(one.candidate.text for one in echoed),
        beginnings=known.begun,
        alternatives=ALTERNATIVES,
    )
    weighed = (await engine.infill(asked).result()).weighed
    return next(iter(ranked(options(question, echoed, weighed, known))), None)
