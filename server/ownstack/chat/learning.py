"""What a message establishes: decisions, threads, solutions. Recorded, and proposed."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ownstack.chat.stated_decisions import StatedDecisions
from ownstack.memory import mentions
from ownstack.memory.entries.inbox import Proposal, draft, drafts_of_summary
from ownstack.memory.entries.project_memory import ProjectMemory
from ownstack.memory.events import Event
from ownstack.memory.facts import threads
from ownstack.memory.facts.classify import classify, sentences
from ownstack.memory.facts.conflicts import Verdict
from ownstack.memory.facts.project_facts import ProjectFacts
from ownstack.memory.facts.similarity import content
from ownstack.memory.handles import short
from ownstack.memory.log.session import SessionLog

MAX_THREADS = 3
"""Of one message: more in one are a document, not what its author says."""
_PROPOSED = ("added", "superseded", "disputed")
_LEAST_TERMS = 3
"""Of a sentence that is a solution by itself."""
_RECENT = 4
"""Messages before one that tells of a solution, among which the problem is."""
_MAX_CHARS = 300
INBOX = "New in the inbox:"
_ASKS = re.compile(r"\?|\b(?:please|let's|let us|we'll|we will|i'll|i will|you)\b", re.IGNORECASE)


def learn(
    session: SessionLog, memory: ProjectMemory, decisions: StatedDecisions, message: str
) -> tuple[str, ...]:
    """Record what the newest message of a session establishes, and say so. Waits for the disk."""
    facts = ProjectFacts(session)
    notes, recorded = decisions.record(message)
    drafts = _drafts(recorded, source_of(session))
    notes += _threads(facts, session, message)
    proposed = memory.propose(drafts)
    for proposal in proposed:
        for entry in memory.contradicted(proposal.text):
            notes.append(f"{proposal.name} contradicts {entry.name}: {entry.text}")
    return (*notes, *inbox_notes(proposed))


def only_states(message: str) -> bool:
    """Say whether all that a message does is to establish something, which asks for no code.

    The same rules tell as those by which it is recorded: a decision, an open thread, a solution.
    What is decided to be done now ("Let's use …") may well be meant as a request.
    """
    kinds = ("decision", "solution")
    told = {finding.text for finding in classify(message) if finding.kind in kinds}
    said = list(sentences(message))
    return bool(said) and all(
        _ASKS.search(one) is None and (one in told or threads.opens(one) or threads.resolves(one))
        for one in said
    )


def propose_from_summary(
    session: SessionLog, memory: ProjectMemory, summary: str
) -> tuple[str, ...]:
    """Propose what a model's summary says was decided, and say so. Waits for the disk."""
    source = f"a model's summary, {source_of(session)}"
    return inbox_notes(memory.propose(drafts_of_summary(summary, source)))


def source_of(session: SessionLog) -> str:
    """Return how a file says where something was said."""
    return f"conversation {session.id[-8:]}, turn {session.last_turn}"


def inbox_notes(proposed: Sequence[Proposal]) -> tuple[str, ...]:
    """Return the line that tells of new proposals; none if there are none."""
    if not proposed:
        return ()
    return (f"{INBOX} {', '.join(proposal.name for proposal in proposed)}.",)


def _drafts(recorded: Sequence[Verdict], source: str) -> list[Proposal]:
    made = (
        draft(verdict.decision.text, verdict.decision.tier, source, decision=verdict.decision.name)
        for verdict in recorded
        if verdict.outcome in _PROPOSED
    )
    return [proposal for proposal in made if proposal is not None]


def _threads(facts: ProjectFacts, session: SessionLog, message: str) -> list[str]:
    notes: list[str] = []
    said = list(sentences(message))
    for sentence in [one for one in said if threads.opens(one)][:MAX_THREADS]:
        opened = facts.open_thread(sentence)
        notes.append(f"Open as {opened.name}: {opened.text}")
    solved = [sentence for sentence in said if threads.resolves(sentence)]
    for sentence in solved[:MAX_THREADS]:
        thread = threads.meant(sentence, facts.threads().values(), session.id)
        if thread is not None:
            facts.resolve_thread(thread.name, sentence)
            notes.append(f"Resolved: {thread.name} {thread.text}")
    if solved:
        notes += _solution(facts, session.events, message)
    return notes


def _solution(facts: ProjectFacts, events: Sequence[Event], message: str) -> list[str]:
    """Record what solved a problem: the user says so, or confirms what was answered."""
    before = [event for event in events if event.kind in ("user", "assistant")]
    said = [event.text for event in before if event.kind == "user"][:-1]
    asked = [text for text in said[-_RECENT:] if not threads.resolves(text)]
    newest = max((at for at, event in enumerate(before) if event.kind == "user"), default=0)
    answered = [event.text for event in before[:newest] if event.kind == "assistant"]
    if not asked:
        return []
    solution = _solves(message) or (_solves(answered[-1]) if answered else "")
    errors = [error for text in reversed(asked) for error in mentions.errors(text)]
    problem = errors[0] if errors else next(sentences(asked[-1]), "")
    if not solution or not content(problem):
        return []
    pattern = facts.saw_pattern(short(problem, _MAX_CHARS), short(solution, _MAX_CHARS))
    times = f", {pattern.seen} times now" if pattern.seen > 1 else ""
    return [f"Kept for later{times}: {pattern.problem} → {pattern.solution}"]


def _solves(text: str) -> str:
    """Return the first sentence that tells a solution, and more than that there is one."""
    for finding in classify(text):
        if finding.kind == "solution" and len(content(finding.text)) >= _LEAST_TERMS:
            return finding.text
    return ""
