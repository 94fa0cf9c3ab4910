"""Questions that were asked in the place of others, and what brings those back.

Nothing leaves the log: an undoing takes back a question and what was said after it, and the
question that stands in its place has the same turn as the undoing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from ownstack.errors import UsageError
from ownstack.memory import events
from ownstack.memory.conversation import fold, taken_back, undone
from ownstack.memory.events import Event, Stamp


@dataclass(frozen=True, slots=True)
class Replacement:
    """What a question took the place of."""

    undo: Event
    turns: int
    """How many turns it took back."""


def replacements(log: Sequence[Event]) -> Mapping[int, Replacement]:
    """Return what questions stand in place of, by their turns. One that was undone is left out."""
    gone = undone(log)
    questions = {event.id for event in log if event.kind == "user"}
    found: dict[int, Replacement] = {}
    for index, event in enumerate(log):
        if event.kind == "undo" and event.id not in gone:
            back = questions.intersection(taken_back(log, index))
            if back:
                found[event.turn] = Replacement(event, len(back))
                questions -= back
    return found


def question_of(log: Sequence[Event], turn: int) -> Event:
    """Return what the user said in a turn that holds.

    Raises:
        UsageError: there is no such turn, or it holds no more.
    """
    for event in fold(log).events:
        if event.kind == "user" and event.turn == turn:
            return event
    raise UsageError(f"There is no turn {turn} in this conversation.", "Open it again.")


def restoring(log: Sequence[Event], stamp: Stamp, turn: int) -> tuple[Event, Event]:
    """Return what brings back the turns that a turn stands in place of, and takes it away.

    Raises:
        UsageError: it stands in place of none.
    """
    question = question_of(log, turn)
    replacement = replacements(log).get(turn)
    if replacement is None:
        raise UsageError(f"Turn {turn} was not asked in the place of another one.")
    back = events.undo(stamp, replacement.undo.id)
    return back, events.undo(replace(stamp, turn=turn), question.id, onward=True)
