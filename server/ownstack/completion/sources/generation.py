"""A model that generates: joins the answer that is being written, or asks for another."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from ownstack.completion.environment import Environment
from ownstack.completion.extent import statement
from ownstack.completion.feedback.displayed import DisplayedSuggestion
from ownstack.completion.feedback.own_calibration import OwnCalibration
from ownstack.completion.place import Place, stands
from ownstack.completion.request import Reply, SourceRequest
from ownstack.completion.request_extents import RequestExtents
from ownstack.completion.sources.echo import TRIED, EchoSource
from ownstack.completion.sources.fitting import least_chance, sure_enough
from ownstack.completion.sources.generation_client import GenerationClient, ModelReply
from ownstack.completion.sources.protocol import Source
from ownstack.document import Document


class GenerationSource(Source):
    """Answers with what a model writes, and has it work ahead while nobody waits."""

    name = "model"
    reads_definitions = True

    def __init__(
        self,
        client: GenerationClient,
        echo: EchoSource,
        environment: Environment,
        extents: RequestExtents,
        own: OwnCalibration,
    ) -> None:
        """`echo` makes ready what it came upon, where that is better than what the model wrote."""
        self._client = client
        self._echo = echo
        self._documents = environment.documents
        self._settings = environment.settings
        self._extents = extents
        self._own = own

    def has_begun(self, request: SourceRequest) -> bool:
        """Say whether an answer is being written that agrees with the text."""
        with request.watch.stage("extent"):
            wanted = self._extents.of(request)
        return self._client.joinable(request.place, wanted) is not None

    async def suggest(self, request: SourceRequest) -> Reply:
        """Return what the model says.

        Raises:
            Exception: whatever the engine failed with.
        """
        if request.unsure is not None:
            return request.unsure
        place, watch, trace = request.place, request.watch, request.trace
        client, wanted = self._client, self._extents.of(request)
        joined = client.joinable(place, wanted)
        if joined is not None:
            in_flight, typed = joined
            with watch.stage("join"):
                reply = await client.wait_for(in_flight, typed, request.trigger, watch, trace)
            if reply.text:
                shown = self._best(request, reply)
                return replace(shown, tier="joined") if shown.source == "model" else shown
            if not typed or not self._is_current(place):
                return Reply("", reason=reply.reason)
        in_flight = client.generate(place, wanted, request.trigger, watch, request.examined)
        with watch.stage("model"):
            reply = await client.wait_for(in_flight, "", request.trigger, watch, trace)
        has_more = reply.unfinished and wanted.max_lines == 1
        if has_more and self._settings().multiline != "never" and self._is_current(place):
            # The statement goes on below: with its other lines, or not at all.
            in_flight = client.generate(
                place, statement(place, self._settings()), request.trigger, watch
            )
            with watch.stage("statement"):
                reply = await client.wait_for(in_flight, "", request.trigger, watch, trace)
        return self._best(request, reply)

    def context_budget(self) -> tuple[int, Callable[[str], int]]:
        return self._client.context_budget()

    def moved(self, place: Place) -> None:
        """End what nobody at `place` can use."""
        self._client.running.moved(place)

    def changed(self, document: Document) -> None:
        """End what contradicts the new text."""
        self._client.running.changed(document)

    def rest(self, place: Place) -> None:
        self._client.rest(place)

    def prefetch(self, displayed: DisplayedSuggestion) -> None:
        self._client.prefetch(displayed)

    def forget(self, uri: str) -> None:
        self._client.forget(uri)

    def retire(self) -> None:
        self._client.retire()

    async def close(self) -> None:
        await self._client.close()

    def _best(self, request: SourceRequest, reply: ModelReply) -> Reply:
        """Return the best of the model's line and echo's, if it is sure enough to be shown."""
        with request.watch.stage("weigh"):
            least = least_chance(request, "model", self._settings(), self._own)
            own = Reply("", source="model", reason=reply.reason)
            if reply.text:
                own = sure_enough(reply.text, reply.chance, least)
            for line in reply.lines[:TRIED]:
                if line.written and own.text:
                    return own
                if line.by_echo is None or line.written:
                    continue
                fitted = self._echo.chosen(request, line.by_echo, line.chance.whole)
                if fitted is not None and fitted.text:
                    return fitted
            return own

    def _is_current(self, place: Place) -> bool:
        current = self._documents.get(place.uri)
        return current is None or stands(place.document, place.offset, current)
