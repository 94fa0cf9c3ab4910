"""What each message does: convert, call the session, convert."""

from __future__ import annotations

import asyncio
import logging
from typing import get_args

from lsprotocol import types
from pygls.exceptions import JsonRpcException

from ownstack import doctor
from ownstack.completion.suggestion import Trace
from ownstack.daemon.status import Status
from ownstack.engine.protocol import Role
from ownstack.errors import OwnstackError
from ownstack.lsp import convert
from ownstack.lsp.protocol import (
    DoctorResult,
    ExplainParams,
    IndexStatusParams,
    IndexStatusResult,
    ModelsResult,
    Nothing,
    SearchParams,
    SearchResult,
    UseModelParams,
)
from ownstack.lsp.window import Window

log = logging.getLogger(__name__)

MAX_SYMBOLS = 128
"""Found by name at once; the editor asks again with each key."""


# Life -------------------------------------------------------------------------------------


def initialize(ls: Window, params: types.InitializeParams) -> None:
    options = convert.options(params.initialization_options)
    folders = params.workspace_folders or []
    uris = [folder.uri for folder in folders] or ([params.root_uri] if params.root_uri else [])
    ls.session.use_folders(uris)
    ls.session.trust(options.get("trusted") is not False)
    configure(ls, options.get("ownstack"))
    client = convert.options(options.get("client"))
    log.info("A window opens: %s %s", client.get("name", "editor"), client.get("version", ""))
    ls.session.start()


def initialized(ls: Window, params: types.InitializedParams) -> None:
    ls.announcer.open()


def did_change_configuration(ls: Window, params: types.DidChangeConfigurationParams) -> None:
    settings = convert.options(params.settings)
    if "ownstack" in settings:
        configure(ls, settings["ownstack"])
    if "trusted" in settings:
        ls.session.trust(settings["trusted"] is not False)


def did_change_folders(ls: Window, params: types.DidChangeWorkspaceFoldersParams) -> None:
    folders = list(ls.workspace.folders.values())
    ls.session.use_folders([folder.uri for folder in folders])


def configure(ls: Window, raw: object) -> None:
    for problem in ls.session.configure(raw):
        ls.window_log_message(types.LogMessageParams(types.MessageType.Warning, problem))


# Documents --------------------------------------------------------------------------------


def did_open(ls: Window, params: types.DidOpenTextDocumentParams) -> None:
    document = params.text_document
    ls.session.open(document.uri, document.language_id, document.version, document.text)


def did_change(ls: Window, params: types.DidChangeTextDocumentParams) -> None:
    document = params.text_document
    ls.session.edit(document.uri, document.version, convert.changes(params.content_changes))


def did_save(ls: Window, params: types.DidSaveTextDocumentParams) -> None:
    ls.session.saved(params.text_document.uri)


def did_close(ls: Window, params: types.DidCloseTextDocumentParams) -> None:
    ls.session.close_document(params.text_document.uri)


# Completion -------------------------------------------------------------------------------


async def inline_completion(
    ls: Window, params: types.InlineCompletionParams
) -> types.InlineCompletionList | None:
    """Answer with one item or with nothing; what goes wrong is logged, never shown."""
    uri = params.text_document.uri
    document = ls.session.documents.get(uri)
    if document is None:
        await ls.session.complete(uri, 0, convert.trigger(params.context))
        return None
    try:
        answer = await ls.session.complete(
            uri,
            convert.offset(document, params.position),
            convert.trigger(params.context),
            convert.selected(document, params.context),
        )
        if answer.suggestion is None:
            return None
        return types.InlineCompletionList([convert.item(document, answer.suggestion)])
    except Exception:
        log.exception("No completion for %s", uri)
        return None


def accepted(ls: Window, id: str) -> None:
    ls.session.accepted(id)


# Index ------------------------------------------------------------------------------------


async def search(ls: Window, params: SearchParams) -> SearchResult:
    indexing = ls.session.indexing
    found = await indexing.search(params.query, params.limit, params.path, params.explain)
    return SearchResult([convert.hit(one) for one in found], indexing.missing())


async def symbols(ls: Window, params: types.WorkspaceSymbolParams) -> list[types.WorkspaceSymbol]:
    found = await ls.session.indexing.symbols(params.query, MAX_SYMBOLS)
    return [convert.symbol(folder, one) for folder, one in found]


async def index_status(ls: Window, params: IndexStatusParams) -> IndexStatusResult:
    indexing = ls.session.indexing
    file = None if params.uri is None else await indexing.file(params.uri)
    return IndexStatusResult(list(indexing.status()), file)


async def rebuild_index(ls: Window) -> None:
    await ls.session.indexing.rebuild()


async def clear_index(ls: Window) -> None:
    await ls.session.indexing.clear()


# Ours -------------------------------------------------------------------------------------


def status(ls: Window, params: Nothing) -> Status:
    return ls.session.status()


def explain(ls: Window, params: ExplainParams) -> Trace | None:
    return ls.session.explain(params.id)


async def models(ls: Window, params: Nothing) -> ModelsResult:
    known = await asyncio.to_thread(ls.host.known_models)
    return ModelsResult([convert.model(info, chosen) for info, chosen in known])


async def use_model(ls: Window, params: UseModelParams) -> Status:
    if params.role not in get_args(Role):
        raise refused(f"There is no role {params.role!r}; there are {', '.join(get_args(Role))}.")
    try:
        await ls.session.use_model(params.name, params.role)  # type: ignore[arg-type]
    except OwnstackError as error:
        raise refused(str(error)) from error
    except OSError as error:
        raise refused(f"The choice cannot be saved: {error}.") from error
    return ls.session.status()


async def examine(ls: Window, params: Nothing) -> DoctorResult:
    return DoctorResult(await asyncio.to_thread(doctor.examine, ls.host.home))


def refused(message: str) -> JsonRpcException:
    """Return the error that tells the client why its request is not done."""
    return JsonRpcException(message=message, code=types.LSPErrorCodes.RequestFailed.value)
