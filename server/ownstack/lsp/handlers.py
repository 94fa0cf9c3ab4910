"""What each message does: convert, call the session, convert."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

from lsprotocol import types
from pygls.exceptions import JsonRpcException

from ownstack import doctor
from ownstack.app.status import Status
from ownstack.completion.suggestion import Trace
from ownstack.errors import OwnstackError, in_words
from ownstack.index.search.query import unknown_filter
from ownstack.lsp import convert
from ownstack.lsp.download_bar import DownloadBar
from ownstack.lsp.model_messages import (
    ModelOffersParams,
    ModelOffersResult,
    ModelsResult,
    PullModelParams,
    ServerModelsParams,
    ServerModelsResult,
    UseModelParams,
)
from ownstack.lsp.protocol import (
    DoctorResult,
    ExplainParams,
    IndexStatusParams,
    IndexStatusResult,
    Nothing,
    SearchParams,
    SearchResult,
    StatisticsParams,
    StatisticsResult,
)
from ownstack.lsp.window import WindowServer
from ownstack.models.registry import memory_available
from ownstack.models.roles import ROLES, Role

if TYPE_CHECKING:
    from ownstack.app.model_offers import ModelOffers

log = logging.getLogger(__name__)

MAX_SYMBOLS = 128
"""Found by name at once; the editor asks again with each key."""

MAX_NAME_CHARS = 4_096
"""A model is named, or given as a path."""


# Life -------------------------------------------------------------------------------------


def initialize(ls: WindowServer, params: types.InitializeParams) -> None:
    options = convert.options(params.initialization_options)
    folders = params.workspace_folders or []
    uris = [folder.uri for folder in folders] or ([params.root_uri] if params.root_uri else [])
    ls.session.use_folders(uris)
    ls.session.trust(options.get("trusted") is not False)
    configure(ls, options.get("ownstack"))
    ls.restarts = options.get("restarts") is True
    ls.improvements = options.get("improvements") is True
    ls.runs_commands = options.get("commands") is not False
    client = convert.options(options.get("client"))
    log.info("A window opens: %s %s", client.get("name", "editor"), client.get("version", ""))
    ls.session.start()


def initialized(ls: WindowServer, params: types.InitializedParams) -> None:
    ls.status_notifier.open()
    ls.opened.set()


def did_change_configuration(ls: WindowServer, params: types.DidChangeConfigurationParams) -> None:
    settings = convert.options(params.settings)
    if "ownstack" in settings:
        configure(ls, settings["ownstack"])
    if "trusted" in settings:
        ls.trust(settings["trusted"] is not False)


def did_change_folders(ls: WindowServer, params: types.DidChangeWorkspaceFoldersParams) -> None:
    folders = list(ls.workspace.folders.values())
    ls.session.use_folders([folder.uri for folder in folders])


def configure(ls: WindowServer, raw: object) -> None:
    for problem in ls.session.configure(raw):
        ls.window_log_message(types.LogMessageParams(types.MessageType.Warning, problem))


# Documents --------------------------------------------------------------------------------


def did_open(ls: WindowServer, params: types.DidOpenTextDocumentParams) -> None:
    document = params.text_document
    ls.session.open(document.uri, document.language_id, document.version, document.text)


def did_change(ls: WindowServer, params: types.DidChangeTextDocumentParams) -> None:
    document = params.text_document
    ls.session.edit(document.uri, document.version, convert.changes(params.content_changes))


def did_save(ls: WindowServer, params: types.DidSaveTextDocumentParams) -> None:
    ls.session.saved(params.text_document.uri)


def did_close(ls: WindowServer, params: types.DidCloseTextDocumentParams) -> None:
    ls.session.close_document(params.text_document.uri)


def did_open_notebook(ls: WindowServer, params: types.DidOpenNotebookDocumentParams) -> None:
    notebook = params.notebook_document
    texts = [convert.cell_text(document) for document in params.cell_text_documents]
    ls.session.notebooks.open(notebook.uri, [cell.document for cell in notebook.cells], texts)


def did_change_notebook(ls: WindowServer, params: types.DidChangeNotebookDocumentParams) -> None:
    cells = params.change.cells
    if cells is None:
        return
    structure = cells.structure
    opened = (structure.did_open or ()) if structure is not None else ()
    ls.session.notebooks.change(
        params.notebook_document.uri,
        convert.splice(structure.array) if structure is not None else None,
        [convert.cell_text(document) for document in opened],
        [
            (edit.document.uri, edit.document.version, convert.changes(edit.changes))
            for edit in cells.text_content or ()
        ],
    )


def did_save_notebook(ls: WindowServer, params: types.DidSaveNotebookDocumentParams) -> None:
    ls.session.saved(params.notebook_document.uri)


def did_close_notebook(ls: WindowServer, params: types.DidCloseNotebookDocumentParams) -> None:
    ls.session.notebooks.close(params.notebook_document.uri)


# Completion -------------------------------------------------------------------------------


async def inline_completion(
    ls: WindowServer, params: types.InlineCompletionParams
) -> types.InlineCompletionList | None:
    """Answer with some items or with nothing; what goes wrong is logged, never shown."""
    uri = params.text_document.uri
    view = ls.session.view(uri)
    if view is None:
        await ls.session.complete(uri, 0, convert.trigger(params.context))
        return None
    try:
        answer = await ls.session.complete(
            view.document.uri,
            convert.offset(view, params.position),
            convert.trigger(params.context),
            convert.selected(view, params.context),
        )
        answer.trace.line = params.position.line + 1  # As the editor counts: in a cell, of it.
        if answer.suggestion is None:
            return None
        items = (answer.suggestion, *answer.others)
        return types.InlineCompletionList([convert.item(view, item) for item in items])
    except Exception:
        log.exception("No completion for %s", uri)
        return None


def accepted(ls: WindowServer, id: str) -> None:
    ls.session.accepted(id)


# Index ------------------------------------------------------------------------------------


async def search(ls: WindowServer, params: SearchParams) -> SearchResult:
    indexes = ls.session.indexes
    found = await indexes.search(params.query, params.limit, params.path, params.explain)
    cells = ls.session.notebooks.cells
    reason = unknown_filter(params.query) or indexes.missing()
    return SearchResult([convert.hit(hit, cells) for hit in found], reason)


async def symbols(
    ls: WindowServer, params: types.WorkspaceSymbolParams
) -> list[types.WorkspaceSymbol]:
    found = await ls.session.indexes.symbols(params.query, MAX_SYMBOLS)
    return [convert.symbol(symbol, ls.session.notebooks.cells) for symbol in found]


async def index_status(ls: WindowServer, params: IndexStatusParams) -> IndexStatusResult:
    indexes = ls.session.indexes
    file = None if params.uri is None else await indexes.file(params.uri)
    return IndexStatusResult(list(indexes.status()), file)


async def rebuild_index(ls: WindowServer) -> None:
    await ls.session.indexes.rebuild()


async def clear_index(ls: WindowServer) -> None:
    await ls.session.indexes.clear()


async def clear_signals(ls: WindowServer) -> None:
    with refusing("What became of suggestions cannot be forgotten"):
        await ls.session.beside.run(ls.host.signals.clear)
        await ls.session.beside.run(ls.host.lines.clear)


# Ours -------------------------------------------------------------------------------------


def status(ls: WindowServer, params: Nothing) -> Status:
    return ls.session.status()


async def explain(ls: WindowServer, params: ExplainParams) -> Trace | None:
    return await ls.session.explain(params.id)


def _offers(ls: WindowServer) -> ModelOffers:
    # What it needs is imported for who opens the list: each window starts without.
    from ownstack.app.model_offers import ModelOffers

    return ModelOffers(ls.host)


async def models(ls: WindowServer, params: Nothing) -> ModelsResult:
    beside = ls.session.beside
    known = await beside.run(ls.host.known_models)
    found = await beside.run(ls.host.found_models)
    servers, served = await beside.run(_offers(ls).servers)
    return ModelsResult(
        [convert.model(info, chosen) for info, chosen in known],
        [convert.model(info, program=model.program) for model, info in found],
        memory_available(),
        served,
        servers,
    )


async def use_model(ls: WindowServer, params: UseModelParams) -> Status:
    role = known_role(params.role)
    if len(params.name) > MAX_NAME_CHARS:
        raise refused(f"No model has a name of {len(params.name):,} characters.")
    with refusing("The choice cannot be saved"):
        await ls.session.use_model(params.name, role)
    return ls.session.status()


async def model_offers(ls: WindowServer, params: ModelOffersParams) -> ModelOffersResult:
    role, offline = known_role(params.role), ls.session.settings.models.offline
    offered = partial(_offers(ls).offers, role, offline=offline)
    with refusing("The models that fit cannot be found out"):
        plan, offers = await ls.session.beside.run(offered)
    return convert.model_offers(role, plan, offers)


async def pull_model(ls: WindowServer, params: PullModelParams) -> Status:
    """Fetch a model that the user has agreed to, and use it; cancelling the request stops it."""
    role, there = known_role(params.role), _offers(ls)
    with refusing("The model cannot be kept"), DownloadBar(ls, params.work_done_token) as bar:
        there.check(params.name[:MAX_NAME_CHARS], role)
        offline = ls.session.settings.models.offline
        info = await there.pull_in_background(params.name, bar.report, offline=offline)
        await ls.session.use_model(info.name, role)
    return ls.session.status()


async def server_models(ls: WindowServer, params: ServerModelsParams) -> ServerModelsResult:
    offline = ls.session.settings.models.offline
    ask = partial(_offers(ls).served_by, params.engine[:MAX_NAME_CHARS], offline=offline)
    with refusing("The list of engines cannot be read"):
        return ServerModelsResult(await ls.session.beside.run(ask))


async def examine(ls: WindowServer, params: Nothing) -> DoctorResult:
    session = ls.session
    setting, loaded = session.settings.models.completion, session.engine is not None
    examine = partial(doctor.examine, ls.host.home, setting, loaded=loaded)
    return DoctorResult(await session.beside.run(examine))


async def statistics(ls: WindowServer, params: StatisticsParams) -> StatisticsResult:
    signals = ls.host.signals
    try:
        tallies = await ls.session.beside.run(partial(signals.tallies, max(1, params.days)))
    except TimeoutError:
        return StatisticsResult([], "The log of suggestions does not answer.")
    return StatisticsResult(tallies, signals.problem)


def known_role(name: str) -> Role:
    """Return the role of that name, or refuse the request."""
    role = next((role for role in ROLES if role == name), None)
    if role is None:
        raise refused(f"There is no role {name[:40]!r}; there are {', '.join(ROLES)}.")
    return role


@contextlib.contextmanager
def refusing(trouble: str) -> Iterator[None]:
    """Answer with what is said by our errors; `trouble` begins what is said of the system's."""
    try:
        yield
    except OwnstackError as error:
        raise refused(str(error)) from error
    except OSError as error:
        raise refused(f"{trouble}: {in_words(error)}.") from error


def refused(message: str) -> JsonRpcException:
    """Return the error that tells the client why its request is not done."""
    return JsonRpcException(message=message, code=types.LSPErrorCodes.RequestFailed.value)
