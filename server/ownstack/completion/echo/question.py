"""What is asked at a cursor, as bytes and lines."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ownstack.completion.echo.buffer import Buffer
from ownstack.completion.echo.segment import MAX_MATCH_BYTES
from ownstack.completion.shape import line_around
from ownstack.document import Document

OWN_CHARS = 300_000
"""This much of the document on each side of the cursor is searched."""
_NEAR_CHARS = 2_000

_INDENT = re.compile(r"[ \t]*")


@dataclass(frozen=True, slots=True)
class Question:
    """A cursor and what stands around it."""

    own: Buffer
    """The document, with a NUL at the cursor."""
    backwards: bytes
    """The text before the cursor, the last byte first."""
    head: str
    rest: str
    """What stands right of the cursor in its line."""
    above: str
    """The next non-blank lines, stripped; "" if there is none near."""
    below: bytes
    deeper: bool
    """The next non-blank line is indented more than this one."""

    def chars(self, match: int) -> int:
        """Return how many characters end within the last `match` bytes before the cursor."""
        return len(self.backwards[:match][::-1].decode("utf-8", "ignore"))

    @property
    def folder(self) -> str:
        return self.own.path.rpartition("/")[0]


def ask(document: Document, offset: int) -> Question:
    """Describe a cursor. Cost: some copies of what is searched."""
    text = document.text
    head, rest = line_around(document, offset)
    before = plain_lines(text[max(0, offset - OWN_CHARS) : offset])
    after = plain_lines(text[offset : offset + OWN_CHARS])
    left = before.encode("utf-8", "replace")
    backwards = left[-MAX_MATCH_BYTES:][::-1].partition(b"\0")[0]
    below = next((line for line in after[:_NEAR_CHARS].split("\n")[1:] if line.strip()), "")
    above = [line for line in before[-_NEAR_CHARS:].split("\n")[:-1] if line.strip()]
    return Question(
        own=Buffer(left + b"\0" + after.encode("utf-8", "replace"), document.path, len(left)),
        backwards=backwards,
        head=head,
        rest=rest,
        above=above[-1].strip() if above else "",
        below=below.strip().encode("utf-8", "replace"),
        deeper=len(_INDENT.match(below)[0]) > len(_INDENT.match(head)[0]),  # type: ignore[index]
    )


def plain_lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text
