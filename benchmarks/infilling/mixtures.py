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
from benchmarks.infilling.systems import Proposal
from ownstack.completion.echo import Echo
from ownstack.completion.echo.question import ask
from ownstack.completion.mix import options, ranked
from ownstack.completion.mixing import ALTERNATIVES, PROPOSALS, THRESHOLDS
from ownstack.completion.place import Place
from ownstack.completion.window import TokenCounts, Windows
from ownstack.engine.protocol import Engine


class Mixture:
    """Echo with the whole project, and an engine that weighs; reached by typing, as `Network`."""

    name = "mixture"

    def __init__(self, engine: Engine, cache: Path) -> None:
        self._engine = engine
        self._cache = cache
        self._index: Index | None = None
        self._echo = Echo()

    async def enter(self, project: ProjectFiles | None) -> None:
        await self.close()
        if project is None:
            return
        self._index = await Index.of(project.root, self._cache / project.name.replace("/", "__"))
        self._echo = self._index.echo()

    async def propose(self, case: Case) -> Proposal:
        windows, counts = Windows(), TokenCounts(self._engine.count)
        _ = case.document.index  # The editor has asked for it long before the key.
        started = time.perf_counter()
        before = request_at(place_before(case), windows, counts)
        await self._engine.infill(replace(before, max_tokens=1)).result()
        pressed = time.perf_counter()
        question = ask(case.document, case.offset)
        usable = islice(self._echo.propose(question, case.document, []), PROPOSALS)
        echoed = [one.judged for one in usable if one.text]
        request = replace(
            request_at(Place(case.document, case.offset), windows, counts),
            proposals=tuple(one.candidate.text for one in echoed),
            alternatives=ALTERNATIVES,
        )
        weighed = (await self._engine.infill(request).result()).weighed
        best = next(iter(ranked(options(question, echoed, weighed))), None)
        ended = time.perf_counter()
        ms, jump_ms = (ended - pressed) * 1e3, (ended - started) * 1e3
        if best is None:
            return Proposal("", 0.0, ms, jump_ms)
        chance = best.chance()
        return Proposal(best.text, chance, ms, jump_ms, shown=chance >= THRESHOLDS["normal"])

    async def close(self) -> None:
        if self._index is not None:
            self._index.close()
        self._index, self._echo = None, Echo()
