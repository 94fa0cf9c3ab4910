"""What is sent about tools of conversations: leave, proposed edits, what gives files back.

Types of the messages that `lsp/chat_messages.py` lists with those about conversations.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ownstack.app.chats.tool_values import (
    ChatApproval,
    ChatApprovals,
    ChatCheckpoint,
    ChatEdit,
    ChatEditsChanged,
    ChatFileChange,
    ChatHunk,
)
from ownstack.app.chats.values import ChatSteps


@dataclass(frozen=True, slots=True)
class ChatAnswerParams:
    session: str
    approval: str
    """Its id."""
    answer: str
    """"no", "once" or "always"."""


@dataclass(frozen=True, slots=True)
class ChatChangesParams:
    session: str
    edits: list[str] = field(default_factory=list)
    """Ids; none: all that are pending."""


@dataclass(frozen=True, slots=True)
class ChatChangesResult:
    changes: list[ChatFileChange]
    """In the order in which they were proposed."""


@dataclass(frozen=True, slots=True)
class ChatApplyParams:
    session: str
    edits: list[str]
    """Ids; all of them are applied, or none."""
    hunks: dict[str, list[int]] = field(default_factory=dict)
    """By the id of an edit, those of its hunks that are applied; of one that is not named, all."""


@dataclass(frozen=True, slots=True)
class ChatRefuseParams:
    session: str
    edits: list[str]


@dataclass(frozen=True, slots=True)
class ChatRestoreCheckpointParams:
    session: str
    checkpoint: str
    force: bool = False
    """Give back files that were changed since, too."""


@dataclass(frozen=True, slots=True)
class ChatEdits:
    done: list[str]
    """What was done, in sentences."""
    edits: list[ChatEdit]
    checkpoints: list[ChatCheckpoint]
    """Both lists as in `ChatEditsChanged`."""


@dataclass(frozen=True, slots=True)
class ChatToolsParams:
    session: str
    tools: str
    """"auto", "on" or "off"."""


ANSWER = "ownstack/chat/answer"
CHANGES = "ownstack/chat/changes"
APPLY = "ownstack/chat/apply"
REFUSE = "ownstack/chat/refuse"
RESTORE_CHECKPOINT = "ownstack/chat/restoreCheckpoint"
SET_TOOLS = "ownstack/chat/setTools"

APPROVALS_CHANGED = "ownstack/chat/approvalsChanged"
EDITS_CHANGED = "ownstack/chat/editsChanged"
STEPS_CHANGED = "ownstack/chat/stepsChanged"

NOTIFICATIONS: Mapping[str, Any] = {
    APPROVALS_CHANGED: ChatApprovals,
    EDITS_CHANGED: ChatEditsChanged,
    STEPS_CHANGED: ChatSteps,
}
PAYLOADS = (
    ChatApproval,
    ChatEdit,
    ChatHunk,
    ChatFileChange,
    ChatCheckpoint,
    ChatAnswerParams,
    ChatChangesParams,
    ChatChangesResult,
    ChatApplyParams,
    ChatRefuseParams,
    ChatRestoreCheckpointParams,
    ChatEdits,
    ChatToolsParams,
    ChatApprovals,
    ChatEditsChanged,
    ChatSteps,
)
