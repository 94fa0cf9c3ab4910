"""A tool as the chat has it: what a model is told of it, what it does, and what comes back."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from ownstack.chat.retrieval import Source
from ownstack.engine.messages import Tool
from ownstack.memory.events import JSON

MAX_OUTPUT = 1_000_000
"""Characters of one result that are kept; what is longer is cut before anybody sees it."""


@dataclass(frozen=True, slots=True)
class ToolOutput:
    """What a tool says to one call. The text is data, whoever wrote it."""

    text: str
    ok: bool = True
    files: tuple[Mapping[str, JSON], ...] = ()
    """Those it read, as `events.file_read` has them."""
    sources: tuple[Source, ...] = ()
    """Lines that it shows and that an answer may cite."""
    command: str = ""
    exit_code: int | None = None
    failed_tests: tuple[str, ...] = ()


Run = Callable[[Mapping[str, Any]], Awaitable[ToolOutput]]
"""Is given arguments that keep to the tool's schema.

Raises ToolError where that cannot be done, in words for a model and a person.
"""
Answer = Literal["no", "once", "always"]


@dataclass(frozen=True, slots=True)
class Approval:
    """What a person is asked before something is done."""

    title: str
    """One line: who wants to do what."""
    detail: str
    """The very command, or the very arguments."""
    can_be_always: bool = False
    """Whether "always" may be answered; where not, it counts as "once"."""


Approve = Callable[[Approval], Awaitable[Answer]]
"""Asks a person. Nothing that a model or a file says is an answer."""


@dataclass(frozen=True, slots=True)
class ChatTool:
    """One tool."""

    spec: Tool
    run: Run
    needs_trust: bool = True
    """Whether it reads the project's files or runs its programs: not in a folder of strangers."""


def schema(required: tuple[str, ...] = (), **properties: Mapping[str, object]) -> dict[str, object]:
    """Return the JSON schema of arguments; others than these are refused."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }


def text_argument(description: str, max_chars: int | None = 160) -> dict[str, object]:
    """Return the schema of a text.

    A short one has a limit, by which the grammar ends a small model that writes for ever; each
    character that is allowed is a rule of the grammar, so a long one has none.
    """
    limit = {} if max_chars is None else {"maxLength": max_chars}
    return {"type": "string", "description": description, **limit}


def line_argument(description: str) -> dict[str, object]:
    """Return the schema of a line number, from 1 on."""
    return {"type": "integer", "description": description, "minimum": 1, "maximum": 9_999_999}
