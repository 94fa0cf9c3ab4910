"""A session as a document: Markdown to read, JSON to work with."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timezone
from typing import Any

from ownstack.memory.events import FORMAT, Event
from ownstack.memory.log.rows import SessionInfo
from ownstack.terminal import safe_json, visible, visible_lines
from ownstack.text import fenced

_FENCE = re.compile(r"\s{0,3}(`{3,}(?!`)|~{3,}(?!~))(.*)")
_HTML = re.compile(r"<(?=[A-Za-z/!?])")


def to_json(info: SessionInfo, events: Iterable[Event]) -> str:
    """Return all of a session, also what this version does not know."""
    session = {
        name: getattr(info, name) for name in ("id", "project", "title", "created", "parent")
    }
    content = {
        "format": max(FORMAT, info.format),
        "session": session,
        "events": [
            {
                "id": event.id,
                "turn": event.turn,
                "kind": event.kind,
                "at": event.at,
                "data": dict(event.data),
            }
            for event in events
        ],
    }
    return safe_json(json.dumps(content, ensure_ascii=False, indent=1)) + "\n"


def to_markdown(info: SessionInfo, events: Iterable[Event]) -> str:
    """Return what was said and done, each under a heading.

    Texts are quoted, so that none can pass for a heading, and HTML in them shows as text.
    """
    parts = [f"# {_line(info.title or 'Conversation')}", f"Begun {_time(info.created)}."]
    for event in events:
        if event.kind in _SAYS:
            turn = f"Turn {event.turn}: " if event.turn else ""
            parts.append(f"## {turn}{_heading(event)}, {_time(event.at)}")
            parts.append(_body(event))
    return "\n\n".join(filter(None, parts)) + "\n"


_SAYS = {
    "user": "user",
    "assistant": "assistant",
    "decision": "decision",
    "thread": "thread",
    "compaction": "checkpoint",
    "tool_call": "tool",
    "tool_result": "result",
    "edit": "edit",
    "clear": "cleared",
    "model": "model",
}
"""Kinds that a reader wants to see. The record has more (`to_json`)."""


def _heading(event: Event) -> str:
    name = event.data.get("name")
    what = _SAYS[event.kind]
    return f"{what} {_line(str(name))}" if name else what


def _body(event: Event) -> str:
    data = event.data
    if event.kind in ("user", "assistant"):
        ended = data.get("finish", "stop")
        mark = "" if ended in ("stop", "tool_calls") else f"\n\n*({_line(str(ended))})*"
        return _quoted(event.text) + mark
    if event.kind == "tool_call":
        return fenced(visible_lines(str(data.get("arguments", ""))), "text")
    if event.kind == "tool_result":
        return fenced(visible_lines(event.text), "text")
    if event.kind == "edit":
        done = "accepted" if data.get("accepted") else "rejected"
        return _quoted(f"{data.get('path', '')}: {done}. {data.get('summary', '')}")
    said = "\n".join(_lines(data))
    return _quoted(said) if said else ""


def _lines(data: Mapping[str, Any]) -> Iterable[str]:
    for key in ("text", "rationale", "state", "outcome", "status"):
        if data.get(key):
            yield str(data[key]) if key == "text" else f"{key}: {data[key]}"


def _quoted(text: str) -> str:
    """Return a block quote; outside of its code fences no HTML."""
    lines, fence = [], ""
    for line in visible_lines(text).split("\n"):
        found = _FENCE.match(line)
        if found and not fence:
            fence = found[1]
        elif found and found[1].startswith(fence) and not found[2].strip():
            fence = ""
        elif not fence:
            line = _HTML.sub(r"\\<", line)
        lines.append(f"> {line}".rstrip())
    return "\n".join(lines)


def _line(text: str) -> str:
    return _HTML.sub(r"\\<", visible(text))


def _time(at: float) -> str:
    try:
        moment = datetime.fromtimestamp(at, timezone.utc)
    except (ValueError, OverflowError, OSError):
        return "at an unknown time"
    return moment.strftime("%Y-%m-%d %H:%M UTC")
