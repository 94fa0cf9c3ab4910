"""Whether a compaction may be shown to the model: what must never be lost, and never grow."""

from __future__ import annotations

from ownstack.engine.messages import Message, ToolCallPart
from ownstack.memory.compaction.limits import LEAST_FREED
from ownstack.memory.conversation import Conversation
from ownstack.memory.ledger import Ledger
from ownstack.memory.prompt import Frame, Tokens, messages, segments


def problems(
    frame: Frame,
    before: Conversation,
    after: Conversation,
    ledger: Ledger,
    tokens: Tokens,
    *,
    below: float = 1.0 - LEAST_FREED,
) -> tuple[str, ...]:
    """Return what is wrong with `after`, in words; nothing if it may take the place of `before`.

    `below` is the share of the tokens of before that it has to come below.
    """
    shown = "\n".join(_text(message) for message in messages(frame, after))
    found: list[str] = []
    lost = [name for name in ledger.identifiers if name not in shown]
    if lost:
        found.append(f"the ledger's {lost[0]!r} is missing")
    if after.rules != before.rules or before.rules not in shown:
        found.append("rules are missing")
    newest = before.newest_user
    if newest is not None and newest.text not in shown:
        found.append("the newest message of the user is missing")
    if any(pin.text not in shown for pin in before.pins):
        found.append("a pinned text is missing")
    was, now = (segments(frame, state, tokens).total for state in (before, after))
    if now >= was * below:
        found.append(f"it would go from {was:,} to {now:,} tokens, which frees too little")
    return tuple(found)


def _text(message: Message) -> str:
    return "".join(
        part.arguments if isinstance(part, ToolCallPart) else part.text for part in message.parts
    )
