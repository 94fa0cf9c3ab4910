"""An editor without a window: a language client that types, asks and accepts.

Texts may hold a `$0`, which is where the cursor is.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import sys
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from typing import Any

import pytest_lsp.client
from lsprotocol import types
from pygls.io_ import run_async
from pytest_lsp import LanguageClient, LanguageClientProtocol

from ownstack.app.status import Status
from ownstack.lsp import protocol
from ownstack.text import LineIndex

PATIENCE_S = 60.0
"""Longest wait for an event; only ever reached by a failing test on a very busy machine."""
URI = "file:///project/main.py"


class EditorProtocol(protocol.CustomMessages, LanguageClientProtocol):
    """pytest-lsp's, with our messages."""


class Editor(LanguageClient):
    """Remembers what the server told it."""

    def __init__(self) -> None:
        super().__init__(protocol_cls=EditorProtocol, converter_factory=protocol.converter)
        pytest_lsp.client.register_lsp_features(self)
        self.statuses: list[Status] = []
        self.left = asyncio.Event()
        """The server said that it leaves."""
        self.improved: asyncio.Queue[protocol.CompletionImproved] = asyncio.Queue()
        """The texts of which the server said that there is a better suggestion."""
        self._connection: asyncio.StreamWriter | None = None
        self._told = asyncio.Event()
        self._versions: dict[str, int] = {}
        self._texts: dict[str, str] = {}

        @self.feature(protocol.STATUS_CHANGED)
        def status_changed(status: Status) -> None:
            self.statuses.append(status)
            self._told.set()

        @self.feature(protocol.LEAVING)
        def leaving(_: protocol.Nothing) -> None:
            self.left.set()

        @self.feature(protocol.IMPROVED)
        def improved(params: protocol.CompletionImproved) -> None:
            self.improved.put_nowait(params)

    # Connections --------------------------------------------------------------------------

    async def start_server(self, *arguments: str) -> None:
        """Start `ownstack lsp` with `arguments` as a process."""
        await self.start_io(sys.executable, "-m", "ownstack", "lsp", *arguments)

    async def connect(self, connection: socket.socket) -> None:
        """Speak over a socket instead, until `stop`."""
        reader, writer = await asyncio.open_connection(sock=connection)
        self._connection = writer
        self.protocol.set_writer(writer)
        loop = run_async(self._stop_event, reader, self.protocol, None, self.report_server_error)
        self._async_tasks.append(asyncio.ensure_future(loop))

    async def stop(self) -> None:
        """End it, and its connection, whether or not the server has ended it."""
        if self._connection is not None:
            self._connection.close()
            with contextlib.suppress(ConnectionError):  # The server was killed.
                await self._connection.wait_closed()
        await super().stop()

    async def hello(
        self,
        settings: Mapping[str, Any] | None = None,
        *,
        folder: str = "file:///project",
        trusted: bool = True,
        progress: bool = False,
        notebooks: bool = False,
        restarts: bool = False,
        workspace: types.WorkspaceClientCapabilities | None = None,
        documents: types.TextDocumentClientCapabilities | None = None,
        commands: bool = True,
        improvements: bool = False,
    ) -> types.InitializeResult:
        """Open the window; `notebooks`: it synchronises them.

        `workspace` and `documents` are what it can do there; `commands`: it runs those of actions.
        """
        synchronization = types.NotebookDocumentSyncClientCapabilities()
        return await self.initialize_session(
            types.InitializeParams(
                capabilities=types.ClientCapabilities(
                    workspace=workspace,
                    text_document=documents,
                    window=types.WindowClientCapabilities(work_done_progress=progress),
                    notebook_document=types.NotebookDocumentClientCapabilities(synchronization)
                    if notebooks
                    else None,
                ),
                workspace_folders=[types.WorkspaceFolder(folder, "project")],
                initialization_options={
                    "ownstack": dict(settings or {}),
                    "client": {"name": "test editor", "version": "1"},
                    "trusted": trusted,
                    "restarts": restarts,
                    "commands": commands,
                    "improvements": improvements,
                },
            )
        )

    # As it is -----------------------------------------------------------------------------

    def send(self, message: Mapping[str, Any]) -> None:
        """Send a message as it is, which need not be what the protocol allows."""
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self.protocol.writer is not None
        self.protocol.writer.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)

    def send_request(self, method: str, params: Any, id: str = "raw") -> Future[Any]:
        """Send a request as it is; return what will hold its answer."""
        answer = self.protocol._request_futures[id] = Future[Any]()
        self.send({"id": id, "method": method, "params": params})
        return answer

    # Text ---------------------------------------------------------------------------------

    def open(self, text: str, uri: str = URI, language: str = "python") -> types.Position:
        """Open a document; return where its `$0` is."""
        text, position = cursor(text)
        self._texts[uri], self._versions[uri] = text, 1
        self.text_document_did_open(
            types.DidOpenTextDocumentParams(types.TextDocumentItem(uri, language, 1, text))
        )
        return position

    def type(self, at: types.Position, text: str, uri: str = URI) -> types.Position:
        """Insert `text` as one change; return the cursor behind it."""
        index = LineIndex(self._texts[uri])
        offset = index.offset(at.line, at.character)
        self._texts[uri] = index.text[:offset] + text + index.text[offset:]
        self._versions[uri] += 1
        change = types.TextDocumentContentChangePartial(range=types.Range(at, at), text=text)
        self.text_document_did_change(
            types.DidChangeTextDocumentParams(
                types.VersionedTextDocumentIdentifier(self._versions[uri], uri), [change]
            )
        )
        return types.Position(*LineIndex(self._texts[uri]).position(offset + len(text)))

    def replace(self, text: str, uri: str = URI) -> None:
        """Change a whole document."""
        self._texts[uri] = text
        self._versions[uri] += 1
        self.text_document_did_change(
            types.DidChangeTextDocumentParams(
                types.VersionedTextDocumentIdentifier(self._versions[uri], uri),
                [types.TextDocumentContentChangeWholeDocument(text=text)],
            )
        )

    # Completion ---------------------------------------------------------------------------

    async def items(
        self, at: types.Position, uri: str = URI, *, invoked: bool = False
    ) -> list[types.InlineCompletionItem]:
        """Ask for ghost text."""
        answer = await self.text_document_inline_completion_async(question(at, uri, invoked))
        if answer is None:
            return []
        return list(answer) if isinstance(answer, list) else list(answer.items)

    async def ghost(self, at: types.Position, uri: str = URI, *, invoked: bool = False) -> str:
        """Ask for ghost text and return the first, or ""."""
        items = await self.items(at, uri, invoked=invoked)
        return str(items[0].insert_text) if items else ""

    async def explain(self, id: str | None = None) -> Any:
        return await self.protocol.send_request_async(protocol.EXPLAIN, protocol.ExplainParams(id))

    async def status(self) -> Status:
        status = await self.protocol.send_request_async(protocol.STATUS, protocol.Nothing())
        assert isinstance(status, Status)
        return status

    async def told(self, wanted: Callable[[Status], bool]) -> Status:
        """Wait until a status that is `wanted` has been announced; return it."""
        while True:
            for status in self.statuses:
                if wanted(status):
                    return status
            self._told.clear()
            await asyncio.wait_for(self._told.wait(), PATIENCE_S)


def question(
    at: types.Position, uri: str = URI, invoked: bool = False
) -> types.InlineCompletionParams:
    kind = types.InlineCompletionTriggerKind
    return types.InlineCompletionParams(
        context=types.InlineCompletionContext(kind.Invoked if invoked else kind.Automatic),
        text_document=types.TextDocumentIdentifier(uri),
        position=at,
    )


def cursor(text: str) -> tuple[str, types.Position]:
    """Split a text with a `$0` into the text and the place."""
    before, mark, after = text.partition("$0")
    line, column = LineIndex(before).position(len(before)) if mark else (0, 0)
    return before + after, types.Position(line, column)
