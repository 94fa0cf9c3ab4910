"""The product as it is: everything between the key and the ghost text, gates and trimming too.

Whatever is mixed, gated or drafted inside the completer is measured here without knowing how.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.infilling.cursors import Case
from benchmarks.infilling.index import Index
from benchmarks.infilling.sources import ProjectFiles
from benchmarks.infilling.symbols import Symbols
from benchmarks.infilling.systems import Proposal
from ownstack.completion.completer import Completer
from ownstack.completion.echo import Echo
from ownstack.completion.environment import Environment
from ownstack.completion.feedback.signals import SignalLog
from ownstack.completion.sources.line_weigher import first_line
from ownstack.completion.suggestion import Answer, CompletionRequest, Suggestion, Trigger
from ownstack.document import Documents
from ownstack.engine.protocol import Engine
from ownstack.index.snapshot.snapshot import Snapshot
from ownstack.settings import CompletionSettings

DEADLINE_MS = 10_000
"""Patient: quality is measured here, and the machine may be busy."""
SETTINGS = CompletionSettings(
    multiline="never", prefetch=False, deadline_ms=DEADLINE_MS, learn_from_outcomes=False
)
PRODUCT, SETTLED, BUILT_IN = "product", "product, settled", "product, built-in"
SETTLE_S = 10.0
"""So long has somebody been in the file who is settled in it."""
SETTLE_LINES = 3
"""So many lines above the cursor was the work before."""
IDLE_S = 1.5
"""A model that was asked for nothing for so long has read all it wants to: the pauses of the
completer before it reads on (other files', wider prompts) are shorter together."""
_POLL_S, _SHORT_S = 0.05, 0.01


class Product:
    """A window with one file open, asked twice at each cursor.

    First as typing asks, which says whether a user would see something; if not, or if it may be
    a part of a line, as pressing the key for it asks, so that there is a proposal and a confidence
    everywhere.

    With a quick network beside a larger model, what is seen is what stands when the model has
    written, and the time is that of the first answer.

    If `settled`, the file has been open for `SETTLE_S` before: a line some lines above was asked
    for, as typing asks, and then nothing, so that the model has read wider prompts. Where it has
    no more to read before that, the time is cut short.
    """

    def __init__(
        self,
        name: str,
        engine: Callable[[], Engine | None],
        folder: Path,
        *,
        settled: bool = False,
        quick: Callable[[], Engine | None] = lambda: None,
    ) -> None:
        """`quick`: see `Completer`."""
        self.name = name
        self._engine, self._quick = engine, quick
        self._improved = asyncio.Event()
        self._settled = settled
        self._log = SignalLog(folder / f"signals-{name.replace(' ', '-')}.sqlite")
        self._folder = folder
        self._index: Index | None = None
        self._symbols: Symbols | None = None
        self._snapshot: Snapshot | None = None
        self._completer: Completer | None = None
        self._documents = Documents()

    async def enter(self, project: ProjectFiles | None) -> None:
        await self._leave()
        folders: tuple[Path, ...] = ()
        echo = Echo()
        if project is not None:
            folders = (project.root,)
            name = project.name.replace("/", "__")
            self._index = await Index.of(project.root, self._folder / f"{self.name}-echo" / name)
            echo = self._index.echo()
            self._symbols = Symbols(project.root, self._folder / f"{self.name}-index" / name)
        self._documents = Documents()
        self._completer = Completer(
            Environment(
                self._documents,
                lambda: SETTINGS,
                folders=lambda: folders,
                index=lambda uri: self._snapshot,
                improved=lambda place: self._improved.set(),
            ),
            engine=self._engine,
            quick=self._quick,
            signals=self._log,
            echo=echo,
        )

    async def propose(self, case: Case) -> Proposal:
        completer, document = self._completer, case.document
        assert completer is not None, "enter comes first"
        self._documents.open(document)
        if self._symbols is not None:
            self._snapshot = self._symbols.at(case)
        try:
            if self._settled:
                await self._settle(completer, case)
            self._improved.clear()
            started = time.perf_counter()
            answer = await completer.complete(CompletionRequest(document, case.offset))
            ms = (time.perf_counter() - started) * 1e3
            if await self._improves():
                answer = await completer.complete(CompletionRequest(document, case.offset))
            seen = answer.suggestion
            if seen is None or self._shows_parts():
                asked = CompletionRequest(document, case.offset, Trigger.INVOKED)
                whole = await completer.complete(asked)
                return _proposal(whole if whole.suggestion else answer, case, ms, seen)
            return _proposal(answer, case, ms, seen)
        finally:
            self._documents.close(document.uri)
            completer.closed(document.uri)

    async def _settle(self, completer: Completer, case: Case) -> None:
        """Be at work some lines above the cursor, until a model has nothing more to read."""
        above = case.before.split("\n")[:-SETTLE_LINES] or [""]
        offset = sum(len(line) + 1 for line in above[:-1])
        await completer.complete(CompletionRequest(case.document, offset))
        engine = self._engine()
        end = active = time.perf_counter()
        end += SETTLE_S
        while (now := time.perf_counter()) < end and now - active < IDLE_S:
            await asyncio.sleep(_POLL_S)
            if engine is not None and engine.activity.busy:
                active = time.perf_counter()

    async def close(self) -> None:
        await self._leave()
        self._log.close()

    async def _improves(self) -> bool:
        """Wait until the model has written, and say whether that is better than what was shown."""
        engine = self._engine()
        if engine is None or self._quick() is None:
            return False
        while engine.activity.busy and not self._improved.is_set():
            await asyncio.sleep(_SHORT_S)
        await asyncio.sleep(_SHORT_S)  # What came of it is told by then.
        return self._improved.is_set()

    def _shows_parts(self) -> bool:
        """Say whether what is shown may be a part: of what a large model writes, the sure one."""
        engine = self._engine()
        return engine is not None and not engine.capabilities.scores_lines

    async def _leave(self) -> None:
        if self._completer is not None:
            await self._completer.close()
            self._completer = None
        if self._index is not None:
            self._index.close()
            self._index = None
        if self._symbols is not None:
            self._symbols.close()
            self._symbols = self._snapshot = None


def _proposal(answer: Answer, case: Case, ms: float, seen: Suggestion | None) -> Proposal:
    """Return what is proposed: `answer` is what somebody is given who asks, `seen` who types."""
    suggestion, prompt_tokens = answer.suggestion, answer.trace.prompt_tokens
    if suggestion is None:
        return Proposal("", 0.0, ms, ms, shown=False, prompt_tokens=prompt_tokens)
    text, part = _rest(suggestion, case), "" if seen is None else _rest(seen, case)
    chance, seen_chance = suggestion.confidence or 0.0, seen.confidence or 0.0 if seen else 0.0
    if seen is not None and (part == text or not text.startswith(part)):
        # All of it, or something else: then that is the answer.
        text, chance, part = part, seen_chance, ""
    return Proposal(
        text,
        chance,
        ms,
        ms,
        shown=seen is not None,
        part=part,
        part_chance=seen_chance if part else 0.0,
        prompt_tokens=prompt_tokens,
    )


def _rest(suggestion: Suggestion, case: Case) -> str:
    """Return the rest of the line; a suggestion may replace the line from before the cursor."""
    typed = case.document.text[suggestion.span.start : case.offset]
    text = first_line(suggestion.text)
    return text.removeprefix(typed) if text.startswith(typed) else ""
