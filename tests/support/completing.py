"""A window with a completer in it, driven by texts with a `$0` cursor."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType

from ownstack.completion.completer import Completer
from ownstack.completion.echo import Echo, LineSuggestion
from ownstack.completion.echo.scoring import ScoredCandidate
from ownstack.completion.environment import Environment
from ownstack.completion.feedback.signals import SignalLog
from ownstack.completion.place import Place
from ownstack.completion.suggestion import Answer, CompletionRequest, Trace, Trigger
from ownstack.document import Document, Documents
from ownstack.engine.protocol import Engine
from ownstack.index.snapshot.snapshot import Snapshot
from ownstack.settings import CompletionSettings
from ownstack.text import Edit, Span

URI = "file:///project/a.py"


def at(marked: str, uri: str = URI, version: int = 1, language: str = "python") -> Place:
    """Return the place that `$0` marks."""
    offset = marked.index("$0")
    text = marked.replace("$0", "", 1)
    return Place(Document(uri, uri.rpartition("/")[2], language, version, text), offset)


class Timers:
    """Stands in for `loop.call_later`: what is due runs when the test says so."""

    def __init__(self) -> None:
        self.now = 0.0
        self.waiting: list[Timer] = []

    def later(self, delay_s: float, callback: Callable[[], None]) -> Timer:
        timer = Timer(self, self.now + delay_s, callback)
        self.waiting.append(timer)
        return timer

    def advance(self, seconds: float) -> None:
        self.now += seconds
        for timer in sorted(self.waiting, key=lambda timer: timer.due_s):
            if timer in self.waiting and timer.due_s <= self.now:
                self.waiting.remove(timer)
                timer.callback()


@dataclasses.dataclass(eq=False)
class Timer:
    timers: Timers
    due_s: float
    callback: Callable[[], None]

    def cancel(self) -> None:
        if self in self.timers.waiting:
            self.timers.waiting.remove(self)


class Silence(Echo):
    """An echo that never has anything to say, for tests of the model alone."""

    def consider(
        self, document: Document, offset: int, others: object, weigh: object = None
    ) -> tuple[LineSuggestion | None, list[ScoredCandidate]]:
        return None, []


class Window:
    """One editor window: `show` sets the text, `type` types, `ask` completes."""

    def __init__(
        self,
        folder: Path,
        engine: Engine | None = None,
        *,
        echo: Echo | None = None,
        settings: CompletionSettings | None = None,
        snapshot: Snapshot | None = None,
        quick: Engine | None = None,
        hears: bool = False,
        kept: Callable[[Document, Sequence[str]], object] = lambda document, lines: None,
    ) -> None:
        """`hears`: the client asks again when it is told that there is something better."""
        self.engine, self.quick = engine, quick
        self.improved: list[Place] = []
        """Where the window was told that there is something better."""
        self.came: list[tuple[Trace, float]] = []
        """What was heard of answers that nobody waited for, and after how many seconds."""
        self.settings = settings or CompletionSettings(prefetch=False)
        self.timers = Timers()
        self.documents = Documents()
        self.signals = SignalLog(folder / "signals.sqlite")
        self.completer = Completer(
            Environment(
                documents=self.documents,
                settings=lambda: self.settings,
                index=lambda uri: snapshot,
                clock=lambda: self.timers.now,
                later=self.timers.later,
                hears_improvements=lambda: hears,
                came=lambda trace, taken_s: self.came.append((trace, taken_s)),
                kept=kept,
                improved=self.improved.append,
            ),
            engine=lambda: self.engine,
            quick=lambda: self.quick,
            signals=self.signals,
            echo=echo or Silence(),
        )
        self.place = at("$0")

    async def __aenter__(self) -> Window:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.completer.close()
        self.signals.close()

    def show(self, marked: str, uri: str = URI, language: str = "python") -> None:
        """Open a document, or give it another text, with the cursor at `$0`."""
        old = self.documents.get(uri)
        version = 1 if old is None else old.version + 1
        self.place = at(marked, uri, version, language)
        self.documents.open(self.place.document)
        self.completer.changed(self.place.document)

    def edit(self, start: int, end: int, text: str, cursor: int | None = None) -> None:
        """Replace characters `start` to `end`; the cursor goes after the new text."""
        old = self.place.document
        new = self.documents.edit(old.uri, old.version + 1, [Edit(Span(start, end), text)])
        assert new is not None
        self.place = Place(new, start + len(text) if cursor is None else cursor)
        self.completer.changed(new)

    def type(self, text: str, closers: str = "") -> None:
        """Type at the cursor; the editor adds `closers` right of it."""
        at = self.place.offset
        self.edit(at, at, text + closers, at + len(text))

    def backspace(self, count: int = 1) -> None:
        self.edit(self.place.offset - count, self.place.offset, "")

    async def ask(self, trigger: Trigger = Trigger.AUTOMATIC) -> Answer:
        return await self.completer.complete(
            CompletionRequest(self.place.document, self.place.offset, trigger)
        )

    async def text(self, trigger: Trigger = Trigger.AUTOMATIC) -> str | None:
        """Return the suggested text, None if there is none."""
        answer = await self.ask(trigger)
        return None if answer.suggestion is None else answer.suggestion.text

    def asking(self, trigger: Trigger = Trigger.AUTOMATIC) -> asyncio.Task[Answer]:
        """Ask without waiting."""
        return asyncio.ensure_future(self.ask(trigger))

    def accept(self, answer: Answer) -> None:
        """Press Tab: the editor makes the edit, then reports it."""
        assert answer.suggestion is not None
        span = answer.suggestion.span
        self.edit(span.start, span.end, answer.suggestion.text)
        self.completer.accepted(answer.suggestion.id)


async def turns(count: int = 10) -> None:
    """Let everything that is ready run."""
    for _ in range(count):
        await asyncio.sleep(0)
