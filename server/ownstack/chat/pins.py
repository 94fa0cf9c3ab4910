"""Texts of a conversation that stay word for word, whatever is compacted."""

from __future__ import annotations

from collections.abc import Iterator

from ownstack.errors import UsageError
from ownstack.memory import events
from ownstack.memory.conversation import Conversation
from ownstack.memory.events import Event, Stamp


def pin(conversation: Conversation, stamp: Stamp, text: str = "") -> Event:
    """Return the event that pins a text, or the summary that a model is shown.

    Raises:
        UsageError: there is neither a text nor a summary, or it is pinned already.
    """
    text, checkpoint = text.strip(), conversation.checkpoint
    newest = conversation.events[-1] if conversation.events else None
    target = newest if text or checkpoint is None else checkpoint.event
    pinned = text or ("" if checkpoint is None else checkpoint.summary)
    if not pinned or target is None:
        raise UsageError("There is nothing to pin yet.", "/pin TEXT keeps a text.")
    if any(pin.text == pinned for pin in conversation.pins):
        raise UsageError("That is pinned already.", "/unpin lets go of all that is pinned.")
    return events.pin(stamp, target.id, text=pinned)


def unpin(conversation: Conversation, stamp: Stamp) -> Iterator[Event]:
    """Yield the events that let go of all that is pinned."""
    for target in dict.fromkeys(pin.event for pin in conversation.pins):
        yield events.pin(stamp, target, pinned=False)
