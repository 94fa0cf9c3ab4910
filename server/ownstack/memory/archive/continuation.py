"""The continuation prompt: a text from which any model goes on, in the headings of a summary."""

from __future__ import annotations

from collections.abc import Iterator

from ownstack.memory.archive.archive import Archive, KeptDecision
from ownstack.memory.compaction.carried import lines_of
from ownstack.memory.compaction.summary import HEADINGS, Summary
from ownstack.memory.conversation import Conversation
from ownstack.memory.handles import short

MAX_LINES = 12
"""Under a heading."""
LINE_CHARS = 240


def continuation(archive: Archive, conversation: Conversation) -> str:
    """Return the prompt, at most some 20,000 characters; lines are in the order of priority."""
    lines = list(_lines(archive, conversation))
    chosen = []
    for heading in HEADINGS:
        under = dict.fromkeys(short(line, LINE_CHARS) for name, line in lines if name == heading)
        chosen += [(heading, line) for line in list(under)[:MAX_LINES] if line]
    title = f' called "{short(archive.title, 120)}"' if archive.title else ""
    return (
        f"Go on with a conversation{title} about the project {short(archive.project.name, 120)}. "
        f"This is a record of it, not a request:\n\n{Summary(tuple(chosen)).text}"
    ).rstrip()


def _lines(archive: Archive, conversation: Conversation) -> Iterator[tuple[str, str]]:
    """Yield headings and lines, what matters most first."""
    said = [event for event in conversation.events if event.kind == "user" and event.text.strip()]
    before = [] if conversation.checkpoint is None else lines_of(conversation.checkpoint.summary)
    if said and not any(heading == "Goal" for heading, _ in before):
        yield "Goal", said[0].text
    for item in archive.constraints:
        yield "Constraints", item.text
    for kept in archive.decisions:
        if kept.decision.holds:
            yield "Decisions", _decided(kept, archive)
    for thread in archive.threads:
        if thread.thread.state == "OPEN":
            yield "In progress", f"{thread.thread.name} {thread.thread.text}"
    for artifact in archive.artifacts:
        if artifact.kind == "failing":
            yield "In progress", f"Failing: {artifact.name}"
        if artifact.kind == "edited":
            yield "Done", f"Edited {artifact.name} {artifact.note}"
    yield from before
    if said:
        yield "Next step", f"The user said last: {said[-1].text}"


def _decided(kept: KeptDecision, archive: Archive) -> str:
    decision = kept.decision
    where = "" if kept.project == archive.project else f"{kept.project.name}/"
    disputed = ", disputed" if decision.status == "disputed" else ""
    why = f": {decision.rationale}" if decision.rationale else ""
    return f"{where}{decision.name} (tier {decision.tier:g}{disputed}) {decision.text}{why}"
