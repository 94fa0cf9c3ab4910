"""What a project remembers about something: what was decided and solved, and what was said."""

from __future__ import annotations

from dataclasses import dataclass

from ownstack.memory.facts import patterns
from ownstack.memory.facts.decisions import Decision
from ownstack.memory.facts.patterns import Pattern
from ownstack.memory.facts.project_facts import ProjectFacts
from ownstack.memory.facts.similarity import content, overlap
from ownstack.memory.log.conversation_log import ConversationLog
from ownstack.memory.log.recall import Recalled
from ownstack.memory.log.session import SessionLog

ABOUT = 0.5
"""Share of terms from which on a decision is about what was asked."""


@dataclass(frozen=True, slots=True)
class Recollection:
    """An answer of the memory, each part the best first."""

    decisions: tuple[Decision, ...]
    """Those that hold."""
    patterns: tuple[Pattern, ...]
    turns: tuple[Recalled, ...]


def recollect(
    log: ConversationLog, session: SessionLog, root: str, query: str, limit: int = 8
) -> Recollection:
    """Return what the project of a session knows about a query. Waits for the disk.

    Raises:
        MemoryStoreError: the log cannot be read.
    """
    facts = ProjectFacts(session)
    asked = content(query)
    about = [
        (share, decision)
        for decision in facts.decisions().values()
        if decision.holds and (share := overlap(asked, content(decision.text))) >= ABOUT
    ]
    about.sort(key=lambda pair: (-pair[0], -pair[1].tier, pair[1].name))
    return Recollection(
        tuple(decision for _, decision in about[:limit]),
        tuple(patterns.offered(query, facts.patterns())),
        tuple(log.recall.search(query, root, limit)),
    )
