"""What conversations of a project came to: edits that were accepted, decisions, solutions.

Nothing else of a conversation is learned from: not what was asked or answered, nor an edit that was
refused or taken back, nor what was decided beside a thread that nobody came back to. All of it is
read from the log each time, so what is deleted there is gone here.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from ownstack.chat.proposal_log import Proposed, proposed, taken
from ownstack.files.secret.detection import without_secrets
from ownstack.languages import language_of
from ownstack.learning.data import filters
from ownstack.learning.data.filters import Counts
from ownstack.learning.data.passages import Exchange
from ownstack.memory import events
from ownstack.memory.conversation import text_of
from ownstack.memory.events import Event, Stamp
from ownstack.memory.facts import decisions, patterns, threads
from ownstack.text import fenced

KINDS = ("user", "note", "undo", "decision", "thread")
"""The events that are asked for."""
ACTION = "action_edit"
"""Topic of a note: an edit of a code action was accepted."""
MIN_TIER = 0.3
ABANDONED_DAYS = 14
"""Of a thread that is open, and its conversation without a word for so long."""
MAX_CHARACTERS = 12_000
"""Of a request or an answer; longer ones are left out."""
MAX_EXCHANGES = 5_000
REFUSED = "The edit was refused, or waits, or another took its place."
TAKEN_BACK = "The edit was taken back."
UNSURE = f"The decision is less sure than {MIN_TIER}, or does not hold."
ABANDONED = "It was said beside a thread that nobody came back to."
TOO_LONG = "The edit is longer than what a model is taught."
UNWANTED_PATH = "The edit is of a file that is not learned from."
_DAY_S = 86_400.0
_HUNK = re.compile(r"^@@ -(\d+)(?:,(\d+))? \+\d+(?:,\d+)? @@", re.M)


@dataclass(frozen=True, slots=True)
class Learned:
    """What was found in the log."""

    exchanges: tuple[Exchange, ...] = ()
    accepted: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Path → lines, without the blanks around them, that accepted edits wrote there."""


def action_note(stamp: Stamp, request: str, path: str, diff: str) -> Event:
    """Return what is logged of an edit of a code action that was accepted.

    `diff` is that of its `Proposal`, `request` what was asked for in words.
    """
    return events.note(stamp, ACTION, path, {"path": path, "diff": diff, "request": request})


def learned(
    logged: Sequence[Event], now: float, counts: Counts, *, held: Collection[str] = ()
) -> Learned:
    """Return what there is to learn from the events of a project's sessions (`KINDS`).

    `held` are paths of files that are judged by: what was accepted there is not learned.
    """
    by_session = defaultdict[str, list[Event]](list)
    for event in logged:
        by_session[event.session].append(event)
    found, accepted = list[Exchange](), defaultdict[str, set[str]](set)
    for session, said in by_session.items():
        for request, path, diff in _accepted(said, counts):
            if path in held:
                counts.add("It is of a file that is judged by.", lines=diff.count("\n"),
                           characters=len(diff))  # fmt: skip
                continue
            accepted[path] |= {line[1:].strip() for line in _lines(diff) if line[:1] == "+"}
            found += _edits(session, request, path, diff, counts)
    left = _abandoned(logged, now)
    found += _decisions(logged, left, counts)
    found += _patterns(logged, left, counts)
    made = tuple(_clean(exchange) for exchange in found[-MAX_EXCHANGES:])
    return Learned(made, {path: frozenset(lines - {""}) for path, lines in accepted.items()})


def _accepted(said: Sequence[Event], counts: Counts) -> Iterator[tuple[str, str, str]]:
    """Yield what was asked, the file, and the diff of edits that were accepted and stayed."""
    questions = {event.turn: event.text for event in said if event.kind == "user"}
    restored = {item.id for item in taken(said) if item.restored}
    for item in proposed(said):
        reason = _refused(item, restored)
        if reason:
            _count(counts, reason, item.proposal.diff)
        else:
            yield questions.get(item.turn, ""), item.proposal.path, item.proposal.diff
    for event in said:
        details = event.data.get("details")
        if event.kind == "note" and text_of(event.data, "topic") == ACTION:
            path, diff = text_of(details, "path"), text_of(details, "diff")
            if path and diff:
                yield text_of(details, "request"), path, diff


def _refused(item: Proposed, restored: Collection[str]) -> str:
    if item.state != "applied":
        return REFUSED
    return TAKEN_BACK if item.checkpoint in restored else ""


def _edits(session: str, request: str, path: str, diff: str, counts: Counts) -> Iterator[Exchange]:
    """Yield an exchange for each hunk, as `actions/prompt.py` words them."""
    language = language_of("", path)
    if filters.unwanted_path(path, language):
        _count(counts, UNWANTED_PATH, diff)
        return
    name = "" if language is None else language.id
    for first, hunk in _hunks(diff):
        before = "\n".join(line[1:] for line in hunk if line[:1] in ("-", " "))
        after = "\n".join(line[1:] for line in hunk if line[:1] in ("+", " "))
        if max(len(before), len(after)) > MAX_CHARACTERS or not request.strip():
            _count(counts, TOO_LONG, after)
            continue
        if not after.strip():
            continue
        last = first + before.count("\n")
        shown = f"Lines {first} to {last} of {path}:\n{fenced(before, name)}\n\n"
        shown = shown if before.strip() else f"{path}:\n\n"
        yield Exchange(shown + request[:MAX_CHARACTERS], fenced(after, name), "edit", session)


def _decisions(
    logged: Sequence[Event], left: Collection[str], counts: Counts
) -> Iterator[Exchange]:
    for decision in decisions.fold(logged).values():
        if decision.status != "active" or decision.tier < MIN_TIER:
            _count(counts, UNSURE, decision.text)
        elif decision.session in left:
            _count(counts, ABANDONED, decision.text)
        else:
            why = f" {decision.rationale}" if decision.rationale else ""
            yield Exchange(
                f"What was decided in this project ({decision.name})?",
                decision.text + why,
                "decision",
                decision.session,
                decision.tier,
            )


def _patterns(logged: Sequence[Event], left: Collection[str], counts: Counts) -> Iterator[Exchange]:
    sessions = {event.id: event.session for event in logged}
    for pattern in patterns.fold(logged):
        if sessions[pattern.name] in left:
            _count(counts, ABANDONED, pattern.solution)
        elif pattern.confidence < MIN_TIER:
            _count(counts, UNSURE, pattern.solution)
        else:
            source, weight = sessions[pattern.name], pattern.confidence
            yield Exchange(pattern.problem, pattern.solution, "pattern", source, weight)


def _abandoned(logged: Sequence[Event], now: float) -> frozenset[str]:
    """Return the sessions that leave a thread open, and in which nobody said anything since."""
    newest: dict[str, float] = {}
    for event in logged:
        newest[event.session] = max(newest.get(event.session, 0.0), event.at)
    waiting = {item.session for item in threads.open_threads(threads.fold(logged).values())}
    return frozenset(one for one in waiting if now - newest[one] > ABANDONED_DAYS * _DAY_S)


def _lines(diff: str) -> list[str]:
    return [line for _, hunk in _hunks(diff) for line in hunk]


def _hunks(diff: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the number of the first old line, and the lines of each hunk."""
    marks = list(_HUNK.finditer(diff))
    for mark, after in zip(marks, [*marks[1:], None], strict=True):
        body = diff[mark.end() : len(diff) if after is None else after.start()]
        lines = [line for line in body.split("\n")[1:] if line[:1] in ("+", "-", " ")]
        yield int(mark[1]), lines


def _clean(exchange: Exchange) -> Exchange:
    """Blank secrets, which are in neither part."""
    request, answer = (without_secrets("", text) for text in (exchange.request, exchange.answer))
    return Exchange(request, answer, exchange.origin, exchange.source, exchange.weight)


def _count(counts: Counts, reason: str, text: str) -> None:
    counts.add(reason, lines=text.count("\n") + 1, characters=len(text))
