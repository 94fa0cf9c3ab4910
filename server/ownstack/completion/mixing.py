"""What was written before, alone or beside a small network that weighs it and lines of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from itertools import islice
from typing import Literal

from ownstack.completion.asking import Asking
from ownstack.completion.echo import Echo, Echoed, Usable
from ownstack.completion.echo.judgement import Judged
from ownstack.completion.echo.question import Question, ask
from ownstack.completion.mix import options, ranked
from ownstack.completion.naming import Known, Naming
from ownstack.completion.request import Found, Request
from ownstack.completion.shape import Shape
from ownstack.completion.trim import trim
from ownstack.document import Document
from ownstack.engine.generation import Generation
from ownstack.engine.protocol import Generated, Weighed
from ownstack.settings import CompletionSettings, Eagerness

THRESHOLDS: dict[Eagerness, float] = {"shy": 0.65, "normal": 0.4, "eager": 0.2}
"""A suggestion that nobody asked for is shown from this chance on, that it is exactly right."""
PROPOSALS = 8
"""Lines of echo that the network weighs."""
ALTERNATIVES = 3
"""Lines of its own that the network adds."""
DRAFTS = 4
"""Lines of echo that a larger model checks, at most."""
DRAFT_SHARE = 0.02
"""Of echo's choice; what is less likely than that is not worth a check."""
TRIED = 3
"""So many lines, the best first, are tried until one fits its place."""

Source = Literal["echo", "model"]
_WHOSE: dict[Source, str] = {"echo": "What was written before", "model": "The network's line"}
_NO_ECHO = "Nothing like this was written before, here or in this project."
_UNHEARD = "Nothing like this was written before, and the network was too slow this time or failed."
_NOTHING = "Neither what was written before nor the built-in network has a line for this place."
_COMPLETE = "The line is likeliest complete as it is."


class Mixing:
    """Answers from echo, and from echo and a network that weighs (`Capabilities.weighs`)."""

    def __init__(
        self,
        echo: Echo,
        others: Callable[..., Awaitable[Sequence[Document]]],
        shape: Callable[[Request], Shape],
        settings: Callable[[], CompletionSettings],
        failed: Callable[[str, Exception], None],
        naming: Naming,
    ) -> None:
        """`others`: the documents to look into (`Gathering.others`); `failed` names an error."""
        self._echo = echo
        self._others = others
        self._shape = shape
        self._settings = settings
        self._failed = failed
        self._naming = naming
        self._weighing: Generation | None = None

    async def echoed(self, request: Request, *, least: float | None = None, wait: bool) -> Found:
        """Return what was written before, if it is likely enough. Never raises.

        `least`: the chance from which on it is shown; without one, what the user has set. With
        `wait`, files near the document are read first.
        """
        place = request.place
        try:
            with request.watch.stage("echo"):
                others = await self._others(place.document, wait=wait)
                found = self._echo.suggest(place.document, place.offset, others)
                if found is None:
                    return Found("", reason=_NO_ECHO)
                return self._fitting(request, found, least)
        except Exception as error:
            self._failed("echo", error)
            return Found("", reason="Looking for what was written before failed.")

    async def sure(self, request: Request, *, least: float) -> tuple[Found, tuple[str, ...]]:
        """Return what was written before, if it is likely enough, else drafts for a model.

        Drafts are what else might follow here; nobody sees one that the model would not have
        written itself, so they need no last checks. Never raises.
        """
        place = request.place
        try:
            with request.watch.stage("echo"):
                others = await self._others(place.document, wait=False)
                found, examined = self._echo.consider(place.document, place.offset, others)
                if found is not None:
                    fitting = self._fitting(request, found, least)
                    if fitting.text:
                        return fitting, ()
                return Found("", reason=_NO_ECHO), drafts(examined)
        except Exception as error:
            self._failed("echo", error)
            return Found("", reason="Looking for what was written before failed."), ()

    async def mixed(self, asking: Asking, request: Request) -> Found:
        """Return the best of what echo and the network have to say. Never raises.

        One request to the network, which ends with the next key. If it fails or is late, echo
        alone answers, in time.
        """
        self.stop()
        place = request.place
        self._naming.begin(place)
        try:
            with request.watch.stage("echo"):
                others = await self._others(place.document, wait=True)
                question = ask(place.document, place.offset)
                usable = list(
                    islice(self._echo.propose(question, place.document, others), PROPOSALS)
                )
        except Exception as error:
            self._failed("echo", error)
            return Found("", reason="Looking for what was written before failed.")
        if usable and not usable[0].text:
            return Found("", reason=_COMPLETE)
        usable = [one for one in usable if one.text]
        with request.watch.stage("names"):
            known = await self._naming.names(place)
        usable = [one for one in usable if not known.declares(one.text)]
        weighed = await self._weighed(asking, request, usable, known)
        try:
            with request.watch.stage("mix"):
                return self._best(request, question, usable, weighed, known)
        except Exception as error:
            self._failed("mixture", error)
            return Found("", reason="Mixing what was written before with the network failed.")

    def stop(self) -> None:
        """Nobody waits for the network any more: the text has changed."""
        if self._weighing is not None:
            self._weighing.cancel()
            self._weighing = None

    async def _weighed(
        self, asking: Asking, request: Request, usable: Sequence[Usable], known: Known
    ) -> Sequence[Weighed]:
        """Return what the network thinks; nothing if it fails or is late."""
        left_s = asking.patience_s(request.trigger, request.watch)
        try:
            with request.watch.stage("weigh"):
                texts = tuple(one.text for one in usable)
                generation = asking.weigh(request.place, texts, known.begun, ALTERNATIVES, left_s)
                self._weighing = generation
                result = await _within(generation, left_s)
        except Exception as error:
            self._failed("weighing", error)
            return ()
        if result is None:
            return ()
        asking.tell(result, request.trace)
        return result.weighed

    def _best(
        self,
        request: Request,
        question: Question,
        usable: Sequence[Usable],
        weighed: Sequence[Weighed],
        known: Known,
    ) -> Found:
        """Return the best line that fits its place."""
        if not weighed:
            if not usable:
                return Found("", reason=_UNHEARD)
            return self._fitting(request, usable[0].echoed(question), None)
        echoed = {one.text: one for one in usable}
        mixed = ranked(options(question, [one.judged for one in usable], weighed, known))
        found = Found("", reason=_NOTHING)
        for number, one in enumerate([one for one in mixed if one.text][:TRIED]):
            chance = one.chance()
            echo = echoed.get(one.text)
            said = _alone(one.text, chance) if echo is None else echo.echoed(question, chance)
            tried = self._fitting(request, said, None, source="model" if echo is None else "echo")
            if tried.text:
                return tried
            found = tried if number == 0 else found
        return found

    def _fitting(
        self, request: Request, said: Echoed, least: float | None, source: Source = "echo"
    ) -> Found:
        """Return a line as it may be shown, or why it is not."""
        needed = self._needed(request) if least is None else least
        if said.confidence < needed:
            why = unsure(said.confidence, needed)
            return Found("", confidence=said.confidence, reason=why)
        place = request.place
        # Several lines only if they are sure, and where a block may be written.
        wanted = self._shape(request) if said.more else Shape(1, None, "line")
        trimmed = trim(
            "\n".join((said.text, *said.more)[: wanted.max_lines]),
            complete=True,
            document=place.document,
            offset=place.offset,
            shape=wanted,
        )
        if not trimmed.text:
            return Found("", reason=f"{_WHOSE[source]} does not fit: {trimmed.dropped}.")
        return Found(trimmed.text, source, source, said.confidence)

    def _needed(self, request: Request) -> float:
        return 0.0 if request.invoked else THRESHOLDS[self._settings().eagerness]


def drafts(examined: Sequence[Judged]) -> tuple[str, ...]:
    """Return the texts worth checking, the likeliest first."""
    likely = [one.candidate.text for one in examined if one.share >= DRAFT_SHARE]
    return tuple(text for text in likely if text)[:DRAFTS]


def unsure(chance: float, needed: float) -> str:
    """Say why something that was found is not shown."""
    return (
        f"Not sure enough: {chance:.2f} of {needed:.2f} needed (`ownstack.completion.eagerness`)."
    )


def _alone(text: str, chance: float) -> Echoed:
    """Return a line of the network's own."""
    return Echoed(text, chance, 0, 0, "")


async def _within(generation: Generation, timeout_s: float) -> Generated | None:
    """Wait for an answer, at most so long; one that is late goes on.

    Raises:
        OwnstackError: the engine failed.
    """
    task = asyncio.ensure_future(generation.result())
    try:
        done, _ = await asyncio.wait({task}, timeout=timeout_s)
        return task.result() if done else None
    finally:
        task.cancel()
