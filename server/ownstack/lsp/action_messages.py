"""What is sent about code actions, beside the messages that LSP has for them.

Types of the messages that `lsp/protocol.py` lists.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from lsprotocol import types

from ownstack.app.actions.values import EditCheck, EditProgressed, EditResult
from ownstack.app.chats.editor_state import ChatEditor

RUN = "ownstack.action.run"
"""A server command (workspace/executeCommand), not a message; its one argument is an
`ActionArguments`."""


@dataclass(frozen=True, slots=True)
class ActionArguments:
    """Which action is run, and on what."""

    action: str
    """Such as "refactor.simplify"."""
    uri: str
    version: int | None
    """Of the document that `range` and `diagnostics` are about; null: the newest."""
    range: types.Range
    diagnostics: list[types.Diagnostic] = field(default_factory=list)
    """What is fixed, or explained."""
    instruction: str = ""
    """What to do, in the user's words."""


@dataclass(frozen=True, slots=True)
class ActionRunResult:
    """What came of the command."""

    text: str
    """An explanation, or what was done or found, in words."""
    applied: bool
    """Whether a document was changed."""


@dataclass(frozen=True, slots=True)
class EditParams:
    """Asks for an edit, which changes nothing until it is accepted."""

    id: str
    """Of the client's choice, by which progress, accept and reject name it."""
    uri: str
    version: int | None
    range: types.Range
    action: str
    instruction: str = ""
    diagnostics: list[types.Diagnostic] = field(default_factory=list)
    run_tests: bool | None = None
    """Whether the project's tests check it; null: as `ownstack.actions.runTests` says."""


@dataclass(frozen=True, slots=True)
class EditHunksParams:
    id: str
    hunks: list[int] | None = None
    """By their `index` in the newest result; null: all."""


@dataclass(frozen=True, slots=True)
class ActionQuestionParams:
    uri: str
    range: types.Range
    action: str
    """"explain.code" or "explain.diagnostic"."""
    diagnostics: list[types.Diagnostic] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class ActionQuestion:
    """A question for a conversation (`ownstack/chat/ask`)."""

    text: str
    editor: ChatEditor


@dataclass(frozen=True, slots=True)
class ReviewParams:
    """Asks for a review: of lines of a document, or of changes of a repository."""

    id: str
    """Of the client's choice; progress names it."""
    uri: str | None = None
    range: types.Range | None = None
    """Null: the whole document."""
    diff: str = ""
    """"": of the document; "working": what is not committed; "staged": what is staged; else a
    range of commits."""
    folder: str | None = None
    """URI of the workspace folder whose changes are meant; without one, the first."""


@dataclass(frozen=True, slots=True)
class ReviewFinding:
    uri: str
    range: types.Range
    severity: str
    """"error", "warning", "information" or "hint"."""
    title: str
    detail: str


@dataclass(frozen=True, slots=True)
class ReviewResult:
    findings: list[ReviewFinding]
    """By files and lines."""
    model: str
    reason: str = ""
    """Why something may be missing, as one sentence, or ""."""


@dataclass(frozen=True, slots=True)
class ReviewClearParams:
    uri: str | None = None
    """Null: what was found in all files."""


@dataclass(frozen=True, slots=True)
class ReviewClearResult:
    """Nothing."""


@dataclass(frozen=True, slots=True)
class CommitMessageParams:
    folder: str | None = None
    """URI of a workspace folder; without one, the first."""
    why: str = ""
    """What the change is for, in the user's words."""


@dataclass(frozen=True, slots=True)
class CommitMessageResult:
    message: str
    is_staged: bool
    """False: nothing is staged, so it is about changes that a commit would leave out."""
    reason: str = ""
    """Something to know about it, as one sentence, or ""."""


EDIT = "ownstack/edit"
ACCEPT_EDIT = "ownstack/edit/accept"
REJECT_EDIT = "ownstack/edit/reject"
QUESTION = "ownstack/action/question"
REVIEW = "ownstack/review"
CLEAR_REVIEW = "ownstack/review/clear"
COMMIT_MESSAGE = "ownstack/commitMessage"
EDIT_PROGRESS = "ownstack/edit/progress"
REQUESTS: Mapping[str, tuple[Any, Any]] = {
    EDIT: (EditParams, EditResult),
    ACCEPT_EDIT: (EditHunksParams, EditResult),
    REJECT_EDIT: (EditHunksParams, EditResult),
    QUESTION: (ActionQuestionParams, ActionQuestion),
    REVIEW: (ReviewParams, ReviewResult),
    CLEAR_REVIEW: (ReviewClearParams, ReviewClearResult),
    COMMIT_MESSAGE: (CommitMessageParams, CommitMessageResult),
}
NOTIFICATIONS: Mapping[str, Any] = {EDIT_PROGRESS: EditProgressed}
LONG = frozenset({EDIT, ACCEPT_EDIT, REVIEW, COMMIT_MESSAGE})
"""See `chat_messages.LONG`."""
PAYLOADS = (
    ActionArguments,
    ActionRunResult,
    EditParams,
    EditCheck,
    EditResult,
    EditProgressed,
    EditHunksParams,
    ActionQuestionParams,
    ActionQuestion,
    ReviewParams,
    ReviewFinding,
    ReviewResult,
    ReviewClearParams,
    ReviewClearResult,
    CommitMessageParams,
    CommitMessageResult,
)
