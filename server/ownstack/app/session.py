"""One editor window: its documents, its settings, its completer. Knows no protocol."""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from ownstack import __version__
from ownstack.app.background import Beside
from ownstack.app.documents.document_uris import open_text, refusal, shown_path
from ownstack.app.documents.large_documents import (
    MAX_DOCUMENT_CHARS,
    LargeDocuments,
    inserts_too_much,
    too_large,
)
from ownstack.app.documents.text_sync import Replacement, edits, whole
from ownstack.app.explanation import Explaining
from ownstack.app.host import Host
from ownstack.app.indexes.window_indexes import Ask, WindowIndexes
from ownstack.app.learning.window_projects import WindowProjects
from ownstack.app.notebooks import Notebooks, TextView
from ownstack.app.punctuality import Punctuality
from ownstack.app.role_models import RoleModels
from ownstack.app.status import Status, figures, judge, who_completes
from ownstack.completion.completer import Completer
from ownstack.completion.echo import Echo
from ownstack.completion.eligibility import is_excluded
from ownstack.completion.environment import Environment
from ownstack.completion.place import stands
from ownstack.completion.suggestion import Answer, CompletionRequest, Trace, Trigger
from ownstack.concurrency import within
from ownstack.document import Document, Documents, OpenText
from ownstack.engine.protocol import Engine
from ownstack.errors import OwnstackError
from ownstack.files.uri import file_path
from ownstack.models.roles import Role
from ownstack.settings import Settings
from ownstack.text import Span

log = logging.getLogger(__name__)

MAX_SELECTED_CHARS = 10_000
"""No item of an editor's list is as long."""
PICK_S = 0.2
"""How long the first key of a window waits to find out which model there is."""

INDEX_AFTER_S = 10.0
"""The index waits so long for the model: its libraries alone take a second, and the first
suggestion should not wait for them."""


class Session:
    """One window, from `start` to `close`; all runs on the event loop and returns fast."""

    def __init__(
        self,
        host: Host,
        *,
        changed: Callable[[], None] | None = None,
        ask: Ask | None = None,
        improved: Callable[[str, int], object] = lambda uri, version: None,
        hears_improvements: Callable[[], bool] = lambda: False,
    ) -> None:
        """`changed` is called whenever the status may have changed; `ask` asks the user.

        `improved` hears of a text (URI, version) that has a better suggestion than the last one.
        """
        self._host = host
        self._changed = changed or (lambda: None)
        self.beside = Beside()
        self.indexes = WindowIndexes(host.indexes, self._changed, ask, self.beside)
        self.settings, self.trusted = Settings(), True
        self.folders: tuple[Path, ...] = ()
        self.projects, self.documents = WindowProjects(), Documents()
        self.completer = Completer(
            Environment(
                documents=self.documents,
                settings=lambda: self.settings.completion,
                folders=lambda: self._readable,
                project=lambda uri: self.projects.around(uri),
                index=self.indexes.snapshot,
                hears_improvements=hears_improvements,
                came=self._took,
                kept=lambda document, lines: host.lines.keep(self, document, lines),
                improved=lambda place: improved(*self.notebooks.text_at(place)),
            ),
            engine=lambda: self.engine,
            quick=lambda: self.models.quick.engine,
            signals=host.signals,
            echo=Echo(
                views=lambda: host.projects.views(self._readable),
                allowed=lambda path: not is_excluded(path, self.settings.completion),
                stale=host.projects.saved,
            ),
            nearby=host.nearby,
        )
        self.notebooks = Notebooks(
            self.documents, self.completer, self.indexes, lambda: self.folders, too_large
        )
        self._refused: dict[str, str] = {}
        self.large = LargeDocuments()
        self.models = RoleModels(host, self._changed)
        self._indexed: asyncio.Task[None] | None = None
        self._explaining, self._punctuality = Explaining(), Punctuality()
        self.keep_edit = partial(host.edits.keep, self)
        self._started = self._closed = False

    # Life ---------------------------------------------------------------------------------

    def start(self) -> None:
        """Join the host, and begin to load the model."""
        self._started = True
        self._host.join(self)
        self._pick()
        self._indexed = asyncio.ensure_future(self._index_when_loaded())

    async def close(self) -> None:
        """Give everything back. Safe to call twice."""
        if self._closed:
            return
        self._closed = True
        self._host.leave(self)
        self._host.projects.use(self, ())
        if self._indexed is not None:
            self._indexed.cancel()
        self.indexes.close()
        await self.completer.close()
        self.models.close()

    async def ready(self) -> None:
        """Wait until the model is loaded, has failed, or there is none to load."""
        await self.models.ready()

    async def read_folders(self, timeout_s: float) -> None:
        """Wait until echo knows the files of the folders, though not for long."""
        jobs = [self._host.projects.refresh(folder) for folder in self._readable]
        if jobs:
            await asyncio.wait([asyncio.wrap_future(job) for job in jobs], timeout=timeout_s)

    def windows_changed(self) -> None:
        """Hear from the host that another window has come or gone, or other adapters serve."""
        self._changed()

    @property
    def learns_from(self) -> tuple[Path, ...]:
        """See `HostListener.learns_from`."""
        return tuple(map(Path, self.projects.usable))

    def models_changed(self) -> None:
        """Hear from the host that the chosen models may have changed."""
        self._pick()

    # Settings -----------------------------------------------------------------------------

    def configure(self, raw: object) -> list[str]:
        """Take the editor's settings (what is below "ownstack"); return what is wrong in them."""
        old = self.settings
        self.settings, problems = Settings.from_json(raw)
        self._host.use_settings(self.settings)
        engine_changed = old.engine != self.settings.engine
        if self._started and (engine_changed or old.models != self.settings.models):
            if engine_changed:
                self.models.let_go()
            self._pick()
        self._use_indexes()
        self._changed()
        return problems

    def use_folders(self, folders: Sequence[str]) -> None:
        """Set the workspace folders, given as URIs."""
        paths = (file_path(uri) for uri in folders)
        self.folders = tuple(path for path in paths if path is not None)
        self.projects = WindowProjects.of(self.folders, trusted=self.trusted)
        self._host.projects.use(self, self._readable)
        self._use_indexes()

    async def _index_when_loaded(self) -> None:
        await within(INDEX_AFTER_S, self.ready())
        self._indexed = None
        self._use_indexes()

    def _use_indexes(self) -> None:
        if self._started and self._indexed is None:
            enabled = self.settings.index.enabled
            self.indexes.use(self.folders, trusted=self.trusted, enabled=enabled)

    @property
    def _readable(self) -> tuple[Path, ...]:
        """The folders whose files may be read."""
        return self.folders if self.trusted else ()

    def trust(self, trusted: bool) -> None:
        """Say whether the user trusts the folders; a model that waited for it is loaded."""
        changed, self.trusted = trusted != self.trusted, trusted
        self.projects = replace(self.projects, trusted=trusted)
        self._host.projects.use(self, self._readable)
        if changed and self._started:
            self._pick()
            self._use_indexes()

    # Documents ----------------------------------------------------------------------------

    def open(self, uri: str, language: str, version: int, text: str) -> None:
        self._refused.pop(uri, None)
        self.large.forget(uri)
        if reason := refusal(uri):
            self._refused[uri] = reason
            return
        if too_large(len(text)):
            self._refused[uri] = too_large(len(text))
            self.large.follow(uri, language, text)
            return
        path = shown_path(uri, self.folders)
        document = Document(uri, path, language, version, whole(text))
        self.completer.changed(self.documents.open(document))
        self.indexes.opened(document)
        self._host.projects.views(self._readable)  # So that they are known when keys come.

    def edit(self, uri: str, version: int, changes: Sequence[Replacement | str]) -> None:
        if reason := inserts_too_much(changes):
            self.leave_out(uri, reason)
            return
        document = self.documents.get(uri)
        if document is None:
            if small := self.large.edit(uri, changes, MAX_DOCUMENT_CHARS):
                self.open(uri, small[0], version, small[1])
            return
        new = self.documents.edit(uri, version, edits(document.index, changes))
        if new is not None and too_large(len(new.text)):
            self.close_document(uri)
            self._refused[uri] = too_large(len(new.text))
            self.large.follow(uri, new.language, new.text)
        elif new is not None:
            self.completer.changed(new)
            self.indexes.edited(new)

    def saved(self, uri: str) -> None:
        path = file_path(uri)
        if path is not None and self.trusted:
            self._host.projects.saved(path)
            self.indexes.saved(uri)
        if self.documents.get(uri) is not None:
            self.completer.saved(uri)
        self.notebooks.saved(uri)

    def leave_out(self, uri: str, reason: str) -> None:
        """Complete nothing in a document of which not all was read, until it is opened anew."""
        self.close_document(uri)
        self._refused[uri] = reason

    def close_document(self, uri: str) -> None:
        self._refused.pop(uri, None)
        self.large.forget(uri)
        if self.documents.get(uri) is not None:
            self.documents.close(uri)
            self.completer.closed(uri)
            self.indexes.closed(uri)

    def view(self, uri: str) -> TextView | None:
        """Return the document in which a text, or a cell, is completed; None if there is none."""
        cell = self.notebooks.view(uri)
        if cell is not None:
            return cell
        document = self.documents.get(uri)
        return None if document is None else TextView(document, 0, document.index)

    def reason(self, uri: str) -> str:
        """Say why there is no document of a text."""
        known = self._refused.get(uri) or self.notebooks.reason(uri)
        return known or "This document is not open."

    def open_text(self, file: Path) -> OpenText | None:
        """Return the document that is open of a file. May be called from any thread."""
        return open_text(file, self.documents, self._refused)

    # Completion ---------------------------------------------------------------------------

    async def complete(
        self,
        uri: str,
        offset: int,
        trigger: Trigger,
        selected: tuple[str, Span] | None = None,
    ) -> Answer:
        """Answer for the newest version of a document; never raises but for cancellation.

        If the document has changed meanwhile, the answer is that there is nothing to show.
        """
        document = self.documents.get(uri)
        if document is None:
            return self._nothing(self.reason(uri), uri)
        text, span = selected or (None, None)
        if text is not None and len(text) > MAX_SELECTED_CHARS:
            return self._nothing("What is selected in the editor's list is too long.", uri)
        self.indexes.asked()
        if self.models["completion"].lease is None and self.models.picking:
            # A window that has just opened: the model is in memory, only not found out yet.
            await self.models.picked(PICK_S)
        self.models.wake()
        request, began = CompletionRequest(document, offset, trigger, text, span), time.monotonic()
        try:
            answer = await self.completer.complete(request)
        except Exception:
            log.exception("No completion for %s at %d", document.path, offset)
            reason = "An internal error happened; the log has the details."
            answer = Answer(None, Trace(reason=reason))
        current = self.documents.get(uri)
        if current is None or not stands(document, offset, current):
            answer = Answer(None, Trace(reason="The text changed before the answer was there."))
        if not self._punctuality.asks_again(request):
            self._took(answer.trace, time.monotonic() - began, trigger)
        self._explaining.note(request, answer)
        return answer

    def _took(self, trace: Trace, taken_s: float, trigger: Trigger = Trigger.AUTOMATIC) -> None:
        deadline_s = self.settings.completion.deadline_ms / 1_000
        if self._punctuality.note(trace, trigger, taken_s, deadline_s):
            self._changed()

    def _nothing(self, reason: str, uri: str) -> Answer:
        return Answer(None, self._explaining.nothing(reason, shown_path(uri, self.folders)))

    def accepted(self, id: str) -> None:
        self.completer.accepted(id)

    async def explain(self, id: str | None = None) -> Trace | None:
        """Return how a suggestion came about; without `id`, the newest answer, even if empty."""
        if id is not None:
            return self.completer.explain(id)
        return await self._explaining.explain(self.completer.peek)

    # Model --------------------------------------------------------------------------------

    @property
    def engine(self) -> Engine | None:
        """The engine that completes."""
        return self.models["completion"].engine

    @property
    def problem(self) -> OwnstackError | None:
        """Why the model that was asked for is not used."""
        return self.models["completion"].failure

    async def use_model(self, name: str, role: Role) -> None:
        """Choose a model for a role, for all windows.

        Raises:
            ModelError: it is not known, or cannot do this.
        """
        await asyncio.to_thread(self._host.use, name, role)
        self._host.models_changed()
        await self.models.picked()

    def _pick(self) -> None:
        """Find out which models to use, off the event loop, and use them."""
        self.models.pick(self.settings, () if self.trusted else self.folders, self._switched)

    def _switched(self) -> None:
        """Another model completes: how late the last one was does not count."""
        self._punctuality = Punctuality()

    # Status -------------------------------------------------------------------------------

    def status(self) -> Status:
        """Return what the status item shows."""
        completing = self.models["completion"]
        model, info = completing.lease, completing.info
        state, reason = judge(
            self.settings.completion,
            picking=self.models.picking and model is None,
            problem=completing.problem,
            info=info,
            model=model,
            late=self._punctuality.problem(completing.parameters),
            instead=completing.set_aside,
            quick=self.models.quick.engine is not None,
        )
        if self._host.mode_reason:
            reason = f"{reason} {self._host.mode_reason}"
        return Status(
            state=state,
            reason=reason,
            version=__version__,
            mode=self._host.mode,
            pid=os.getpid(),
            sessions=self._host.n_sessions,
            completer=who_completes(self.engine, self.models.quick.engine),
            model=info.name if info is not None else "",
            progress=model.progress if model is not None else None,
            figures=figures(self.completer.statistics(), self.engine),
            index=self.indexes.status(),
            roles=self.models.status(self.projects),
        )
