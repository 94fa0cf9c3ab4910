"""What is sent about conversations: asked for, answered, and told as it happens.

Types of the messages that `lsp/protocol.py` lists.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ownstack.app.chats.editor_state import ChatDiagnostic, ChatEditor, ChatSelection
from ownstack.app.chats.memory_values import ChatEntry, ChatMemory, ChatProposal
from ownstack.app.chats.values import (
    ChatChanged,
    ChatCitation,
    ChatCompacted,
    ChatCompaction,
    ChatContext,
    ChatDecision,
    ChatDelta,
    ChatMention,
    ChatModel,
    ChatModelChanged,
    ChatPattern,
    ChatPin,
    ChatProgress,
    ChatQuestion,
    ChatQueue,
    ChatRecalled,
    ChatSession,
    ChatState,
    ChatStep,
    ChatTurn,
    ChatTurnChanged,
    ChatUsage,
)
from ownstack.lsp import tool_messages


@dataclass(frozen=True, slots=True)
class ChatSessionsParams:
    query: str = ""
    """Words of the title or of what was said; "" lists all."""
    folder: str | None = None
    """URI of a workspace folder; without one, the first."""
    limit: int = 50


@dataclass(frozen=True, slots=True)
class ChatSessionsResult:
    sessions: list[ChatSession]
    """The one used last first."""
    reason: str = ""
    """Why some may be missing, as one sentence, or ""."""


@dataclass(frozen=True, slots=True)
class ChatOpenParams:
    session: str | None = None
    """None begins a new one."""
    folder: str | None = None
    """URI of the workspace folder that a new one is about; without one, the first."""


@dataclass(frozen=True, slots=True)
class ChatSessionParams:
    session: str


@dataclass(frozen=True, slots=True)
class ChatTurnsParams:
    session: str
    before: int
    """The number of a turn; those before it are wanted."""
    limit: int = 30


@dataclass(frozen=True, slots=True)
class ChatTurnsResult:
    turns: list[ChatTurn]
    """In their order."""
    earlier: bool
    compactions: list[ChatCompaction] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class ChatRenameParams:
    session: str
    title: str


@dataclass(frozen=True, slots=True)
class ChatExportParams:
    session: str
    format: str = "markdown"
    """"markdown" or "json"."""


@dataclass(frozen=True, slots=True)
class ChatExportResult:
    text: str
    name: str
    """A file name that suits it."""


@dataclass(frozen=True, slots=True)
class ChatAskParams:
    session: str
    text: str
    """"" with `replaces`: the same question again."""
    question: str = ""
    """An id of the client's choice, by which notifications name it; "" has one made."""
    editor: ChatEditor | None = None
    replaces: int | None = None
    """A turn: it and all after it are taken back, and this question stands in their place."""


@dataclass(frozen=True, slots=True)
class ChatQuestionParams:
    session: str
    question: str


@dataclass(frozen=True, slots=True)
class ChatStopResult:
    stopped: bool
    """False: nothing ran."""


@dataclass(frozen=True, slots=True)
class ChatWithdrawResult:
    text: str
    """The question, to be put back where it was typed; "" if it was begun already."""


@dataclass(frozen=True, slots=True)
class ChatRestoreParams:
    session: str
    turn: int
    """One that replaced others."""


@dataclass(frozen=True, slots=True)
class ChatCompactParams:
    session: str
    focus: str = ""
    """What is to be kept in more detail."""


@dataclass(frozen=True, slots=True)
class ChatTextParams:
    session: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class ChatUnpinParams:
    session: str
    event: str = ""
    """Of a pin; "" lets go of all of them."""


@dataclass(frozen=True, slots=True)
class ChatRecallParams:
    session: str
    query: str
    limit: int = 8


@dataclass(frozen=True, slots=True)
class ChatRecallResult:
    decisions: list[ChatDecision]
    patterns: list[ChatPattern]
    turns: list[ChatRecalled]
    """Each list: the best first."""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ChatAcceptParams:
    session: str
    name: str
    """Of what is proposed."""
    choice: str = ""
    """What becomes of entries that it contradicts: "replace" or "both"; "" refuses it then."""


@dataclass(frozen=True, slots=True)
class ChatRejectParams:
    session: str
    name: str


@dataclass(frozen=True, slots=True)
class ChatMemoryChange:
    done: list[str]
    """What was done, in sentences."""
    memory: ChatMemory


@dataclass(frozen=True, slots=True)
class ChatMentionsParams:
    query: str
    """What is typed after the @."""
    folder: str | None = None
    limit: int = 20


@dataclass(frozen=True, slots=True)
class ChatMentionsResult:
    mentions: list[ChatMention]
    """The best first."""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ChatDone:
    """A result that says no more than that it is done."""


SESSIONS = "ownstack/chat/sessions"
OPEN = "ownstack/chat/open"
TURNS = "ownstack/chat/turns"
CLOSE = "ownstack/chat/close"
RENAME = "ownstack/chat/rename"
DELETE = "ownstack/chat/delete"
EXPORT = "ownstack/chat/export"
ASK = "ownstack/chat/ask"
STOP = "ownstack/chat/stop"
WITHDRAW = "ownstack/chat/withdraw"
RESTORE = "ownstack/chat/restore"
COMPACT = "ownstack/chat/compact"
UNDO = "ownstack/chat/undo"
EDIT_SUMMARY = "ownstack/chat/editSummary"
PIN = "ownstack/chat/pin"
UNPIN = "ownstack/chat/unpin"
CLEAR = "ownstack/chat/clear"
CONTEXT = "ownstack/chat/context"
RECALL = "ownstack/chat/recall"
MEMORY = "ownstack/chat/memory"
ACCEPT = "ownstack/chat/accept"
REJECT = "ownstack/chat/reject"
MENTIONS = "ownstack/chat/mentions"

PROGRESS = "ownstack/chat/progress"
DELTA = "ownstack/chat/delta"
TURN_CHANGED = "ownstack/chat/turnChanged"
QUEUE_CHANGED = "ownstack/chat/queueChanged"
COMPACTED = "ownstack/chat/compacted"
MODEL_CHANGED = "ownstack/chat/modelChanged"
CHANGED = "ownstack/chat/changed"

REQUESTS: Mapping[str, tuple[Any, Any]] = {
    SESSIONS: (ChatSessionsParams, ChatSessionsResult),
    OPEN: (ChatOpenParams, ChatState),
    TURNS: (ChatTurnsParams, ChatTurnsResult),
    CLOSE: (ChatSessionParams, ChatDone),
    RENAME: (ChatRenameParams, ChatSession),
    DELETE: (ChatSessionParams, ChatDone),
    EXPORT: (ChatExportParams, ChatExportResult),
    ASK: (ChatAskParams, ChatTurnChanged),
    STOP: (ChatSessionParams, ChatStopResult),
    WITHDRAW: (ChatQuestionParams, ChatWithdrawResult),
    RESTORE: (ChatRestoreParams, ChatState),
    COMPACT: (ChatCompactParams, ChatCompacted),
    UNDO: (ChatSessionParams, ChatState),
    EDIT_SUMMARY: (ChatTextParams, ChatState),
    PIN: (ChatTextParams, ChatState),
    UNPIN: (ChatUnpinParams, ChatState),
    CLEAR: (ChatSessionParams, ChatState),
    CONTEXT: (ChatSessionParams, ChatContext | None),
    RECALL: (ChatRecallParams, ChatRecallResult),
    MEMORY: (ChatSessionParams, ChatMemory),
    ACCEPT: (ChatAcceptParams, ChatMemoryChange),
    REJECT: (ChatRejectParams, ChatMemoryChange),
    MENTIONS: (ChatMentionsParams, ChatMentionsResult),
    tool_messages.ANSWER: (tool_messages.ChatAnswerParams, ChatDone),
    tool_messages.CHANGES: (tool_messages.ChatChangesParams, tool_messages.ChatChangesResult),
    tool_messages.APPLY: (tool_messages.ChatApplyParams, tool_messages.ChatEdits),
    tool_messages.REFUSE: (tool_messages.ChatRefuseParams, tool_messages.ChatEdits),
    tool_messages.RESTORE_CHECKPOINT: (
        tool_messages.ChatRestoreCheckpointParams,
        tool_messages.ChatEdits,
    ),
    tool_messages.SET_TOOLS: (tool_messages.ChatToolsParams, ChatState),
}
NOTIFICATIONS: Mapping[str, Any] = {
    PROGRESS: ChatProgress,
    DELTA: ChatDelta,
    TURN_CHANGED: ChatTurnChanged,
    QUEUE_CHANGED: ChatQueue,
    COMPACTED: ChatCompacted,
    MODEL_CHANGED: ChatModelChanged,
    CHANGED: ChatChanged,
    **tool_messages.NOTIFICATIONS,
}
"""What the server sends to the windows that have a conversation open."""
LONG = frozenset({ASK, tool_messages.APPLY, tool_messages.RESTORE_CHECKPOINT})
"""Requests that may wait for long, are bounded elsewhere, and do not count among those that a
window has in work."""
PAYLOADS = (
    ChatDone,
    ChatSession,
    ChatCitation,
    ChatUsage,
    ChatStep,
    ChatTurn,
    ChatCompaction,
    ChatPin,
    ChatContext,
    ChatModel,
    ChatQuestion,
    ChatProgress,
    ChatState,
    ChatSessionsParams,
    ChatSessionsResult,
    ChatOpenParams,
    ChatSessionParams,
    ChatTurnsParams,
    ChatTurnsResult,
    ChatRenameParams,
    ChatExportParams,
    ChatExportResult,
    ChatSelection,
    ChatDiagnostic,
    ChatEditor,
    ChatAskParams,
    ChatQuestionParams,
    ChatStopResult,
    ChatWithdrawResult,
    ChatRestoreParams,
    ChatCompactParams,
    ChatTextParams,
    ChatUnpinParams,
    ChatRecalled,
    ChatDecision,
    ChatPattern,
    ChatRecallParams,
    ChatRecallResult,
    ChatEntry,
    ChatProposal,
    ChatMemory,
    ChatAcceptParams,
    ChatRejectParams,
    ChatMemoryChange,
    ChatMention,
    ChatMentionsParams,
    ChatMentionsResult,
    ChatDelta,
    ChatTurnChanged,
    ChatQueue,
    ChatCompacted,
    ChatModelChanged,
    ChatChanged,
    *tool_messages.PAYLOADS,
)
