"""What is asked at a cursor, as bytes and lines."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property

from ownstack.completion.echo.buffer import Buffer
from ownstack.completion.echo.segment import MAX_MATCH_BYTES
from ownstack.completion.extent import kind_at, line_around
from ownstack.completion.lexing.blanks import indent_unit
from ownstack.completion.lexing.brackets import Frame, brackets
from ownstack.document import Document
from ownstack.languages import Language, language_of
from ownstack.syntax.inner_document import document_at

OWN_CHARS = 300_000
"""This much of the document on each side of the cursor is searched."""
_NEAR_CHARS = 2_000

_INDENT = re.compile(r"[ \t]*")


@dataclass(frozen=True)
class EchoQuery:
    """A cursor and what stands around it."""

    document: Document
    """What the cursor is in: of a page, its script."""
    offset: int
    own: Buffer
    """The document, with a NUL at the cursor."""
    backwards: bytes
    """The text before the cursor, the last byte first."""
    head: str
    rest: str
    """What stands right of the cursor in its line."""
    above: str
    """The next non-blank lines, stripped; "" if there is none near."""
    above_indent: str
    """The blanks before the one above."""
    below: bytes
    deeper: bool
    """The next non-blank line is indented more than this one."""
    units: dict[str, str] = field(default_factory=dict, compare=False, repr=False)
    """Path → one level of indentation there, as far as it was looked at."""

    def chars(self, match: int) -> int:
        """Return how many characters end within the last `match` bytes before the cursor."""
        return len(self.backwards[:match][::-1].decode("utf-8", "ignore"))

    @property
    def folder(self) -> str:
        return self.own.path.rpartition("/")[0]

    @property
    def begins_line(self) -> bool:
        """Nothing but blanks stands left of the cursor in its line."""
        return not self.head.strip()

    @cached_property
    def language(self) -> Language | None:
        return language_of(self.document.language, self.document.path, self.document.text)

    @cached_property
    def frames(self) -> tuple[Frame, ...]:
        """What is open at the cursor, as far as its line tells."""
        return brackets(self.head[-_NEAR_CHARS:], self.language).frames

    @cached_property
    def kind(self) -> str:
        """What the cursor is in."""
        return kind_at(self.document, self.offset)

    @cached_property
    def mark(self) -> str:
        """The mark of the string that the cursor is in, ""."""
        if self.kind != "string":
            return ""
        if self.frames and self.frames[-1].literal is not None:
            return self.frames[-1].closer
        start = max(0, self.offset - 2 * _NEAR_CHARS)
        start = start and self.document.text.find("\n", start, self.offset) + 1
        return brackets(self.document.text[start : self.offset], self.language).mark

    @cached_property
    def unit(self) -> str:
        """One level of indentation here, "" if unknown."""
        return indent_unit(self.document.text)


def query_at(document: Document, offset: int) -> EchoQuery:
    """Describe a cursor. Cost: some copies of what is searched."""
    text = document.text
    head, rest = line_around(document, offset)
    before = plain_lines(text[max(0, offset - OWN_CHARS) : offset])
    after = plain_lines(text[offset : offset + OWN_CHARS])
    left = before.encode("utf-8", "replace")
    backwards = left[-MAX_MATCH_BYTES:][::-1].partition(b"\0")[0]
    below = next((line for line in after[:_NEAR_CHARS].split("\n")[1:] if line.strip()), "")
    above = [line for line in before[-_NEAR_CHARS:].split("\n")[:-1] if line.strip()]
    last = above[-1] if above else ""
    return EchoQuery(
        document=document_at(document, offset),
        offset=offset,
        own=Buffer(
            left + b"\0" + after.encode("utf-8", "replace"),
            document.path,
            cursor=len(left),
            uri=document.uri,
            skipped_lines=text.count("\n", 0, max(0, offset - OWN_CHARS)),
        ),
        backwards=backwards,
        head=head,
        rest=rest,
        above=last.strip(),
        above_indent=_INDENT.match(last)[0],  # type: ignore[index]
        below=below.strip().encode("utf-8", "replace"),
        deeper=len(_INDENT.match(below)[0]) > len(_INDENT.match(head)[0]),  # type: ignore[index]
    )


def plain_lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text
