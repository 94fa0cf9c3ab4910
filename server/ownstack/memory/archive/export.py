"""The archive of a session: what it was continued from, and what has come since."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from ownstack.memory import events, ids, mentions
from ownstack.memory.archive import document, references
from ownstack.memory.archive.archive import (
    Archive,
    Artifact,
    ArtifactKind,
    Constraint,
    KeptDecision,
    KeptEvent,
    KeptThread,
    Mode,
    ProjectName,
    Summary,
    most_important,
    ranked,
)
from ownstack.memory.archive.continuation import continuation
from ownstack.memory.conversation import Conversation, fold, text_of
from ownstack.memory.events import Event, Stamp
from ownstack.memory.facts.decisions import Decision
from ownstack.memory.facts.threads import Thread
from ownstack.memory.handles import handle, short
from ownstack.memory.imported import is_imported
from ownstack.memory.ledger import ledger_of
from ownstack.memory.log.rows import SessionInfo
from ownstack.memory.log.writes import unicode
from ownstack.text import truncate

CONTINUED = "continued"
"""The topic of the note with which a session goes on from an archive."""
MAX_CONSTRAINTS, MAX_ARTIFACTS, MAX_FACTS = 100, 300, 1_000
_CONSTRAINT_CHARS = 400
_TEXT_CHARS, _NOTE_CHARS = 20_000, 1_000
_STRICT = re.compile(
    r"\b(?:must|mustn't|never|always|don't|do not|not allowed|required?)\b", re.IGNORECASE
)
_NAME = re.compile(r"[DT]\d{1,9}", re.ASCII)
_ASIDE = frozenset({"note", "model", "rules"})
"""Kinds that no conversation is made of."""
_SECTIONS: Mapping[str, ArtifactKind] = {
    "Failing": "failing",
    "Edited": "edited",
    "Ran": "ran",
    "Read": "read",
    "Named": "named",
}


@dataclass(frozen=True, slots=True)
class Source:
    """A session to archive, and what its project knows."""

    info: SessionInfo
    events: tuple[Event, ...]
    project: ProjectName
    decisions: Mapping[str, Decision]
    threads: Mapping[str, Thread]


def continued_note(stamp: Stamp, archive: Archive) -> Event:
    """Return the note of what a session is continued from, but for what was said."""
    state = replace(archive, summary=None, turns=(), events=(), pins=())
    tree = document.to_tree(state) | {"id": document.archive_id(archive)}
    return events.note(stamp, CONTINUED, archive.title, tree)


def carried(logged: Iterable[Event]) -> Archive | None:
    """Return what a session was continued from, as `continued_note` keeps it."""
    for event in logged:
        if _is_continued_note(event):
            details = event.data.get("details")
            return document.from_tree(dict(details)) if isinstance(details, Mapping) else None
    return None


def said_here(logged: Iterable[Event]) -> list[Event]:
    """Return what happened in the session itself, without what an archive brought."""
    return [event for event in logged if not is_imported(event) and not _is_continued_note(event)]


def is_said(event: Event) -> bool:
    """Say whether a conversation is made of such events, and not only told about by them."""
    return event.kind not in _ASIDE


def archive_of(source: Source, mode: Mode) -> Archive:
    """Return the archive of a session.

    One in which nothing was said since it was continued gives what it was continued from.
    """
    before = carried(source.events)
    new = said_here(source.events)
    goes_on = before is None or any(map(is_said, new))
    conversation = fold(source.events)
    made = Archive(
        mode=mode,
        title=unicode(source.info.title),
        project=source.project,
        lineage=(source.info.id,),
        begun=source.info.created,
        continuation="",
        constraints=_constraints(new),
        decisions=_own_decisions(source, new) if goes_on else (),
        threads=_own_threads(source, new) if goes_on else (),
        artifacts=_artifacts(new),
        pins=tuple(unicode(pin.text) for pin in conversation.pins),
    )
    if before is not None:
        made = _after(before, made, source, goes_on=goes_on)
    made = _sorted(made)
    if goes_on:
        made = replace(made, continuation=continuation(made, conversation))
    if mode == "partial":
        return most_important(made)
    if mode == "lossless":
        whole = [event for event in source.events if not _is_continued_note(event)]
        return replace(made, events=references.kept(whole, conversation.order))
    return replace(made, summary=_summary(conversation), turns=_turns(conversation))


def _is_continued_note(event: Event) -> bool:
    return (
        event.kind == "note"
        and not is_imported(event)
        and text_of(event.data, "topic") == CONTINUED
    )


def _after(before: Archive, made: Archive, source: Source, *, goes_on: bool) -> Archive:
    """Return what a session adds to what it was continued from."""
    decided = {_key(item): item for item in _up_to_date(before, source)}
    for decision in made.decisions:
        other = decided.get(_key(decision))
        if other is not None and other.decision.text != decision.decision.text:
            # The name means something else in the log that the archive is from.
            apart = replace(other, project=_elsewhere(other.project, before))
            decided[_key(apart)] = apart
        decided[_key(decision)] = decision
    threads = {(item.project.id, item.thread.name): item for item in before.threads}
    threads |= {(item.project.id, item.thread.name): item for item in made.threads}
    constraints = {item.text: item for item in (*before.constraints, *made.constraints)}
    artifacts = {(item.kind, item.name): item for item in (*before.artifacts, *made.artifacts)}
    return replace(
        made,
        title=made.title if goes_on and made.title else before.title,
        project=made.project if goes_on else before.project,
        lineage=(*before.lineage, *(made.lineage if goes_on else ())),
        begun=before.begun,
        continuation=before.continuation,
        decisions=tuple(decided.values()),
        threads=tuple(threads.values()),
        constraints=tuple(constraints.values()),
        artifacts=tuple(artifacts.values()),
    )


def _key(item: KeptDecision) -> tuple[str, str]:
    return item.project.id, item.decision.name


def _elsewhere(project: ProjectName, before: Archive) -> ProjectName:
    apart = ids.derived(ids.parse(project.id), "archive", before.session)
    return ProjectName(str(apart), f"{project.name} (archive)")


def _up_to_date(before: Archive, source: Source) -> list[KeptDecision]:
    """Return an archive's decisions; those of this project's log as they stand there now."""
    return [
        replace(item, decision=_clean(known))
        if item.project.id == source.project.id
        and (known := source.decisions.get(item.decision.name)) is not None
        and _clean(known).text == item.decision.text
        else item
        for item in before.decisions
    ]


def _own_decisions(source: Source, new: Sequence[Event]) -> tuple[KeptDecision, ...]:
    touched = {text_of(event.data, "name") for event in new if event.kind == "decision"}
    return tuple(
        KeptDecision(source.project, _clean(decision))
        for decision in source.decisions.values()
        if (decision.holds or decision.name in touched)
        and decision.text.strip()
        and _NAME.fullmatch(decision.name)
    )


def _own_threads(source: Source, new: Sequence[Event]) -> tuple[KeptThread, ...]:
    touched = {text_of(event.data, "name") for event in new if event.kind == "thread"}
    return tuple(
        KeptThread(source.project, replace(thread, text=_cut(thread.text), session="",
                                           outcome=_cut(thread.outcome)))
        for thread in source.threads.values()
        if (thread.state == "OPEN" or thread.name in touched)
        and thread.text.strip()
        and _NAME.fullmatch(thread.name)
    )  # fmt: skip


def _clean(decision: Decision) -> Decision:
    return replace(
        decision,
        text=_cut(decision.text),
        rationale=_cut(decision.rationale),
        conflicts_with=tuple(unicode(name)[:300] for name in decision.conflicts_with[:100]),
        superseded_by=unicode(decision.superseded_by)[:300],
        session="",
    )


def _cut(text: str) -> str:
    return truncate(unicode(text), _TEXT_CHARS)


def _constraints(new: Sequence[Event]) -> tuple[Constraint, ...]:
    """Return what the user asked to keep to; of very many the newest."""
    found: dict[str, Constraint] = {}
    for event in new:
        if event.kind == "user":
            for sentence in mentions.sentences(event.text):
                if mentions.is_constraint(sentence) and not mentions.is_question(sentence):
                    text = short(sentence, _CONSTRAINT_CHARS)
                    found.pop(text, None)
                    strict = _STRICT.search(text) is not None
                    found[text] = Constraint(text, "critical" if strict else "high")
    return tuple(found.values())[-MAX_CONSTRAINTS:]


def _artifacts(new: Sequence[Event]) -> tuple[Artifact, ...]:
    return tuple(
        Artifact(
            _SECTIONS[entry.section],
            entry.identifier,
            truncate(entry.text.removeprefix(entry.identifier).lstrip("@ →"), _NOTE_CHARS),
        )
        for entry in ledger_of(new).entries
        if entry.section in _SECTIONS and entry.identifier
    )


def _sorted(archive: Archive) -> Archive:
    """Return an archive by priority, a file once, and not more than it may have."""
    artifacts: dict[tuple[bool, str], Artifact] = {}
    for item in ranked(archive.artifacts):
        artifacts.setdefault((item.is_file, item.name), item)
    return replace(
        archive,
        constraints=ranked(archive.constraints)[:MAX_CONSTRAINTS],
        decisions=ranked(archive.decisions)[:MAX_FACTS],
        threads=ranked(archive.threads)[:MAX_FACTS],
        artifacts=tuple(artifacts.values())[:MAX_ARTIFACTS],
    )


def _summary(conversation: Conversation) -> Summary | None:
    checkpoint = conversation.checkpoint
    if checkpoint is None:
        return None
    said = tuple(_as_shown(event, masked=True) for event in checkpoint.kept)
    return Summary(unicode(checkpoint.summary), unicode(checkpoint.ledger), said)


def _turns(conversation: Conversation) -> tuple[KeptEvent, ...]:
    return tuple(
        _as_shown(event, masked=event.id in conversation.masked) for event in conversation.history
    )


def _as_shown(event: Event, *, masked: bool) -> KeptEvent:
    """Return an event as a model is shown it, without code that can be found again."""
    data = dict(event.data)
    if event.kind == "user":
        data["context"] = ""
    if masked and event.kind == "tool_result":
        data["text"] = handle(event)
    filled = {key: value for key, value in data.items() if value not in ("", [], {}, None)}
    return references.plain(event, filled)
