"""`recall`: what was said and decided before, and the whole of what was cut off."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from ownstack.chat.tools.tool import ChatTool, ToolOutput, schema, text_argument
from ownstack.engine.messages import Tool
from ownstack.errors import ToolError
from ownstack.memory.conversation import text_of
from ownstack.memory.events import Event
from ownstack.memory.handles import short
from ownstack.memory.log.session import SessionLog
from ownstack.memory.recollection import Recollection

PART_CHARS = 1_500
_LEAST_HANDLE = 8
RECALL = Tool(
    "recall",
    "Find what was said and decided in conversations about this project, or get the whole of an "
    "output that was cut off, by its handle.",
    schema(
        query=text_argument("what to remember"),
        handle=text_argument("the handle of an output, as it was shown"),
        part={
            "type": "integer",
            "description": "which part of a long output",
            "minimum": 1,
            "maximum": 100_000,
        },
    ),
)
Recollect = Callable[[str], Recollection]
"""Finds in all conversations of the project; waits for the disk."""


def memory_tools(session: SessionLog | None, recollect: Recollect) -> tuple[ChatTool, ...]:
    """Return what remembers; without a session there are no outputs to be had by handles."""

    async def run(arguments: Mapping[str, Any]) -> ToolOutput:
        handle, query = arguments.get("handle", ""), arguments.get("query", "")
        if handle:
            events = () if session is None else session.events
            return ToolOutput(_part(events, handle, arguments.get("part", 1)))
        if not query:
            raise ToolError("recall needs a query or a handle.", "Give one of them.")
        return ToolOutput(remembered(await asyncio.to_thread(recollect, query)))

    return (ChatTool(RECALL, run, needs_trust=False),)


def remembered(found: Recollection) -> str:
    """Return what was found as a model reads it."""
    lines = [f"decided: {item.name} {short(item.text, 400)}" for item in found.decisions]
    lines += [f"solved: {item.problem} → {item.solution}" for item in found.patterns]
    lines += [f"turn {item.turn}, {item.kind}: {short(item.text, 600)}" for item in found.turns]
    return "\n".join(lines) or "Nothing is remembered of that."


def _part(events: tuple[Event, ...], handle: str, number: int) -> str:
    name = handle.strip().removeprefix("recall").strip(" :'\"]")
    if len(name) < _LEAST_HANDLE:
        raise ToolError("That is no handle.", "Copy it from where the output was cut off.")
    found = [event for event in events if event.id.startswith(name)]
    if len(found) != 1:
        raise ToolError("No output has this handle.", "Copy it from where it was cut off.")
    text = found[0].text or text_of(found[0].data, "context")
    count = max(1, -(-len(text) // PART_CHARS))
    if number > count:
        raise ToolError(f"The output has {count} parts.", "Ask for one of them.")
    part = text[(number - 1) * PART_CHARS : number * PART_CHARS]
    return f"Part {number} of {count}:\n{part}"
