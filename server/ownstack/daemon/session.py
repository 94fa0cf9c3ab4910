"""One editor window: its documents, its settings, its completer. Knows no protocol."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable, Sequence
from pathlib import Path

from ownstack import __version__
from ownstack.completion.completer import Completer
from ownstack.completion.echo import Echo
from ownstack.completion.gate import is_excluded
from ownstack.completion.suggestion import Answer, Asked, Trace, Trigger
from ownstack.daemon.engines import Lease
from ownstack.daemon.host import Host, memory_bytes
from ownstack.daemon.indexing import Ask, Indexing
from ownstack.daemon.places import file_path, refusal, shown_path
from ownstack.daemon.status import Status, judge
from ownstack.daemon.sync import Replacement, edits, whole
from ownstack.document import Document, Documents
from ownstack.engine.models import BUILTIN, ModelInfo
from ownstack.engine.protocol import Engine, Role
from ownstack.errors import ModelError, OwnstackError
from ownstack.settings import Settings, camel
from ownstack.text import Span

log = logging.getLogger(__name__)

MAX_DOCUMENT_CHARS = 1_000_000
"""A longer text is not kept: finding its lines would take longer than a key may."""

PICK_S = 0.2
"""How long the first key of a window waits to find out which model there is."""

INDEX_AFTER_S = 10.0
"""The index waits so long for the model: its libraries alone take a second, and the first
suggestion should not wait for them."""


class Session:
    """Lives from `start` to `close`; all methods run on the event loop and return fast."""

    def __init__(
        self,
        host: Host,
        *,
        changed: Callable[[], None] | None = None,
        ask: Ask | None = None,
    ) -> None:
        """`changed` is called whenever the status may have changed; `ask` asks the user."""
        self._host = host
        self._changed = changed or (lambda: None)
        self.indexing = Indexing(host.indexes, self._changed, ask)
        self.settings = Settings()
        self.trusted = True
        self.folders: tuple[Path, ...] = ()
        self.documents = Documents()
        self.completer = Completer(
            documents=self.documents,
            engine=lambda: self.engine,
            settings=lambda: self.settings.completion,
            signals=host.signals,
            echo=Echo(
                views=lambda: host.projects.views(self._readable),
                allowed=lambda path: not is_excluded(path, self.settings.completion),
                stale=host.projects.saved,
            ),
            nearby=host.nearby,
            folders=lambda: self._readable,
            index=self.indexing.snapshot,
        )
        self._refused: dict[str, str] = {}
        self._lease: Lease | None = None
        self._info: ModelInfo | None = None
        self._problem: OwnstackError | None = None
        self._picked: asyncio.Task[None] | None = None
        self._indexed: asyncio.Task[None] | None = None
        self._last = Trace(reason="Nothing was asked yet.")
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
        if self._indexed is not None:
            self._indexed.cancel()
        self.indexing.close()
        if self._picked is not None:
            self._picked.cancel()
        await self.completer.close()
        self._let_go()

    async def ready(self) -> None:
        """Wait until the model is loaded, has failed, or there is none to load."""
        while self._picked is not None and not self._picked.done():
            await asyncio.wait({self._picked})
        if self._lease is not None:
            await self._lease.ready()

    async def read_folders(self, timeout_s: float) -> None:
        """Wait until echo knows the files of the folders, though not for long."""
        jobs = [self._host.projects.refresh(folder) for folder in self._readable]
        if jobs:
            await asyncio.wait([asyncio.wrap_future(job) for job in jobs], timeout=timeout_s)

    def windows_changed(self) -> None:
        """Hear from the host that another window has come or gone."""
        self._changed()

    def models_changed(self) -> None:
        """Hear from the host that the chosen models may have changed."""
        self._pick()

    # Settings -----------------------------------------------------------------------------

    def configure(self, raw: object) -> list[str]:
        """Take the editor's settings (what is below "ownstack"); return what is wrong in them."""
        old = self.settings
        self.settings, problems = Settings.from_json(raw)
        self._host.idle_minutes = self.settings.daemon.idle_minutes
        engine_changed = old.engine != self.settings.engine
        if self._started and (engine_changed or old.models != self.settings.models):
            if engine_changed:
                self._let_go()
            self._pick()
        self._use_indexes()
        self._changed()
        return problems

    def use_folders(self, folders: Sequence[str]) -> None:
        """Set the workspace folders, given as URIs."""
        paths = (file_path(uri) for uri in folders)
        self.folders = tuple(path for path in paths if path is not None)
        self._use_indexes()

    async def _index_when_loaded(self) -> None:
        waiting = asyncio.ensure_future(self.ready())
        try:
            await asyncio.wait({waiting}, timeout=INDEX_AFTER_S)
        finally:
            waiting.cancel()
        self._indexed = None
        self._use_indexes()

    def _use_indexes(self) -> None:
        if self._started and self._indexed is None:
            enabled = self.settings.index.enabled
            self.indexing.use(self.folders, trusted=self.trusted, enabled=enabled)

    @property
    def _readable(self) -> tuple[Path, ...]:
        """The folders whose files may be read."""
        return self.folders if self.trusted else ()

    def trust(self, trusted: bool) -> None:
        """Say whether the user trusts the folders; a model that waited for it is loaded."""
        changed, self.trusted = trusted != self.trusted, trusted
        if changed and self._started:
            self._pick()
            self._use_indexes()

    # Documents ----------------------------------------------------------------------------

    def open(self, uri: str, language: str, version: int, text: str) -> None:
        self._refused.pop(uri, None)
        reason = refusal(uri) or too_large(len(text))
        if reason:
            self._refused[uri] = reason
            return
        path = shown_path(uri, self.folders)
        document = Document(uri, path, language, version, whole(text))
        self.completer.changed(self.documents.open(document))
        self.indexing.opened(document)
        self._host.projects.views(self._readable)  # So that they are known when keys come.

    def edit(self, uri: str, version: int, changes: Sequence[Replacement | str]) -> None:
        document = self.documents.get(uri)
        if document is None:
            return
        new = self.documents.edit(uri, version, edits(document.index, changes))
        if new is not None and too_large(len(new.text)):
            self.close_document(uri)
            self._refused[uri] = too_large(len(new.text))
        elif new is not None:
            self.completer.changed(new)
            self.indexing.edited(new)

    def saved(self, uri: str) -> None:
        path = file_path(uri)
        if path is not None and self.trusted:
            self._host.projects.saved(path)
            self.indexing.saved(uri)
        if self.documents.get(uri) is not None:
            self.completer.saved(uri)

    def close_document(self, uri: str) -> None:
        self._refused.pop(uri, None)
        if self.documents.get(uri) is not None:
            self.documents.close(uri)
            self.completer.closed(uri)
            self.indexing.closed(uri)

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
            reason = self._refused.get(uri, "This document is not open.")
            return self._nothing(reason)
        text, span = selected or (None, None)
        self.indexing.asked()
        if self._lease is None and self._picked is not None and not self._picked.done():
            # A window that has just opened: the model is in memory, only not found out yet.
            await asyncio.wait({self._picked}, timeout=PICK_S)
        try:
            answer = await self.completer.complete(Asked(document, offset, trigger, text, span))
        except Exception:
            log.exception("No completion for %s at %d", document.path, offset)
            return self._nothing("An internal error happened; the log has the details.")
        current = self.documents.get(uri)
        if current is None or current.version != document.version:
            return self._nothing("The text changed before the answer was there.")
        self._last = answer.trace
        return answer

    def accepted(self, id: str) -> None:
        self.completer.accepted(id)

    def explain(self, id: str | None = None) -> Trace | None:
        """Return how a suggestion came about; without `id`, the newest answer, even if empty."""
        return self._last if id is None else self.completer.explain(id)

    def _nothing(self, reason: str) -> Answer:
        self._last = Trace(reason=reason)
        return Answer(None, self._last)

    # Model --------------------------------------------------------------------------------

    @property
    def engine(self) -> Engine | None:
        return None if self._lease is None else self._lease.engine

    @property
    def problem(self) -> OwnstackError | None:
        """Why the model that was asked for is not used; nobody asks for the built-in one."""
        if self._problem is not None or self._lease is None or self._lease.model.name == BUILTIN:
            return self._problem
        return self._lease.model.error

    async def use_model(self, name: str, role: Role) -> None:
        """Choose a model for a role, for all windows.

        Raises:
            ModelError: it is not known, or cannot do this.
        """
        await asyncio.to_thread(self._host.use, name, role)
        self._host.models_changed()
        if self._picked is not None:
            await asyncio.wait({self._picked})

    def _pick(self) -> None:
        """Find out which model to use, off the event loop, and use it."""
        if self._picked is not None:
            self._picked.cancel()
        self._picked = asyncio.ensure_future(self._pick_and_lease())

    async def _pick_and_lease(self) -> None:
        info, problem = None, None
        try:
            self._check_trust(self.settings.models.completion)
            info = await asyncio.to_thread(
                self._host.pick, "completion", self.settings.models.completion
            )
        except OwnstackError as error:
            problem = error
        except OSError as error:
            problem = ModelError(f"The list of models cannot be read: {error}.")
        self._info, self._problem = info, problem
        if info is None or not info.infill:
            self._let_go()
        elif self._lease is None or self._lease.model.path != info.path or self._lease.model.error:
            self._let_go()
            self._lease = self._host.lease(info, self.settings.engine, self._changed)
        self._changed()

    def _check_trust(self, setting: str) -> None:
        """Refuse a model that lies in a folder which is not trusted.

        Raises:
            ModelError: say so.
        """
        path = Path(os.path.abspath(setting))
        if not self.trusted and any(path.is_relative_to(folder) for folder in self.folders):
            raise ModelError(
                f"The model {path.name} lies in a folder that is not trusted.",
                "Trust the folder, or choose another model.",
            )

    def _let_go(self) -> None:
        lease, self._lease = self._lease, None
        if lease is not None:
            lease.release()

    # Status -------------------------------------------------------------------------------

    def status(self) -> Status:
        """Return what the status item shows."""
        model = self._lease.model if self._lease is not None else None
        state, reason = judge(
            self.settings.completion,
            picking=self._picked is not None and not self._picked.done() and model is None,
            problem=self._problem,
            info=self._info,
            model=model,
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
            completer="echo" if self.engine is None else "model",
            model=self._info.name if self._info is not None else "",
            progress=model.progress if model is not None else None,
            figures=self._figures(),
            index=self.indexing.status(),
        )

    def _figures(self) -> dict[str, float]:
        figures: dict[str, float] = {
            camel(name): value for name, value in self.completer.statistics().items()
        }
        figures["memoryBytes"] = memory_bytes()
        if self.engine is not None:
            speed = self.engine.speed()
            figures["prefillTokensPerSecond"] = round(speed.prefill, 1)
            figures["decodeTokensPerSecond"] = round(speed.decode, 1)
        return figures


def too_large(n_chars: int) -> str:
    """Return why a text of this length is not completed, or ""."""
    if n_chars <= MAX_DOCUMENT_CHARS:
        return ""
    return f"The file is too large: {n_chars:,} characters, at most {MAX_DOCUMENT_CHARS:,}."
