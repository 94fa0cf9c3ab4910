"""A conversation as turns, read from its log: what a window shows of it, in bounded pages."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ownstack.app.chats.values import (
    ChatCitation,
    ChatCompaction,
    ChatPin,
    ChatStep,
    ChatTurn,
    ChatUsage,
)
from ownstack.chat.answer import Answer
from ownstack.chat.branches import replacements
from ownstack.chat.citations import Citation, Kind
from ownstack.chat.index_answer import NAME as INDEX
from ownstack.memory import events
from ownstack.memory.conversation import MASKING, SHOWN, Conversation, fold, text_list, text_of
from ownstack.memory.events import JSON, Event, Stamp

TOPIC = "answer"
"""Of the notes that keep what an answer came with."""
MAX_TURNS = 30
"""Of a page, and so many characters."""
MAX_PAGE_CHARS = 1_000_000
MAX_TEXT_CHARS = 200_000
"""Of one text of a turn."""
MAX_CARDS = 20
_KINDS: Mapping[str, Kind] = {
    "cited": "cited",
    "mended": "mended",
    "named": "named",
    "shown": "shown",
}

Standing = Callable[[Sequence[Citation]], Sequence[Citation]]
"""Returns those citations whose lines exist now."""
Notes = Callable[[str], Sequence[str]]
"""Returns why a compaction was done in another way than it might have been, by its id."""


@dataclass(frozen=True, slots=True)
class Page:
    """Some turns, in their order."""

    turns: list[ChatTurn]
    earlier: bool
    """Whether there are turns before them."""


@dataclass(slots=True)
class _Group:
    question: Event
    rest: list[Event] = field(default_factory=list)


def record(stamp: Stamp, question: str, answer: Answer) -> Event:
    """Return the note that keeps what an answer came with and the log has no place for."""
    usage = answer.usage
    details: dict[str, JSON] = {
        "question": question,
        "finish": answer.finish,
        "citations": [
            {
                "path": item.path,
                "start": item.start,
                "end": item.end,
                "kind": item.kind,
                "name": item.name,
                "cell": item.cell,
            }
            for item in answer.citations
        ],
        "problems": list(answer.problems),
        "notes": list(answer.notes),
    }
    if usage is not None:
        details["usage"] = {
            "prompt_tokens": usage.prompt_tokens,
            "evaluated_tokens": usage.evaluated_tokens,
            "generated_tokens": usage.generated_tokens,
            "prefill_ms": usage.prefill_ms,
            "decode_ms": usage.decode_ms,
            "estimated": usage.estimated,
        }
        details["leaves_machine"] = usage.leaves_machine
    return events.note(stamp, TOPIC, "", details)


def failed(stamp: Stamp, question: str, problem: str) -> Event:
    """Return the note that keeps why an answer ended early."""
    return events.note(stamp, TOPIC, "", {"question": question, "problems": [problem]})


def page(
    log: Sequence[Event],
    root: Path,
    standing: Standing,
    *,
    before: int | None = None,
    limit: int = MAX_TURNS,
) -> Page:
    """Return the newest turns that hold, or the newest of those before one. Reads files.

    A turn of which the answer comes just now has `finish` "interrupted": the log cannot know.
    """
    groups = [
        group for group in _groups(fold(log)) if before is None or group.question.turn < before
    ]
    replaced = {turn: found.turns for turn, found in replacements(log).items()}
    turns: list[ChatTurn] = []
    left = MAX_PAGE_CHARS
    for group in reversed(groups[-max(1, min(limit, MAX_TURNS)) :]):
        turn = _turn(group, replaced.get(group.question.turn, 0), root, standing)
        left -= len(turn.text) + len(turn.answer) + len(turn.reasoning)
        left -= sum(len(step.text) + len(step.arguments) for step in turn.steps)
        if left < 0 and turns:
            break
        turns.append(turn)
    return Page(turns[::-1], len(turns) < len(groups))


def cards(
    conversation: Conversation, notes: Notes, since: int = 0, until: int | None = None
) -> list[ChatCompaction]:
    """Return the compactions that hold from a turn on, and before another one, oldest first."""
    made = [event for event in conversation.events if event.kind == "compaction"]
    shown = [
        event
        for event in made[-MAX_CARDS:]
        if event.turn >= since and (until is None or event.turn < until)
    ]
    newest = made[-1:] if until is None and not shown else []
    return [card(event, conversation, notes(event.id)) for event in [*newest, *shown]]


def card(event: Event, conversation: Conversation, notes: Sequence[str] = ()) -> ChatCompaction:
    """Return a compaction of a conversation as a window shows it."""
    data = event.data
    details = data.get("details")
    details = details if isinstance(details, Mapping) else {}
    covered = conversation.through(text_of(data, "covers"))
    kept = set(text_list(details.get("kept")))
    hidden = [item for item in covered if item.kind in SHOWN and item.id not in kept]
    masking = text_of(data, "method") == MASKING
    made = [item for item in conversation.events if item.kind == "compaction"]
    return ChatCompaction(
        id=event.id,
        turn=event.turn,
        at=event.at,
        method=text_of(data, "method"),
        before=_number(data, "tokens_before"),
        after=_number(data, "tokens_after"),
        covered=len(text_list(details.get("masked"))) if masking else len(hidden),
        summary=event.text[:MAX_TEXT_CHARS],
        ledger=text_of(data, "ledger")[:MAX_TEXT_CHARS],
        focus=text_of(data, "focus"),
        notes=list(notes),
        newest=bool(made) and made[-1].id == event.id,
    )


def pins(conversation: Conversation) -> list[ChatPin]:
    """Return what stays word for word."""
    return [ChatPin(pin.event, pin.text[:MAX_TEXT_CHARS]) for pin in conversation.pins]


def citation(found: Citation, root: Path) -> ChatCitation:
    """Return a citation that an editor can open."""
    return ChatCitation(
        (root / found.path).as_uri(),
        found.path,
        found.start,
        found.end,
        found.name,
        found.kind,
        found.cell,
    )


def _groups(conversation: Conversation) -> list[_Group]:
    groups: list[_Group] = []
    for event in conversation.events:
        if event.kind == "user":
            groups.append(_Group(event))
        elif groups:
            groups[-1].rest.append(event)
    return groups


def _turn(group: _Group, replaced: int, root: Path, standing: Standing) -> ChatTurn:
    said = [event for event in group.rest if event.kind == "assistant"]
    details = _details(group)
    texts = [group.question.text]
    texts.append("\n\n".join(filter(None, (event.text for event in said))))
    texts.append("\n\n".join(filter(None, (text_of(event.data, "reasoning") for event in said))))
    question, answer, reasoning = (text[:MAX_TEXT_CHARS] for text in texts)
    model = text_of(said[-1].data, "model") if said else ""
    return ChatTurn(
        turn=group.question.turn,
        question=text_of(details, "question"),
        text=question,
        at=group.question.at,
        answer=answer,
        reasoning=reasoning,
        finish=_finish(said, details),
        model=model,
        tier="index" if model == INDEX else "model",
        leaves_machine=details.get("leaves_machine") is True,
        citations=[citation(found, root) for found in standing(_citations(details))],
        steps=_steps(group.rest),
        usage=_usage(details.get("usage")),
        problems=text_list(details.get("problems")),
        notes=text_list(details.get("notes")),
        replaced=replaced,
        cut=any(len(text) > MAX_TEXT_CHARS for text in texts),
    )


def _finish(said: Sequence[Event], details: Mapping[str, Any]) -> str:
    """Return how a turn ended: where a tool was called last, the note beside it knows."""
    last = text_of(said[-1].data, "finish") if said else ""
    if last in ("", "tool_calls"):
        return text_of(details, "finish") or "interrupted"
    return last


def _details(group: _Group) -> Mapping[str, Any]:
    for event in reversed(group.rest):
        if event.kind == "note" and text_of(event.data, "topic") == TOPIC:
            details = event.data.get("details")
            return details if isinstance(details, Mapping) else {}
    return {}


def _steps(rest: Sequence[Event]) -> list[ChatStep]:
    results = {text_of(event.data, "call"): event for event in rest if event.kind == "tool_result"}
    steps: list[ChatStep] = []
    for event in rest:
        if event.kind == "tool_call":
            call = text_of(event.data, "call")
            result = results.get(call)
            steps.append(
                ChatStep(
                    call,
                    text_of(event.data, "name"),
                    text_of(event.data, "arguments")[:MAX_TEXT_CHARS],
                    "" if result is None else result.text[:MAX_TEXT_CHARS],
                    result is None or result.data.get("ok") is not False,
                )
            )
    return steps


def _citations(details: Mapping[str, Any]) -> list[Citation]:
    """Read what a note has kept; what is none, or leads out of the project, is passed over."""
    raw = details.get("citations")
    found: list[Citation] = []
    for item in raw if isinstance(raw, Sequence) and not isinstance(raw, str) else ():
        if not isinstance(item, Mapping):
            continue
        path, kind = text_of(item, "path"), _KINDS.get(text_of(item, "kind"))
        inside = path and not path.startswith("/") and ":" not in path and "\\" not in path
        if kind is None or not inside or ".." in path.split("/"):
            continue
        cell = item.get("cell")
        found.append(
            Citation(
                path,
                _number(item, "start"),
                _number(item, "end"),
                kind,
                text_of(item, "name"),
                cell if isinstance(cell, int) else None,
            )
        )
    return found


def _usage(raw: object) -> ChatUsage | None:
    if not isinstance(raw, Mapping):
        return None
    return ChatUsage(
        _number(raw, "prompt_tokens"),
        _number(raw, "evaluated_tokens"),
        _number(raw, "generated_tokens"),
        float(_number(raw, "prefill_ms")),
        float(_number(raw, "decode_ms")),
        raw.get("estimated") is True,
    )


def _number(raw: Mapping[str, Any], key: str) -> int:
    value = raw.get(key)
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return int(value) if is_number else 0  # type: ignore[arg-type]
