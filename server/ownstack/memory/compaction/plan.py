"""What a compaction keeps verbatim and what it covers. Values to values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ownstack.memory.compaction.limits import Limits
from ownstack.memory.conversation import Conversation
from ownstack.memory.events import Event
from ownstack.memory.prompt import MESSAGE_TOKENS, Tokens, user_text


@dataclass(frozen=True, slots=True)
class Plan:
    """A cut through a history."""

    covers: str
    """The newest event that the checkpoint is to stand for."""
    kept: tuple[str, ...]
    """Messages of the user among them that stay verbatim, in their order."""


def tail_start(conversation: Conversation, limits: Limits, tokens: Tokens) -> int:
    """Return the index in history from which on all stays verbatim.

    Calls stay with their results and with the message that made them. The newest of these groups
    stays whatever its size, unless it is the user's, which is kept anyway.
    """
    history = conversation.history
    left = limits.tail
    start = len(history)
    for first, end in reversed(_groups(history)):
        cost = sum(_cost(event, conversation.masked, tokens) for event in history[first:end])
        if cost > left and start < len(history):
            break
        left -= cost
        start = first
        if left < 0:
            break
    return start


def plan(conversation: Conversation, limits: Limits, tokens: Tokens) -> Plan | None:
    """Return what to cover and keep; None if nothing is old enough to be covered."""
    start = tail_start(conversation, limits, tokens)
    if start == 0:
        return None
    covers = conversation.history[start - 1].id
    covered = conversation.through(covers)
    newest = conversation.newest_user
    users = [event for event in covered if event.kind == "user"]
    left = limits.user
    kept: list[str] = []
    seen: set[str] = set()
    for event in reversed(users):
        cost = tokens.of(event.text) + 4
        is_newest = newest is not None and event.id == newest.id
        if not is_newest and (cost > left or event.text in seen):
            continue
        seen.add(event.text)
        left -= cost
        kept.append(event.id)
    return Plan(covers, tuple(reversed(kept)))


def _groups(history: Sequence[Event]) -> list[tuple[int, int]]:
    """Return spans of events that are never parted: an answer, its calls, their results."""
    groups: list[tuple[int, int]] = []
    open_calls = 0
    for index, event in enumerate(history):
        before = history[index - 1].kind if index else ""
        belongs = event.kind == "tool_result" or (
            event.kind == "tool_call" and (before == "assistant" or open_calls > 0)
        )
        if event.kind == "tool_call":
            open_calls += 1
        elif event.kind == "tool_result":
            open_calls = max(0, open_calls - 1)
        else:
            open_calls = 0  # What was not answered by now was interrupted.
        if groups and belongs:
            groups[-1] = (groups[-1][0], index + 1)
        else:
            groups.append((index, index + 1))
    return groups


def _cost(event: Event, masked: frozenset[str], tokens: Tokens) -> int:
    if event.kind == "user":
        return MESSAGE_TOKENS + tokens.of(user_text(event, masked=event.id in masked))
    text = event.text or str(event.data.get("arguments", ""))
    return MESSAGE_TOKENS + tokens.of(text)
