"""What a question names on purpose: `@path`, `@path:10-40` and `@symbol`."""

from __future__ import annotations

import re
from dataclasses import dataclass

MAX_MENTIONS = 8
MAX_NAMED = 3
"""Of those that are not read."""
OF_EDITOR = frozenset({"selection", "diagnostics"})
"""What is called so is shown by the editor, and is no name of the project's."""
_MAX_CHARS = 20_000
"""Read of one question: mentions stand in what is written by hand, not in what is pasted."""
_MENTION = re.compile(r"(?<![\w@./])@([\w./\\-][\w./\\:-]{0,239})")
_LINES = re.compile(r":(\d{1,7})(?:-(\d{1,7}))?$")


@dataclass(frozen=True, slots=True)
class Mention:
    """A name after an @, and the lines that are meant of it, as they are written."""

    name: str
    start: int | None = None
    """1-based; None: all of it."""
    end: int | None = None

    @property
    def text(self) -> str:
        """How it stands in the question."""
        if self.start is None:
            return f"@{self.name}"
        lines = f"{self.start}" if self.end == self.start else f"{self.start}-{self.end}"
        return f"@{self.name}:{lines}"


def mentions(question: str) -> tuple[Mention, ...]:
    """Return what is mentioned, each once, in its order."""
    return _all_mentions(question, _MAX_CHARS)[:MAX_MENTIONS]


def unread_mentions(question: str) -> str:
    """Return a sentence about those that `mentions` leaves out; "" if there are none."""
    read = mentions(question)
    rest = [mention.text for mention in _all_mentions(question) if mention not in read]
    if not rest:
        return ""
    more = f" and {len(rest) - MAX_NAMED:,} more" if len(rest) > MAX_NAMED else ""
    why = (
        f"{MAX_MENTIONS} mentions of a question are read"
        if len(read) == MAX_MENTIONS
        else f"mentions are read in the first {_MAX_CHARS:,} characters of a question"
    )
    named = ", ".join(rest[:MAX_NAMED])
    were = "was" if len(rest) == 1 else "were"
    return f"{named}{more} {were} not read: {why}. Ask about the rest by itself."


def _all_mentions(question: str, end: int | None = None) -> tuple[Mention, ...]:
    """Return those that begin before a place in the question."""
    found: dict[Mention, None] = {}
    for match in _MENTION.finditer(question):
        if end is not None and match.start() >= end:
            break
        name = match[1].rstrip(".:-")
        lines = _LINES.search(name)
        if lines is None:
            mention = Mention(name)
        else:
            first = int(lines[1])
            mention = Mention(name[: lines.start()], first, int(lines[2] or first))
        if mention.name.strip("./\\") and mention.name not in OF_EDITOR:
            found[mention] = None
    return tuple(found)
