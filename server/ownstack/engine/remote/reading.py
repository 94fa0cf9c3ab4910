"""How the events of an answer are read: what every protocol needs, and what it has to offer."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from ownstack.engine.chat import ChatDelta, ToolCall
from ownstack.engine.messages import ToolCallPart
from ownstack.engine.remote.events import ServerEvent
from ownstack.engine.results import Finish

MAX_CALLS = 128
MAX_ARGUMENTS_CHARS = 1_000_000
MAX_NAME_CHARS = 200


@dataclass(slots=True)
class Counts:
    """What a server said that an answer cost; None: it did not."""

    prompt: int | None = None
    cached: int = 0
    generated: int | None = None


class MisspokenError(Exception):
    """An event is not what the protocol says. The text is the end of a sentence."""


class ToldError(Exception):
    """The server told of an error of its own. `told` is what it sent."""

    def __init__(self, told: object) -> None:
        super().__init__("the server told of an error")
        self.told = told


@dataclass(slots=True)
class WrittenCall:
    """A tool call that is being written."""

    id: str = ""
    name: str = ""
    arguments: str = ""

    def grow(self, arguments: str) -> None:
        """Take more of the arguments; raises MisspokenError where they have no end."""
        self.arguments += arguments
        if len(self.arguments) > MAX_ARGUMENTS_CHARS:
            raise MisspokenError("it calls a tool with arguments that have no end")


def finished(calls: Iterable[WrittenCall], finish: Finish | None) -> Iterator[ToolCall]:
    """Return the tool calls; those of an answer that was cut off are no calls."""
    for number, call in enumerate(calls, 1):
        arguments = call.arguments.strip() or "{}"
        if finish in (None, Finish.LENGTH) and not is_json(arguments):
            continue
        yield ToolCall(ToolCallPart(call.id or f"call_{number}", call.name, arguments))


class ChatReader(Protocol):
    """Makes deltas of a protocol's events, and knows when the answer has ended."""

    counts: Counts
    finish: Finish | None
    """None until the server said why it ended."""

    def read(self, event: ServerEvent) -> Iterable[ChatDelta]:
        """Return what an event adds.

        Raises:
            MisspokenError, ToldError: see there.
        """
        ...

    def close(self) -> Iterable[ChatDelta]:
        """Return what was held back until the end."""
        ...


def parsed(data: str) -> dict[str, Any]:
    """Return an event's JSON object.

    Raises:
        MisspokenError: it is none.
    """
    try:
        value = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise MisspokenError("it sends an event that is no JSON") from error
    if not isinstance(value, dict):
        raise MisspokenError("it sends an event that is no object")
    return value


def is_json(text: str) -> bool:
    """Tell whether a text is JSON."""
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def whole_number(value: object) -> int | None:
    """Return a count that a server gave, None if it is none."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 1 << 53:
        return None
    return value
