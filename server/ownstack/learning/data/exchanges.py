"""What conversations of a project came to: edits that were accepted, decisions, solutions.

Nothing else of a conversation is learned from: not what was asked or answered, nor an edit that was
refused or taken back, nor what was decided beside a thread that nobody came back to. All of it is
read from the log each time, so what is deleted there is gone here.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from ownstack.chat.proposal_log import Proposed, proposed, taken
from ownstack.files.secret.detection import without_secrets
from ownstack.languages import language_of
from ownstack.learning.data import filters
from ownstack.learning.data.filters import Counts
from ownstack.learning.data.passages import Exchange
from ownstack.memory import events
from ownstack.memory.conversation import text_of, undone
from ownstack.memory.events import Event, Stamp
from ownstack.memory.facts import decisions, patterns, threads
from ownstack.memory.facts.classify import classify
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
MAX_ALIKE = 3
"""Of exchanges with one answer."""
HOW = "How is code written in this project?"
REPEATED = "It was said or accepted in the same words several times."
JUDGED_BY = "The edit wrote lines that are judged by."
REFUSED = "The edit was refused, or waits, or another took its place."
TAKEN_BACK = "The edit was taken back."
UNSURE = f"The decision is less sure than {MIN_TIER}, or does not hold."
ABANDONED = "It was said beside a thread that nobody came back to."
TOO_LONG = "The edit is longer than what a model is taught."
UNWANTED_PATH = "The edit is of a file that is not learned from."
_DAY_S = 86_400.0
_HUNK = re.compile(r"^@@ -(\d{1,9})(?:,\d+)? \+\d+(?:,\d+)? @@", re.M)


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
    logged: Sequence[Event],
    now: float,
    counts: Counts,
    *,
    held: Mapping[str, frozenset[str]] = MappingProxyType({}),
) -> Learned:
    """Return what there is to learn from the events of a project's sessions (`KINDS`).

    `held`: path → lines, without the blanks around them, that are judged by: an edit that wrote
    mostly such ones is not learned.
    """
    by_session = defaultdict[str, list[Event]](list)
    for event in logged:
        by_session[event.session].append(event)
    left = _abandoned(logged, now)
    found, accepted = list[Exchange](), defaultdict[str, set[str]](set)
    for session, said in by_session.items():
        for request, path, diff in _accepted(said, counts):
            new = {line[1:].strip() for line in _lines(diff) if line[:1] == "+"} - {""}
            if len(new & held.get(path, frozenset())) * 2 > len(new):
                _count(counts, JUDGED_BY, diff)
                continue
            accepted[path] |= new
            found += _edits(session, request, path, diff, counts)
        if session not in left:
            found += _code_patterns(session, said)
    found += _decisions(logged, left, counts)
    found += _patterns(logged, left, counts)
    made = _few_alike(found[-MAX_EXCHANGES:], counts)
    return Learned(tuple(made), {path: frozenset(lines) for path, lines in accepted.items()})


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
        asked = without_secrets("", request[:MAX_CHARACTERS])
        answer = fenced(without_secrets(path, after), name)
        yield Exchange(without_secrets(path, shown) + asked, answer, "edit", session)


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
                without_secrets("", decision.text + why),
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
            problem, solution = pattern.problem, without_secrets("", pattern.solution)
            yield Exchange(without_secrets("", problem), solution, "pattern", source, weight)


def _code_patterns(session: str, said: Sequence[Event]) -> Iterator[Exchange]:
    """Yield what the user said of how code is written here, as the classifier tells it."""
    gone = undone(said)
    for event in said:
        if event.kind != "user" or event.id in gone:
            continue
        for finding in classify(event.text):
            if finding.kind == "code_pattern":
                text = without_secrets("", finding.text)
                yield Exchange(HOW, text, "pattern", session, finding.confidence)


def _few_alike(found: Sequence[Exchange], counts: Counts) -> Iterator[Exchange]:
    """Yield exchanges, of those with one answer the newest few."""
    seen = Counter[str]()
    for exchange in reversed(found):
        seen[exchange.answer] += 1
        if seen[exchange.answer] > MAX_ALIKE:
            _count(counts, REPEATED, exchange.answer)
        else:
            yield exchange


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


def _count(counts: Counts, reason: str, text: str) -> None:
    counts.add(reason, lines=text.count("\n") + 1, characters=len(text))
