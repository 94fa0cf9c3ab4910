"""One editor window on the server's side: what handlers work with."""

from __future__ import annotations

import logging
from functools import cache
from typing import Any

from cattrs import Converter
from lsprotocol import types
from pygls.exceptions import JsonRpcException
from pygls.lsp.server import LanguageServer

from ownstack import __version__
from ownstack.daemon.host import Host
from ownstack.daemon.session import Session
from ownstack.lsp import protocol
from ownstack.lsp.announcer import Announcer
from ownstack.lsp.protocol import SessionProtocol

log = logging.getLogger(__name__)


@cache
def converter() -> Converter:
    """Return the one converter of this process: making one takes longer than a window may."""
    return protocol.converter()


class Window(LanguageServer):
    """One pygls server, one session, one announcer. `server.py` says what it answers."""

    protocol: SessionProtocol

    def __init__(self, host: Host) -> None:
        super().__init__(
            "ownstack", __version__, protocol_cls=SessionProtocol, converter_factory=converter
        )
        self.host = host
        self.session = Session(host, changed=self._changed, ask=self._ask)
        self.announcer = Announcer(self, self.session.status)

    def _changed(self) -> None:
        self.announcer.changed()

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

    async def close(self) -> None:
        """End what is still running for this window."""
        self.announcer.close()
        for future in list(self.protocol._request_futures.values()):
            future.cancel()
        await self.session.close()
