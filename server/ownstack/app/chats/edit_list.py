"""Proposed edits of a conversation as a window shows them: listed, and as changes of files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ownstack.app.chats.tool_values import ChatCheckpoint, ChatEdit, ChatFileChange, ChatHunk
from ownstack.chat.edits import Edits
from ownstack.chat.proposal_log import Proposed, taken
from ownstack.chat.proposals import Proposal
from ownstack.errors import EditError, UsageError
from ownstack.memory.events import Event
from ownstack.text import LineIndex

MAX_OTHERS = 20
"""Edits that do not wait any more, and checkpoints, that are listed: the newest."""
MAX_CHARS = 2_000_000
"""Of all texts of the changes that are told at once."""
TOO_LONG = "It is too long to be shown here; it can be applied as a whole."


@dataclass(frozen=True, slots=True)
class EditList:
    """The edits and checkpoints of a conversation, as they are now."""

    edits: list[ChatEdit]
    checkpoints: list[ChatCheckpoint]


def listed(edits: Edits, log: Sequence[Event], root: Path, restriction: str) -> EditList:
    """Return them as one window sees them. Reads files.

    `restriction` says why no file may be read, "" if files may.
    """
    items = edits.proposed
    others = [item for item in items if item.state != "pending"][-MAX_OTHERS:]
    shown = [item for item in items if item.state == "pending" or item in others]
    return EditList(
        [_edit(item, edits, root, restriction) for item in shown],
        [
            ChatCheckpoint(item.id, item.turn, item.at, list(item.paths), item.restored)
            for item in taken(log)[-MAX_OTHERS:]
        ],
    )


def changes(edits: Edits, root: Path, wanted: Sequence[str]) -> list[ChatFileChange]:
    """Return what pending edits make of files; without ids, of all that are pending. Reads files.

    Raises:
        UsageError: one of them is not pending.
    """
    waiting = {item.id: item for item in edits.pending}
    if not set(wanted) <= set(waiting):
        raise UsageError("An edit of these does not wait any more.", "Look at what does.")
    found: list[ChatFileChange] = []
    left = MAX_CHARS
    for item in waiting.values():
        if not wanted or item.id in wanted:
            change = _change(item, edits, root, left)
            left -= len(change.before) + len(change.after)
            found.append(change)
    return found


def _edit(item: Proposed, edits: Edits, root: Path, restriction: str) -> ChatEdit:
    made = item.proposal
    reason = ""
    if item.state == "pending":
        reason = restriction or _reason(made, edits)
    return ChatEdit(
        made.id,
        item.turn,
        made.title,
        (root / made.path).as_uri(),
        made.path,
        item.state,
        not made.base_hash,
        made.added,
        made.removed,
        reason,
        item.checkpoint,
    )


def _reason(item: Proposal, edits: Edits) -> str:
    try:
        edits.fitted(item)
    except EditError as error:
        return str(error)
    return ""


def _change(item: Proposal, edits: Edits, root: Path, left: int) -> ChatFileChange:
    uri, is_new = (root / item.path).as_uri(), not item.base_hash
    try:
        before, after = edits.fitted(item)
    except EditError as error:
        return ChatFileChange(item.id, uri, item.path, is_new, "", "", [], str(error))
    if len(before) + len(after) > left:
        return ChatFileChange(item.id, uri, item.path, is_new, "", "", [], TOO_LONG)
    lines = LineIndex(before)
    hunks = [
        ChatHunk(at, lines.line_of(edit.start) + 1, before[edit.start : edit.end], edit.text)
        for at, edit in enumerate(item.edits)
    ]
    return ChatFileChange(item.id, uri, item.path, is_new, before, after, hunks)
