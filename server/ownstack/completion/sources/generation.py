"""A model that generates: joins the answer that is being written, or asks for another."""

from __future__ import annotations

from collections.abc import Callable

from ownstack.completion.environment import Environment
from ownstack.completion.extent import statement
from ownstack.completion.feedback.displayed import DisplayedSuggestion
from ownstack.completion.place import Place, stands
from ownstack.completion.request import Reply, SourceRequest
from ownstack.completion.request_extents import RequestExtents
from ownstack.completion.sources.echo import drafts
from ownstack.completion.sources.generation_client import GenerationClient
from ownstack.completion.sources.protocol import Source
from ownstack.document import Document


class GenerationSource(Source):
    """Answers with what a model writes, and has it work ahead while nobody waits."""

    name = "model"
    reads_definitions = True

    def __init__(
        self, client: GenerationClient, environment: Environment, extents: RequestExtents
    ) -> None:
        self._client = client
        self._documents = environment.documents
        self._settings = environment.settings
        self._extents = extents

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
        place, watch, trace = request.place, request.watch, request.trace
        client, wanted = self._client, self._extents.of(request)
        joined = client.joinable(place, wanted)
        if joined is not None:
            in_flight, typed = joined
            with watch.stage("join"):
                reply = await client.wait_for(in_flight, typed, request.trigger, watch, trace)
            if reply.text:
                return Reply(reply.text, "joined", "model", reply.confidence)
            if not typed or not self._is_current(place):
                return Reply("", reason=reply.reason)
        in_flight = client.generate(place, wanted, request.trigger, watch, drafts(request.examined))
        with watch.stage("model"):
            reply = await client.wait_for(in_flight, "", request.trigger, watch, trace)
        if reply.unfinished and wanted.max_lines == 1 and self._settings().multiline != "never":
            # The statement goes on below: with its other lines, or not at all.
            in_flight = client.generate(
                place, statement(place, self._settings()), request.trigger, watch
            )
            with watch.stage("statement"):
                reply = await client.wait_for(in_flight, "", request.trigger, watch, trace)
        if not reply.text:
            return Reply("", source="model", reason=reply.reason)
        return Reply(reply.text, "model", "model", reply.confidence)

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

    def _is_current(self, place: Place) -> bool:
        current = self._documents.get(place.uri)
        return current is None or stands(place.document, place.offset, current)
