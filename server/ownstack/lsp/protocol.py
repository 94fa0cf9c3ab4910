"""The custom messages, and a pygls protocol that knows them; listed in docs/PROTOCOL.md.

On the wire names are camelCase. `MESSAGES` is the one list of what is sent beside standard LSP.
"""

from __future__ import annotations

import asyncio
import dataclasses
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

import attrs
from cattrs import Converter
from cattrs.gen import make_dict_structure_fn, make_dict_unstructure_fn, override
from lsprotocol import types
from pygls.protocol import LanguageServerProtocol, default_converter, lsp_method

from ownstack.app.indexes.index_status import FileInIndex, IndexStatus
from ownstack.app.learning.adapter_status import AdapterStatus
from ownstack.app.offers import Offer, ServedModel, ServerEntry
from ownstack.app.role_status import RoleStatus
from ownstack.app.status import Status
from ownstack.completion.feedback.signals import Tally
from ownstack.completion.suggestion import Origin, Trace
from ownstack.doctor import Check
from ownstack.lsp import action_messages, chat_messages, learning_messages, model_chat_messages
from ownstack.lsp.model_messages import (
    Model,
    ModelOffersParams,
    ModelOffersResult,
    ModelsResult,
    PullModelParams,
    ServerModelsParams,
    ServerModelsResult,
    UseModelParams,
)
from ownstack.settings import camel

STATUS = "ownstack/status"
STATUS_CHANGED = "ownstack/statusChanged"
LEAVING = "ownstack/leaving"
IMPROVED = "ownstack/completion/improved"
EXPLAIN = "ownstack/explain"
MODELS = "ownstack/models"
USE_MODEL = "ownstack/useModel"
MODEL_OFFERS = "ownstack/modelOffers"
PULL_MODEL = "ownstack/pullModel"
SERVER_MODELS = "ownstack/serverModels"
DOCTOR = "ownstack/doctor"
SEARCH = "ownstack/search"
INDEX_STATUS = "ownstack/indexStatus"
STATISTICS = "ownstack/statistics"
ACCEPTED = "ownstack.accepted"
"""A server command (workspace/executeCommand), not a message. The next three are such, too."""
REBUILD_INDEX = "ownstack.index.rebuild"
CLEAR_INDEX = "ownstack.index.clear"
CLEAR_SIGNALS = "ownstack.signals.clear"

MAX_UINTEGER = 2**31 - 1
MAX_IN_WORK = 8
"""Requests of one window at once; what it sends beyond that waits in its own pipe."""

P = TypeVar("P")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Nothing:
    """Parameters of a request that has none."""


@dataclass(frozen=True, slots=True)
class CompletionImproved:
    """There is a better suggestion than the one that is shown."""

    uri: str
    """Of the document, or of a notebook's cell."""
    version: int
    """Of the text that it is for."""


@dataclass(frozen=True, slots=True)
class ExplainParams:
    id: str | None = None
    """A suggestion's id; without one, the newest answer of this window."""


@dataclass(frozen=True, slots=True)
class StatisticsParams:
    days: int = 30


@dataclass(frozen=True, slots=True)
class StatisticsResult:
    tallies: list[Tally]
    """What became of suggestions, by who made them; most shown first."""
    reason: str
    """Why something may be missing, as one sentence, or ""."""


@dataclass(frozen=True, slots=True)
class DoctorResult:
    checks: list[Check]


@dataclass(frozen=True, slots=True)
class SearchParams:
    query: str
    """Words, names, and filters such as `path:src lang:python kind:class`."""
    limit: int = 50
    path: str = ""
    """Only files below this path, relative to their folder."""
    explain: bool = False
    """Say what each part of the ranking added."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A result. Lines are 1-based, inclusive; a notebook's are counted within the cell."""

    uri: str
    """Of a notebook that is open: of the cell's text."""
    path: str
    start_line: int
    end_line: int
    line: int
    """The one that says most of the query."""
    kind: str
    name: str
    score: float
    text: str
    parts: dict[str, float] = field(default_factory=dict)
    cell: int | None = None
    """Of a notebook: which cell, 1-based."""


@dataclass(frozen=True, slots=True)
class SearchResult:
    hits: list[Hit]
    """Best first."""
    reason: str
    """Why more may be missing, as one sentence, or ""."""


@dataclass(frozen=True, slots=True)
class IndexStatusParams:
    uri: str | None = None
    """A file to tell of, too."""


@dataclass(frozen=True, slots=True)
class IndexStatusResult:
    folders: list[IndexStatus]
    file: FileInIndex | None = None


@attrs.define
class RequestMessage(Generic[P]):
    id: int | str
    method: str
    params: P
    jsonrpc: str = "2.0"


@attrs.define
class NotificationMessage(Generic[P]):
    method: str
    params: P
    jsonrpc: str = "2.0"


@attrs.define
class ResponseMessage(Generic[R]):
    id: int | str | None
    result: R
    jsonrpc: str = "2.0"


_FAMILIES = (chat_messages, model_chat_messages, action_messages, learning_messages)
_REQUESTS = {method: pair for family in _FAMILIES for method, pair in family.REQUESTS.items()}
_NOTIFICATIONS = {
    method: params for family in _FAMILIES for method, params in family.NOTIFICATIONS.items()
}
_LONG = frozenset(method for family in _FAMILIES for method in family.LONG)
MESSAGES: Mapping[str, tuple[Any, Any]] = {
    STATUS: (RequestMessage[Nothing], ResponseMessage[Status]),
    STATUS_CHANGED: (NotificationMessage[Status], None),
    LEAVING: (NotificationMessage[Nothing], None),
    IMPROVED: (NotificationMessage[CompletionImproved], None),
    EXPLAIN: (RequestMessage[ExplainParams], ResponseMessage[Trace | None]),
    MODELS: (RequestMessage[Nothing], ResponseMessage[ModelsResult]),
    USE_MODEL: (RequestMessage[UseModelParams], ResponseMessage[Status]),
    MODEL_OFFERS: (RequestMessage[ModelOffersParams], ResponseMessage[ModelOffersResult]),
    PULL_MODEL: (RequestMessage[PullModelParams], ResponseMessage[Status]),
    SERVER_MODELS: (RequestMessage[ServerModelsParams], ResponseMessage[ServerModelsResult]),
    DOCTOR: (RequestMessage[Nothing], ResponseMessage[DoctorResult]),
    SEARCH: (RequestMessage[SearchParams], ResponseMessage[SearchResult]),
    INDEX_STATUS: (RequestMessage[IndexStatusParams], ResponseMessage[IndexStatusResult]),
    STATISTICS: (RequestMessage[StatisticsParams], ResponseMessage[StatisticsResult]),
    **{
        method: (RequestMessage[params], ResponseMessage[result])  # type: ignore[valid-type]
        for method, (params, result) in _REQUESTS.items()
    },
    **{
        method: (NotificationMessage[params], None)  # type: ignore[valid-type]
        for method, params in _NOTIFICATIONS.items()
    },
}
PAYLOADS = (
    Nothing,
    IndexStatus,
    AdapterStatus,
    RoleStatus,
    Status,
    CompletionImproved,
    ExplainParams,
    Origin,
    Trace,
    Model,
    ServedModel,
    ServerEntry,
    ModelsResult,
    UseModelParams,
    ModelOffersParams,
    Offer,
    ModelOffersResult,
    PullModelParams,
    ServerModelsParams,
    ServerModelsResult,
    Check,
    DoctorResult,
    SearchParams,
    Hit,
    SearchResult,
    IndexStatusParams,
    FileInIndex,
    IndexStatusResult,
    StatisticsParams,
    Tally,
    StatisticsResult,
    *chat_messages.PAYLOADS,
    *model_chat_messages.PAYLOADS,
    *action_messages.PAYLOADS,
    *learning_messages.PAYLOADS,
)


class CustomMessages(LanguageServerProtocol):
    """A pygls protocol, a server's or a client's, that knows the messages above."""

    def get_message_type(self, method: str) -> Any:  # type: ignore[override]
        return MESSAGES.get(method, (None, None))[0] or super().get_message_type(method)

    def get_result_type(self, method: str) -> Any:  # type: ignore[override]
        return MESSAGES.get(method, (None, None))[1] or super().get_result_type(method)


def converter() -> Converter:
    """Return pygls' converter, taught to spell our snake_case fields in camelCase."""
    made: Converter = default_converter()  # type: ignore[no-untyped-call]
    for kind in PAYLOADS:
        names: dict[str, Any] = {
            item.name: override(rename=camel(item.name)) for item in dataclasses.fields(kind)
        }
        made.register_structure_hook(kind, make_dict_structure_fn(kind, made, **names))
        made.register_unstructure_hook(kind, make_dict_unstructure_fn(kind, made, **names))
    for envelope in (RequestMessage, NotificationMessage, ResponseMessage):
        # LSP's own hooks leave out what has its default value, and "jsonrpc" must be there.
        made.register_unstructure_hook(envelope, make_dict_unstructure_fn(envelope, made))
    made.register_structure_hook(types.Position, _position)
    return made


def _position(raw: Any, _kind: object) -> types.Position:
    """Read a position; one that no text has is clamped, as all positions outside a text are."""
    line, character = int(raw["line"]), int(raw["character"])
    if line < 0:
        return types.Position(0, 0)
    return types.Position(min(line, MAX_UINTEGER), min(max(character, 0), MAX_UINTEGER))


class SessionProtocol(CustomMessages):
    """One window's protocol.

    pygls keeps its own copy of each document, with positions that break lines where LSP does
    not, and remembers a future for each notification it forwards. Both are avoided here: text
    notifications go straight to our handlers. And `exit` ends this session, not the process.
    """

    on_exit: Callable[[], None]
    start: Mapping[str, Any] | None = None
    """The parameters of `initialize`, as they came; nothing else counts before it."""
    is_open = False
    """Whether the client has said `initialized`."""
    newest_settings: Mapping[str, Any] | None = None
    """What `workspace/didChangeConfiguration` has said, if it has."""

    on_left_out: Callable[[str, str], None]
    """Told of a document of which a message could not be read, and why."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._in_work: set[int | str] = set()
        self._answered = asyncio.Event()

    async def has_room(self) -> None:
        """Wait until fewer than `MAX_IN_WORK` requests of this window are in work."""
        while len(self._in_work) >= MAX_IN_WORK:
            self._answered.clear()
            await self._answered.wait()

    def _handle_request(self, msg_id: int | str, method_name: str, params: Any) -> None:
        if method_name not in _LONG:
            self._in_work.add(msg_id)
        super()._handle_request(msg_id, method_name, params)

    def _send_response(
        self, msg_id: int | str, result: Any = None, error: types.ResponseError | None = None
    ) -> None:
        self._in_work.discard(msg_id)
        self._answered.set()
        super()._send_response(msg_id, result, error)

    @property
    def is_initialized(self) -> bool:
        return self.start is not None

    def note(self, message: Mapping[str, Any]) -> None:
        """Keep what another server would have to be told to take over this session."""
        method, params = message.get("method"), message.get("params")
        if method == types.INITIALIZE:
            self.start = params or {}
        elif method == types.INITIALIZED:
            self.is_open = True
        elif method == types.WORKSPACE_DID_CHANGE_CONFIGURATION and isinstance(params, dict):
            settings = params.get("settings")
            if isinstance(settings, dict):
                self.newest_settings = {**(self.newest_settings or {}), **settings}

    @lsp_method(types.EXIT)
    def lsp_exit(self, *_: object) -> None:  # type: ignore[override]
        self.on_exit()

    @lsp_method(types.WORKSPACE_EXECUTE_COMMAND)
    async def lsp_workspace__execute_command(  # type: ignore[override]
        self, params: types.ExecuteCommandParams
    ) -> Any:
        """Run a command in the request's own task, so that cancelling the request ends it."""
        handler, arguments, named = next(super().lsp_workspace__execute_command(params))
        result = handler(*arguments, **named)
        return await result if inspect.isawaitable(result) else result

    @lsp_method(types.TEXT_DOCUMENT_DID_OPEN)
    def lsp_text_document__did_open(self, params: types.DidOpenTextDocumentParams) -> None:
        self.fm.features[types.TEXT_DOCUMENT_DID_OPEN](params)

    @lsp_method(types.TEXT_DOCUMENT_DID_CHANGE)
    def lsp_text_document__did_change(self, params: types.DidChangeTextDocumentParams) -> None:
        self.fm.features[types.TEXT_DOCUMENT_DID_CHANGE](params)

    @lsp_method(types.TEXT_DOCUMENT_DID_CLOSE)
    def lsp_text_document__did_close(self, params: types.DidCloseTextDocumentParams) -> None:
        self.fm.features[types.TEXT_DOCUMENT_DID_CLOSE](params)

    @lsp_method(types.NOTEBOOK_DOCUMENT_DID_OPEN)
    def lsp_notebook_document__did_open(self, params: types.DidOpenNotebookDocumentParams) -> None:
        self.fm.features[types.NOTEBOOK_DOCUMENT_DID_OPEN](params)

    @lsp_method(types.NOTEBOOK_DOCUMENT_DID_CHANGE)
    def lsp_notebook_document__did_change(
        self, params: types.DidChangeNotebookDocumentParams
    ) -> None:
        self.fm.features[types.NOTEBOOK_DOCUMENT_DID_CHANGE](params)

    @lsp_method(types.NOTEBOOK_DOCUMENT_DID_CLOSE)
    def lsp_notebook_document__did_close(
        self, params: types.DidCloseNotebookDocumentParams
    ) -> None:
        self.fm.features[types.NOTEBOOK_DOCUMENT_DID_CLOSE](params)

    @property
    def is_shut_down(self) -> bool:
        return bool(self._shutdown)

    def refuse(self, id: int | str | None, code: int, message: str) -> None:
        """Answer a request with an error; without `id` it cannot be told which."""
        if id is not None:
            self._send_response(id, error=types.ResponseError(code=code, message=message))
            return
        # As JSON-RPC has it; lsprotocol would leave the id out.
        error = {"code": int(code), "message": message}
        self._send_data({"jsonrpc": "2.0", "id": None, "error": error})
