"""What comes of a question, and who is shown it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ownstack.chat.citations import Citation
from ownstack.engine.results import Usage
from ownstack.memory import events
from ownstack.memory.compaction.compactor import Compacted, Declined

Show = Callable[[str, bool], None]
"""Is given pieces of an answer, and whether they are reasoning."""
Outcome = Compacted | Declined


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a question."""

    text: str
    finish: events.Finish
    model: str
    """`index_answer.NAME` if there is none."""
    citations: tuple[Citation, ...]
    turn: int
    reasoning: str = ""
    usage: Usage | None = None
    problems: tuple[str, ...] = ()
    """What a person should know of it, in sentences."""
    notes: tuple[str, ...] = ()
    """What was recorded beside it: decisions that the question states, what is new in the inbox."""
    compacted: Outcome | None = None
    """What was done first to make room."""
