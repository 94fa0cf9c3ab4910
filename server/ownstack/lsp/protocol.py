"""The custom messages, and a pygls protocol that knows them; listed in docs/PROTOCOL.md.

On the wire names are camelCase. `MESSAGES` is the one list of what is sent beside standard LSP.
"""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

import attrs
from cattrs import Converter
from cattrs.gen import make_dict_structure_fn, make_dict_unstructure_fn, override
from lsprotocol import types
from pygls.protocol import LanguageServerProtocol, default_converter, lsp_method

from ownstack.completion.suggestion import Trace
from ownstack.daemon.index_status import FileInIndex, IndexStatus
from ownstack.daemon.status import Status
from ownstack.doctor import Check
from ownstack.settings import camel

log = logging.getLogger(__name__)

STATUS = "ownstack/status"
STATUS_CHANGED = "ownstack/statusChanged"
EXPLAIN = "ownstack/explain"
MODELS = "ownstack/models"
USE_MODEL = "ownstack/useModel"
DOCTOR = "ownstack/doctor"
SEARCH = "ownstack/search"
INDEX_STATUS = "ownstack/indexStatus"
ACCEPTED = "ownstack.accepted"
"""A server command (workspace/executeCommand), not a message. The next two are such, too."""
REBUILD_INDEX = "ownstack.index.rebuild"
CLEAR_INDEX = "ownstack.index.clear"

P = TypeVar("P")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Nothing:
    """Parameters of a request that has none."""


@dataclass(frozen=True, slots=True)
class ExplainParams:
    id: str | None = None
    """A suggestion's id; without one, the newest answer of this window."""


@dataclass(frozen=True, slots=True)
class Model:
    """A model that is known."""

    name: str
    path: str
    size_bytes: int
    parameters: int | None
    infill: str
    """Family of its infill format, "" if it cannot infill."""
    infill_problem: str
    chosen_for: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class ModelsResult:
    models: list[Model]


@dataclass(frozen=True, slots=True)
class UseModelParams:
    name: str
    role: str


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
    """A result. Lines are 1-based, inclusive."""

    uri: str
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
class Request(Generic[P]):
    id: int | str
    method: str
    params: P
    jsonrpc: str = "2.0"


@attrs.define
class Notification(Generic[P]):
    method: str
    params: P
    jsonrpc: str = "2.0"


@attrs.define
class Response(Generic[R]):
    id: int | str | None
    result: R
    jsonrpc: str = "2.0"


MESSAGES: Mapping[str, tuple[Any, Any]] = {
    STATUS: (Request[Nothing], Response[Status]),
    STATUS_CHANGED: (Notification[Status], None),
    EXPLAIN: (Request[ExplainParams], Response[Trace | None]),
    MODELS: (Request[Nothing], Response[ModelsResult]),
    USE_MODEL: (Request[UseModelParams], Response[Status]),
    DOCTOR: (Request[Nothing], Response[DoctorResult]),
    SEARCH: (Request[SearchParams], Response[SearchResult]),
    INDEX_STATUS: (Request[IndexStatusParams], Response[IndexStatusResult]),
}
PAYLOADS = (
    Nothing,
    IndexStatus,
    Status,
    ExplainParams,
    Trace,
    Model,
    ModelsResult,
    UseModelParams,
    Check,
    DoctorResult,
    SearchParams,
    Hit,
    SearchResult,
    IndexStatusParams,
    FileInIndex,
    IndexStatusResult,
)


class CustomMessages(LanguageServerProtocol):
    """Teaches a pygls protocol, a server's or a client's, the messages above."""

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
    for envelope in (Request, Notification, Response):
        # LSP's own hooks leave out what has its default value, and "jsonrpc" must be there.
        made.register_unstructure_hook(envelope, make_dict_unstructure_fn(envelope, made))
    return made


class SessionProtocol(CustomMessages):
    """One window's protocol.

    pygls keeps its own copy of each document, with positions that break lines where LSP does
    not, and remembers a future for each notification it forwards. Both are avoided here: text
    notifications go straight to our handlers. And `exit` ends this session, not the process.
    """

    on_exit: Callable[[], None]

    @lsp_method(types.EXIT)
    def lsp_exit(self, *_: object) -> None:  # type: ignore[override]
        self.on_exit()

    @lsp_method(types.TEXT_DOCUMENT_DID_OPEN)
    def lsp_text_document__did_open(self, params: types.DidOpenTextDocumentParams) -> None:
        self.fm.features[types.TEXT_DOCUMENT_DID_OPEN](params)

    @lsp_method(types.TEXT_DOCUMENT_DID_CHANGE)
    def lsp_text_document__did_change(self, params: types.DidChangeTextDocumentParams) -> None:
        self.fm.features[types.TEXT_DOCUMENT_DID_CHANGE](params)

    @lsp_method(types.TEXT_DOCUMENT_DID_CLOSE)
    def lsp_text_document__did_close(self, params: types.DidCloseTextDocumentParams) -> None:
        self.fm.features[types.TEXT_DOCUMENT_DID_CLOSE](params)

    @property
    def is_shut_down(self) -> bool:
        return bool(self._shutdown)

    def refuse(self, id: int | str, code: int, message: str) -> None:
        """Answer a request with an error."""
        self._send_response(id, error=types.ResponseError(code=code, message=message))


def late_cancel(record: logging.LogRecord) -> bool:
    """Log filter: drop pygls' warning about a cancel that came after the answer, as many do."""
    return "Cancel notification for unknown message id" not in record.msg
