"""An editor window, as the server sees one: a real LSP client over the real relay.

It does what VS Code does at a key: cancel the request that is still out, send the change,
ask again. Times are taken here, at the user's end of the pipe.
"""

from __future__ import annotations

import asyncio
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lsprotocol import types
from pygls.lsp.client import LanguageClient

from ownstack.lsp import chat_messages, protocol
from ownstack.text import LineIndex

IMPROVED = "ownstack/completion/improved"
"""There is something better than what is shown (docs/PROTOCOL.md)."""


@dataclass
class Asked:
    """One request for a suggestion and what became of it."""

    sent_s: float
    request_id: str
    future: asyncio.Future[Any]
    answered_s: float | None = None
    cancelled: bool = False
    text: str = ""
    suggestion_id: str = ""
    failed: str = ""

    @property
    def latency_ms(self) -> float | None:
        """Milliseconds from the key to the answer; None if it was overtaken by the next key."""
        if self.answered_s is None or self.cancelled:
            return None
        return (self.answered_s - self.sent_s) * 1e3


class Window:
    """One editor window with one document open."""

    def __init__(self, client: LanguageClient, uri: str, text: str) -> None:
        self.client = client
        self.uri = uri
        self.text = text
        self.version = 1
        self.messages: list[str] = []
        self.chat_text = asyncio.Event()
        """A conversation's answer has begun."""
        self._better = asyncio.Event()
        self._number = 0
        self._last: Asked | None = None

    @classmethod
    async def open(
        cls,
        path: Path,
        text: str,
        *,
        settings: dict[str, Any] | None = None,
        command: list[str] | None = None,
        folder: Path | None = None,
        improvements: bool = True,
    ) -> Window:
        """Start `ownstack lsp`, say hello, open `path` with `text` (unsaved).

        `folder` is the workspace; without one, the folder that `path` lies in. `improvements`:
        it asks again when it is told that there is something better.
        """
        workspace = folder or path.parent
        client = LanguageClient(
            "ownstack-benchmark",
            "1",
            protocol_cls=protocol.CustomMessages,
            converter_factory=protocol.converter,
        )
        uri = path.as_uri()
        window = cls(client, uri, text)

        @client.feature(types.WINDOW_SHOW_MESSAGE)
        def _shown(params: types.ShowMessageParams) -> None:
            window.messages.append(params.message)

        @client.feature(types.WINDOW_LOG_MESSAGE)
        def _logged(params: types.LogMessageParams) -> None:
            if params.type == types.MessageType.Error:
                window.messages.append(params.message)

        @client.feature(protocol.STATUS_CHANGED)
        def _status(params: Any) -> None:
            return None

        @client.feature(chat_messages.DELTA)
        def _written(_: Any) -> None:
            window.chat_text.set()

        for method in chat_messages.NOTIFICATIONS.keys() - {chat_messages.DELTA}:
            client.feature(method)(_unheard)

        @client.feature(IMPROVED)
        def _improved(params: Any) -> None:
            if params.uri == window.uri and params.version == window.version:
                window._better.set()

        argv = command or [sys.executable, "-m", "ownstack", "lsp"]
        await client.start_io(*argv)
        await client.initialize_async(
            types.InitializeParams(
                capabilities=types.ClientCapabilities(
                    text_document=types.TextDocumentClientCapabilities(
                        inline_completion=types.InlineCompletionClientCapabilities()
                    )
                ),
                process_id=None,
                workspace_folders=[
                    types.WorkspaceFolder(uri=workspace.as_uri(), name=workspace.name)
                ],
                initialization_options={
                    "ownstack": settings or {},
                    "client": {"name": "benchmark", "version": "1"},
                    "trusted": True,
                    "improvements": improvements,
                },
            )
        )
        client.initialized(types.InitializedParams())
        window.show(path, text)
        return window

    def show(self, path: Path, text: str) -> None:
        """Open a document with `text` (unsaved); the others stay open."""
        self.uri, self.text, self.version = path.as_uri(), text, 1
        self._better.clear()
        self.client.text_document_did_open(
            types.DidOpenTextDocumentParams(
                types.TextDocumentItem(self.uri, _language(path), self.version, text)
            )
        )

    async def heard_of_better(self, timeout_s: float) -> bool:
        """Say whether the server has something better than what is shown, or says so in time."""
        with suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self._better.wait(), timeout_s)
        heard = self._better.is_set()
        self._better.clear()
        return heard

    async def request(self, method: str, params: Any) -> Any:
        return await self.client.protocol.send_request_async(method, params)

    async def until_ready(self, timeout_s: float = 300.0) -> Any:
        """Wait until the server says that it does not load any more; return its status."""
        end = time.perf_counter() + timeout_s
        while True:
            status = await self.request(protocol.STATUS, protocol.Nothing())
            if status.state not in ("starting", "loading"):
                return status
            if time.perf_counter() > end:
                raise TimeoutError(f"still {status.state}: {status.reason}")
            await asyncio.sleep(0.05)

    def replace(self, text: str) -> None:
        """Put another text into the buffer (a jump, a paste)."""
        self.text = text
        self._change([types.TextDocumentContentChangeWholeDocument(text)])

    def edit(self, start: int, end: int, new: str) -> None:
        """Replace the characters from `start` to `end`, as an incremental change."""
        index = LineIndex(self.text)
        change = types.TextDocumentContentChangePartial(
            range=types.Range(
                types.Position(*index.position(start)), types.Position(*index.position(end))
            ),
            text=new,
        )
        self.text = self.text[:start] + new + self.text[end:]
        self._change([change])

    def _change(self, changes: list[Any]) -> None:
        self.version += 1
        self._better.clear()
        self.client.text_document_did_change(
            types.DidChangeTextDocumentParams(
                types.VersionedTextDocumentIdentifier(self.version, self.uri), changes
            )
        )

    def ask(self, offset: int, *, invoked: bool = False) -> Asked:
        """Cancel what is still out and ask for a suggestion at `offset`.

        `invoked`: as the key for it does, not as typing does.
        """
        if self._last is not None and not self._last.future.done():
            self._last.cancelled = True
            self.client.cancel_request(types.CancelParams(self._last.request_id))
        line, column = LineIndex(self.text).position(offset)
        self._number += 1
        request_id = f"key-{self._number}"
        params = types.InlineCompletionParams(
            context=types.InlineCompletionContext(
                trigger_kind=types.InlineCompletionTriggerKind.Invoked
                if invoked
                else types.InlineCompletionTriggerKind.Automatic
            ),
            text_document=types.TextDocumentIdentifier(self.uri),
            position=types.Position(line, column),
        )
        sent = time.perf_counter()
        raw = self.client.protocol.send_request(
            types.TEXT_DOCUMENT_INLINE_COMPLETION, params, msg_id=request_id
        )
        asked = Asked(sent, request_id, asyncio.wrap_future(raw))
        asked.future.add_done_callback(lambda future: _answered(asked, future))
        self._last = asked
        return asked

    def accept(self, suggestion_id: str) -> None:
        """Tell the server that the suggestion was taken, as the item's command does."""
        self.client.protocol.send_request(
            types.WORKSPACE_EXECUTE_COMMAND,
            types.ExecuteCommandParams("ownstack.accepted", arguments=[suggestion_id]),
        )

    async def close(self) -> None:
        await self.client.shutdown_async(None)
        self.client.exit(None)
        await self.client.stop()


def _unheard(_: Any) -> None:
    """A conversation's news that nobody here looks at."""


def _answered(asked: Asked, future: asyncio.Future[Any]) -> None:
    asked.answered_s = time.perf_counter()
    if future.cancelled():
        asked.cancelled = True
        return
    error = future.exception()
    if error is not None:
        if getattr(error, "code", None) == -32800:
            asked.cancelled = True
        else:
            asked.failed = str(error)
        return
    items = getattr(future.result(), "items", future.result()) or []
    if items:
        asked.text = str(items[0].insert_text)
        if items[0].command and items[0].command.arguments:
            asked.suggestion_id = str(items[0].command.arguments[0])


def _language(path: Path) -> str:
    return {
        ".py": "python",
        ".ts": "typescript",
        ".go": "go",
        ".rs": "rust",
        ".js": "javascript",
    }.get(path.suffix, "plaintext")
