"""One editor window on the server's side: what handlers work with."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from functools import cache, partial
from importlib import import_module
from typing import TYPE_CHECKING, Any

from cattrs import Converter
from lsprotocol import types
from pygls.exceptions import JsonRpcException
from pygls.lsp.server import LanguageServer

from ownstack import __version__
from ownstack.app.host import Host
from ownstack.app.model_chat import ModelChat
from ownstack.app.session import Session
from ownstack.lsp import action_convert, protocol
from ownstack.lsp.action_messages import EDIT_PROGRESS
from ownstack.lsp.chat_messages import NOTIFICATIONS
from ownstack.lsp.file_edits import FileEdits
from ownstack.lsp.protocol import SessionProtocol
from ownstack.lsp.status_notifier import StatusNotifier

if TYPE_CHECKING:
    from ownstack.app.actions.reviews import Found
    from ownstack.app.window_actions import WindowActions
    from ownstack.app.window_chats import WindowChats

log = logging.getLogger(__name__)

_METHODS = {kind: method for method, kind in NOTIFICATIONS.items()}
"""How news of a conversation are sent, by what they are."""

# All cells, so that they can be counted; those of other schemes are snapshots of former states.
NOTEBOOKS = types.NotebookDocumentSyncOptions(
    [
        types.NotebookDocumentFilterWithNotebook(types.NotebookDocumentFilterScheme(scheme=scheme))
        for scheme in ("file", "untitled")
    ],
    save=True,
)


@cache
def converter() -> Converter:
    """Return the one converter of this process: making one takes longer than a window may."""
    return protocol.converter()


class WindowServer(LanguageServer):
    """One pygls server, one session, one status notifier. `server.py` says what it answers."""

    protocol: SessionProtocol

    def __init__(self, host: Host) -> None:
        super().__init__(
            "ownstack",
            __version__,
            notebook_document_sync=NOTEBOOKS,
            protocol_cls=SessionProtocol,
            converter_factory=converter,
        )
        self.host = host
        self.session = Session(
            host,
            changed=self._changed,
            ask=self._ask,
            improved=self._improved,
            hears_improvements=lambda: self.improvements,
        )
        self.status_notifier = StatusNotifier(self, self.session.status)
        self.model_chat = ModelChat(self.session)
        self._chats: WindowChats | None = None
        self._actions: WindowActions | None = None
        self.opened = asyncio.Event()
        self.restarts = False
        """Whether the client ends its session when it is told that the server leaves."""
        self.improvements = False
        """Whether the client looks again when it is told that a suggestion can be improved."""
        self.runs_commands = True
        """Whether the client runs commands of code actions."""

    async def chats(self) -> WindowChats:
        """Return the conversations of this window. What they need is imported for who has some."""
        if self._chats is None:
            # Half a second, which no key should wait for.
            module = await asyncio.to_thread(import_module, "ownstack.app.window_chats")
        if self._chats is None:
            self._chats = module.WindowChats(self.host, self.session, self._tell, FileEdits(self))
        return self._chats

    async def actions(self) -> WindowActions:
        """Return the code actions of this window, imported for who asks for some."""
        if self._actions is None:
            module = await asyncio.to_thread(import_module, "ownstack.app.window_actions")
        if self._actions is None:
            self._actions = module.WindowActions(
                self.session,
                partial(self.protocol.notify, EDIT_PROGRESS),
                self._publish,
                partial(FileEdits, self, needs_versions=False),
            )
        return self._actions

    @property
    def is_answering(self) -> bool:
        """Whether a question of this window is being answered, or waits for that."""
        chats = self._chats is not None and self._chats.is_at_work
        actions = self._actions is not None and self._actions.is_at_work
        return chats or actions or self.model_chat.is_at_work

    def tell_moved(self) -> None:
        """Tell the client that another process serves it, which has no conversation open."""
        if self._chats is not None:
            self._chats.tell_all("moved")

    def trust(self, trusted: bool) -> None:
        """Say whether the user trusts the window's folders."""
        self.session.trust(trusted)
        if self._chats is not None:
            self._chats.tell_all("trust")
            if not trusted:
                self._chats.distrust()

    def _publish(self, uri: str, found: Sequence[Found]) -> None:
        diagnostics = [action_convert.diagnostic(each) for each in found]
        params = types.PublishDiagnosticsParams(uri, diagnostics)
        self.text_document_publish_diagnostics(params)

    def _tell(self, news: object) -> None:
        self.protocol.notify(_METHODS[type(news)], news)

    def _changed(self) -> None:
        self.status_notifier.changed()
        if self._chats is not None:
            self._chats.status_changed()

    def _improved(self, uri: str, version: int) -> None:
        if self.improvements:
            params = protocol.CompletionImproved(uri, version)
            self.protocol.notify(protocol.IMPROVED, params)

    async def _ask(self, question: str, agree: str) -> bool:
        """Ask the user; whoever closes the question has not agreed."""
        item = types.MessageActionItem(agree)
        params = types.ShowMessageRequestParams(
            types.MessageType.Info, question, [item, types.MessageActionItem("Not Now")]
        )
        try:
            answer = await self.window_show_message_request_async(params)
        except JsonRpcException as error:
            log.info("The editor does not ask: %s", error)
            return False
        return answer is not None and answer.title == agree

    def report_server_error(self, error: Exception, source: Any) -> None:
        """Log only: nothing that happens here is worth a message box."""
        log.error("%s: %s", getattr(source, "__name__", source), error)

    async def tell_leaving(self) -> bool:
        """Tell the client, once it is initialized; False if it would not know what to do."""
        await self.opened.wait()
        if self.restarts:
            self.protocol.notify(protocol.LEAVING, protocol.Nothing())
        return self.restarts

    async def close(self) -> None:
        """End what is still running for this window."""
        self.status_notifier.close()
        for future in list(self.protocol._request_futures.values()):
            future.cancel()
        if self._chats is not None:
            self._chats.close()
        if self._actions is not None:
            self._actions.close()
        await self.session.close()
