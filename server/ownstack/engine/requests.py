"""What an engine is asked for: plain values, so that an engine could live in another process."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import IntEnum
from typing import Literal

from ownstack.engine.messages import Message, Tool
from ownstack.models.roles import Role


class Priority(IntEnum):
    """How urgent work is: the lower goes first, and interrupts what runs at a higher number."""

    INSTANT = 0
    """Of some milliseconds: what somebody who is typing waits for."""
    COMPLETION = 1
    ACTION = 2
    CHAT = 3
    BACKGROUND = 4


@dataclass(frozen=True, slots=True)
class Snippet:
    """Text of another file, put before the current one in an infill prompt."""

    path: str
    text: str


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The text around a cursor that a prompt shows; the fields are those of `CursorRequest`."""

    prefix: str
    suffix: str
    context: tuple[Snippet, ...] = ()


@dataclass(frozen=True, slots=True)
class CursorRequest:
    """What is asked at a cursor: what stands around it, and how long an answer may take.

    The caller chooses the windows; an engine shortens them only if they do not fit
    (`Usage.clipped`). The prompt is `[context in the given order][path][suffix, prefix]`, so
    whatever changes least must come first in `context`.
    """

    prefix: str
    suffix: str
    path: str = ""
    project: str = ""
    """The folder that the file belongs to, which decides what adapters serve; "" = none."""
    context: tuple[Snippet, ...] = ()
    wider: tuple[Surroundings, ...] = ()
    """More of what is around the same cursor, the most first. An engine that keeps what it has read
    takes the first of which little more is left to read than of the request's own text: so a prompt
    grows while nobody waits, and answers are hardly later for it."""
    max_tokens: int = 96
    first_line_s: float | None = None
    """Seconds from submission after which only what was begun is ended: the line that is being
    written, and in its middle only if `deadline_s` is over too; the lines that were given."""
    deadline_s: float | None = None
    """Seconds from submission after which the answer ends wherever it is."""
    priority: Priority = Priority.COMPLETION


@dataclass(frozen=True, slots=True)
class InfillRequest(CursorRequest):
    """A request to fill in what belongs between `prefix` and `suffix`."""

    max_lines: int = 1
    """Lines of the answer, the rest of the current line being the first."""
    min_indent: int | None = None
    """Stop before a line (after the first) that is indented by fewer columns than this."""
    stop: tuple[str, ...] = ()
    """Stop before the first of these texts."""
    drafts: tuple[str, ...] = ()
    """What may well be the rest of the line, the likeliest first. An engine may check them, which
    saves it time and never changes the answer."""
    candidates: tuple[str, ...] = ()
    """Rests of the line that are scored beside the answer's own first line, the likeliest first
    (`Generated.scored`). An engine that can scores those for which there is time before
    `first_line_s`, once the first line is written; it never changes the answer."""


@dataclass(frozen=True, slots=True)
class ScoreRequest(CursorRequest):
    """A request to say how probable rests of a line are: those given, some of the model's own.

    It goes before a larger model that writes: only small ones score lines, in a key's time.
    """

    priority: Priority = Priority.INSTANT

    candidates: tuple[str, ...] = ()
    """Rests of the line, the likeliest first."""
    alternatives: int = 0
    """So many rests of the line of the model's own are found and scored beside them."""
    forced_prefixes: tuple[str, ...] = ()
    """Names that the line may well go on with, the likeliest first: what is typed of one is not
    in it. One that ends with `(` is to be called, with `()` without arguments, with `(*` with
    some. The model goes on with each, and these lines are scored too."""

    @classmethod
    def at(
        cls,
        cursor: CursorRequest,
        *,
        candidates: tuple[str, ...],
        alternatives: int,
        forced_prefixes: tuple[str, ...] = (),
    ) -> ScoreRequest:
        """Return a request at the cursor of another, with its time and its surroundings."""
        around = {
            item.name: getattr(cursor, item.name)
            for item in fields(CursorRequest)
            if item.name != "priority"
        }
        return cls(
            **around,
            candidates=candidates,
            alternatives=alternatives,
            forced_prefixes=forced_prefixes,
        )


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """Go on with a conversation. `conversation` names the KV cache that should be reused."""

    messages: tuple[Message, ...]
    conversation: str = ""
    project: str = ""
    """The folder that it is about, which decides what adapters serve; "" = none."""
    role: Role = "chat"
    """What the model was chosen for, which decides it too."""
    max_tokens: int = 512
    temperature: float = 0.0
    seed: int = 0
    grammar: str | None = None
    """GBNF; the answer is a sentence of it."""
    json_schema: Mapping[str, object] | None = None
    """The answer is a JSON value of this schema. Not beside a grammar."""
    stop: tuple[str, ...] = ()
    tools: tuple[Tool, ...] = ()
    """What the model may ask for, in a stable order: it stands at the head of the prompt."""
    tool_choice: Literal["auto", "required", "none"] = "auto"
    """Whether it may, must or must not call one now. The tools are shown to it all the same."""
    reasoning: bool | None = None
    """Whether the model thinks before it answers, where it can be told; None: as it likes."""
    passing: bool = False
    """Side work of a conversation: its keys and values go first, and none are kept on disk."""
    priority: Priority = Priority.CHAT
