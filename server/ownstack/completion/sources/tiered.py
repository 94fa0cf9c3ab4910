"""A quick source beside a model that takes its time: a key is answered in time by whoever can.

The model begins with the key and goes on whoever answers. What it then has is kept for the next
request at that place (`ownstack/completion/improvement.py`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace

from ownstack.completion.failures import Failures
from ownstack.completion.feedback.displayed import DisplayedSuggestion
from ownstack.completion.feedback.own_calibration import maker_name
from ownstack.completion.feedback.traces import Stopwatch, take_over
from ownstack.completion.place import Place, typed_since
from ownstack.completion.request import Reply, SourceRequest
from ownstack.completion.sources.fitting import OTHERS, likely
from ownstack.completion.sources.generation_client import SUPERSEDED
from ownstack.completion.sources.protocol import Source
from ownstack.completion.suggestion import Trace
from ownstack.concurrency import Tasks
from ownstack.document import Document

STILL_WRITING = "The model is still writing; what it finds is shown if nothing is typed meanwhile."
PATIENCE_KEY_S = 0.05
"""So long after the key the better of both is awaited, and who types notices nothing of it."""


@dataclass(frozen=True, slots=True)
class _Unfinished:
    """What the model was still writing when its place was answered."""

    place: Place
    writing: asyncio.Task[Reply | Exception]
    trace: Trace
    watch: Stopwatch
    answered: Trace
    """What the place was answered with meanwhile."""


class TieredSource(Source):
    """Answers with the better of what both sources have in time; the quick one need not be sure.

    Who pauses loses nothing: if the quick source has no answer that is likely enough, the model is
    waited for, as without it; or nothing is answered, if the client hears of what comes later. Who
    asks by a key of their own waits for the model in any case, and may get more.
    """

    name = "model"

    def __init__(
        self,
        quick: Source,
        model: Source,
        failures: Failures,
        objection: Callable[[SourceRequest, Reply], str],
        *,
        hears: Callable[[], bool] = lambda: False,
        late: Callable[[Place, Trace, float], object] = lambda place, trace, taken_s: None,
    ) -> None:
        """`objection` says why a reply would not be shown, so that it stands in nobody's way.

        `hears`: whether who asks is told of what the model finds later, so that nobody waits.
        `late` hears what the model had to say at a place that was answered with nothing before, by
        its trace and the seconds since that was asked; who asks again there gets the trace's text.
        """
        self._hears = hears
        self._late = late
        self._unfinished: _Unfinished | None = None
        self._quick = quick
        self._model = model
        self._failures = failures
        self._objection = objection
        self._writing = Tasks("Waiting for a model")

    async def suggest(self, request: SourceRequest) -> Reply:
        """Return the better reply of those that are there in time.

        Raises:
            Exception: the model failed, and the quick source has no answer.
        """
        found = None if request.peeks else self._found_since(request)
        if found is not None:
            return found
        own = Trace()
        apart = replace(request, trace=own, watch=request.watch.apart(own))
        # A newer answer ends the waiting for the one before; what is generated goes on.
        name = None if request.peeks else "answer"
        writing = self._writing.start(self._written(apart), name)
        answering = asyncio.ensure_future(self._answered(request))
        try:
            waits = request.invoked or request.peeks or not self._hears()
            await _in_time(request, answering, writing, waits=waits)
        except asyncio.CancelledError:
            writing.cancel()
            raise
        finally:
            answering.cancel()
        quick = answering.result() if answering.done() else Reply("")
        written = _found(writing)
        if not writing.done() and not request.peeks:
            if not quick.text:
                # It is not known yet whether anything is late here.
                request.trace.late = False
            unfinished = _Unfinished(request.place, writing, own, apart.watch, request.trace)
            self._unfinished = unfinished
            writing.add_done_callback(lambda _: self._finished(unfinished))
        if isinstance(written, Exception):
            if not quick.text:
                raise written
            self._failures.note(self.name, written)
            return quick
        quick, written = _signed(quick, request.trace), _signed(written, own)
        first, other = _ordered(request, quick, written)
        if first is written and writing.done():
            take_over(request.trace, own)
        least = likely(request, first)
        others = [
            reply
            for reply in (other, *quick.others)
            if reply.text not in ("", first.text) and (reply.confidence or 0.0) >= least
        ]
        return replace(first, others=tuple(others[:OTHERS]))

    def _found_since(self, request: SourceRequest) -> Reply | None:
        """Return what the model had to say here after it was answered with nothing."""
        unfinished, self._unfinished = self._unfinished, None
        if unfinished is None or not unfinished.writing.done():
            return None
        if request.invoked or unfinished.answered.text:
            return None
        if typed_since(unfinished.place, request.place) != "":
            return None
        found = _found(unfinished.writing)
        if isinstance(found, Exception) or not found.text:
            return None
        take_over(request.trace, unfinished.trace)
        return replace(_signed(found, unfinished.trace), tier="cache")

    def _finished(self, unfinished: _Unfinished) -> None:
        """Tell what became of an answer that nobody waited for, and of a failure."""
        if unfinished.writing.cancelled():
            return
        found = unfinished.writing.result()
        if isinstance(found, Exception):
            self._failures.note(self.name, found)
        elif not unfinished.answered.text and self._unfinished is unfinished:
            unfinished.trace.text = found.text
            if not found.text:
                unfinished.answered.reason = found.reason
            try:
                self._late(unfinished.place, unfinished.trace, unfinished.watch.elapsed_s)
            except Exception as error:
                self._failures.note("improvement", error)

    async def _answered(self, request: SourceRequest) -> Reply:
        """Return what the quick source says; nothing if it fails."""
        try:
            return self._unopposed(request, await self._quick.suggest(request))
        except Exception as error:
            self._failures.note(self._quick.name, error)
            return Reply("")

    async def _written(self, request: SourceRequest) -> Reply | Exception:
        """Return what the model says. A failure is told by whoever waits, if anybody does."""
        try:
            return self._unopposed(request, await self._model.suggest(request))
        except Exception as error:  # handed to `suggest`, and named there
            return error

    def _unopposed(self, request: SourceRequest, reply: Reply | None) -> Reply:
        if reply is None or not reply.text:
            return reply or Reply("")
        reason = self._objection(request, reply)
        return Reply("", reason=reason) if reason else reply

    def moved(self, place: Place) -> None:
        for source in (self._quick, self._model):
            source.moved(place)

    def changed(self, document: Document) -> None:
        for source in (self._quick, self._model):
            source.changed(document)

    def rest(self, place: Place) -> None:
        for source in (self._quick, self._model):
            source.rest(place)

    def prefetch(self, displayed: DisplayedSuggestion) -> None:
        for source in (self._quick, self._model):
            source.prefetch(displayed)

    def forget(self, uri: str) -> None:
        if self._unfinished is not None and self._unfinished.place.uri == uri:
            self._unfinished.writing.cancel()
            self._unfinished = None
        for source in (self._quick, self._model):
            source.forget(uri)

    def retire(self) -> None:
        for source in (self._quick, self._model):
            source.retire()

    async def close(self) -> None:
        for source in (self._quick, self._model):
            await source.close()
        await self._writing.ended()


async def _in_time(
    request: SourceRequest,
    answering: asyncio.Future[Reply],
    writing: asyncio.Future[Reply | Exception],
    *,
    waits: bool,
) -> None:
    """Wait until there is something to show, and both had their chance; or nothing will be.

    Unless it `waits` for that: then the quick source is enough, whatever it says.
    """
    loop = asyncio.get_running_loop()
    patient_until_s = loop.time() + max(0.0, PATIENCE_KEY_S - request.watch.elapsed_s)
    while True:
        pending = {future for future in (answering, writing) if not future.done()}
        left_s = patient_until_s - loop.time()
        if not pending:
            return
        if left_s <= 0:
            quick_is_enough = answering.done() and not request.invoked
            if quick_is_enough and (answering.result().text or not waits):
                return
            if writing.done() and not _has_nothing(_found(writing)):
                return
        await asyncio.wait(
            pending,
            timeout=left_s if left_s > 0 else None,
            return_when=asyncio.FIRST_COMPLETED,
        )


def _found(writing: asyncio.Future[Reply | Exception]) -> Reply | Exception:
    """Return what there is of the model's answer; a newer request ends the waiting for it."""
    if not writing.done():
        return Reply("", reason=STILL_WRITING)
    return Reply("", reason=SUPERSEDED) if writing.cancelled() else writing.result()


def _has_nothing(written: Reply | Exception) -> bool:
    return isinstance(written, Exception) or not written.text


def _signed(reply: Reply, trace: Trace) -> Reply:
    """Return a reply whose texts say which model they are of: two stand beside each other here."""
    others = tuple(_signed(other, trace) for other in reply.others)
    model = maker_name(trace.model, trace.adapters)
    return replace(reply, model=model if reply.source == "model" else "", others=others)


def _ordered(request: SourceRequest, quick: Reply, written: Reply) -> tuple[Reply, Reply]:
    """Return the reply to show first, and the other one."""
    if not written.text:
        return (quick, written) if quick.text else (written, quick)
    if request.invoked or not quick.text or written.confidence is None:
        return written, quick
    better = written.confidence >= (quick.confidence or 0.0)
    return (written, quick) if better else (quick, written)
