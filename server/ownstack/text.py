r"""Places in a text, and the one converter between the three ways to name them.

LSP counts lines and UTF-16 code units, Python counts characters, tree-sitter counts UTF-8
bytes. Everything in this package works on character offsets into a `str`; `LineIndex` is
where the others come from and go to. Lines end at `\n`, `\r\n` or a lone `\r`, as LSP
says; form feed, U+2028 and U+0085 do not end a line, which is why `str.splitlines` is not used.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate

_LINE_END = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True, slots=True)
class Span:
    """Characters `start` (included) to `end` (excluded) of a text."""

    start: int
    end: int

    def __len__(self) -> int:
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace `span` of a text by `text`."""

    span: Span
    text: str


def apply_edit(text: str, edit: Edit) -> str:
    """Return `text` with one span replaced."""
    return text[: edit.span.start] + edit.text + text[edit.span.end :]


def difference(before: str, after: str) -> Edit:
    """Return the one edit that makes `after` of `before`."""
    shorter = min(len(before), len(after))
    head = _common(shorter, lambda n: before[:n] == after[:n])
    tail = _common(shorter - head, lambda n: before[len(before) - n :] == after[len(after) - n :])
    return Edit(Span(head, len(before) - tail), after[head : len(after) - tail])


def _common(limit: int, holds: Callable[[int], bool]) -> int:
    # Comparing slices is memcmp, so halving beats a loop over characters by far.
    low, high = 0, limit
    while low < high:
        middle = (low + high + 1) // 2
        if holds(middle):
            low = middle
        else:
            high = middle - 1
    return low


def utf16_length(text: str) -> int:
    """Return the number of UTF-16 code units that `text` takes."""
    if text.isascii():
        return len(text)
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def truncate(text: str, limit_chars: int) -> str:
    """Return `text`, cut to `limit_chars` with an ellipsis when it is longer."""
    return text if len(text) <= limit_chars else text[: max(0, limit_chars - 1)] + "…"


class LineIndex:
    """Line starts of one text; converts offsets, LSP positions and bytes into each other.

    Positions outside the text are clamped, as the protocol asks: a column past the end of a
    line means the end of that line (before its line break), a line past the last means the
    end of the text. A column in the middle of a surrogate pair means the start of the pair.

    Cost: one pass over the text when made; a conversion touches one line only.
    """

    __slots__ = ("__dict__", "_starts", "_text")

    def __init__(self, text: str) -> None:
        self._text = text
        self._starts = _line_starts(text)

    @property
    def text(self) -> str:
        return self._text

    @property
    def n_lines(self) -> int:
        return len(self._starts)

    @cached_property
    def _ascii(self) -> bool:
        return self._text.isascii()

    def line_span(self, line: int) -> Span:
        """Return the characters of the 0-based `line`, without its line break.

        Raises:
            IndexError: there is no such line.
        """
        start = self._starts[line] if line >= 0 else self._starts[self.n_lines]
        if line + 1 == self.n_lines:
            return Span(start, len(self._text))
        end = self._starts[line + 1] - 1
        if end > start and self._text[end] == "\n" and self._text[end - 1] == "\r":
            end -= 1
        return Span(start, end)

    def line_text(self, line: int) -> str:
        """Return the 0-based `line` without its line break."""
        span = self.line_span(line)
        return self._text[span.start : span.end]

    def line_of(self, offset: int) -> int:
        """Return the 0-based line that holds the character `offset`."""
        return bisect_right(self._starts, min(max(offset, 0), len(self._text))) - 1

    def offset(self, line: int, utf16: int) -> int:
        """Return the character offset of an LSP position (clamped)."""
        if line < 0:
            return 0
        if line >= self.n_lines:
            return len(self._text)
        span = self.line_span(line)
        if self._ascii:
            return min(span.start + max(utf16, 0), span.end)
        near = self._text[span.start : min(span.end, span.start + max(utf16, 0))]
        if utf16_length(near) == len(near):
            return span.start + len(near)
        units = 0
        for offset in range(span.start, span.end):
            units += 2 if ord(self._text[offset]) > 0xFFFF else 1
            if units > utf16:
                return offset
        return span.end

    def position(self, offset: int) -> tuple[int, int]:
        """Return the LSP position (line, UTF-16 column) of a character offset (clamped)."""
        offset = min(max(offset, 0), len(self._text))
        line = self.line_of(offset)
        start = self._starts[line]
        return line, utf16_length(self._text[start:offset])

    def byte(self, offset: int) -> int:
        """Return the UTF-8 byte offset of a character offset (clamped)."""
        offset = min(max(offset, 0), len(self._text))
        if self._ascii:
            return offset
        line = self.line_of(offset)
        start = self._starts[line]
        return self._byte_starts[line] + _utf8_length(self._text[start:offset])

    def offset_of_byte(self, byte: int) -> int:
        """Return the character that holds a UTF-8 byte (clamped)."""
        if self._ascii:
            return min(max(byte, 0), len(self._text))
        line = bisect_right(self._byte_starts, max(byte, 0)) - 1
        at = self._byte_starts[line]
        end = self._starts[line + 1] if line + 1 < self.n_lines else len(self._text)
        for offset in range(self._starts[line], end):
            at += _utf8_length(self._text[offset])
            if at > byte:
                return offset
        return end

    @cached_property
    def _byte_starts(self) -> list[int]:
        starts, at = [0], 0
        for line in range(1, self.n_lines):
            at += _utf8_length(self._text[self._starts[line - 1] : self._starts[line]])
            starts.append(at)
        return starts


def descending(edits: Sequence[Edit]) -> Iterator[list[Edit]]:
    """Divide edits into runs of which each ends before the one that was made before it begins.

    The spans of a run mean the same in the text before all of it.
    """
    run: list[Edit] = []
    for edit in edits:
        if run and edit.span.end > run[-1].span.start:
            yield run
            run = []
        run.append(edit)
    if run:
        yield run


def apply_edits(text: str, edits: Sequence[Edit]) -> str:
    """Apply edits one after another, each in the text that the one before left.

    Cost: one copy of the text for each run (`descending`), and so for all of a "replace all".
    """
    for run in descending(edits):
        parts, at = list[str](), 0
        for edit in reversed(run):
            parts += text[at : edit.span.start], edit.text
            at = edit.span.end
        text = "".join([*parts, text[at:]])
    return text


def blanks_of(line: str) -> str:
    """Return the blanks and tabs that a line begins with."""
    return line[: len(line) - len(line.lstrip(" \t"))]


def reindented(line: str, old: str, new: str) -> str:
    """Return a line whose indentation begins with `new` in the place of `old`.

    A blank line, and one that lies further out than `old`, stays as it is.
    """
    return new + line[len(old) :] if line.strip() and line.startswith(old) else line


def fenced(text: str, language: str = "") -> str:
    """Return a text as a code block of Markdown, in fences that nothing in it closes."""
    longest = max(map(len, re.findall("`{3,}", text)), default=2)
    fence = "`" * (longest + 1)
    return f"{fence}{language}\n{text.rstrip()}\n{fence}"


def _line_starts(text: str) -> list[int]:
    if "\r" in text:
        return [0, *(match.end() for match in _LINE_END.finditer(text))]
    # Twice as fast as the pattern, and this is on the way of every key.
    starts = list(accumulate((len(line) + 1 for line in text.split("\n")), initial=0))
    del starts[-1]
    return starts


def _utf8_length(text: str) -> int:
    # A lone surrogate cannot come from a decoded file, but can come from an editor's buffer.
    return len(text.encode("utf-8", "surrogatepass"))
