"""The open levels of Python's blocks: where a line may begin, and where it may not.

The parser is lenient about blanks, so lines are followed here with a stack of levels, as Python's
own tokenizer does.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass

from ownstack.completion.lexing.brackets import Brackets, brackets
from ownstack.document import Document
from ownstack.languages import Language, language_of
from ownstack.syntax.trees import tree_of
from ownstack.text import Edit, Span, apply_edit, blanks_of

_FAR_CHARS = 12_000
"""How far above the cursor the beginning of a block is looked for."""
_OUTERMOST = re.compile(r"^[A-Za-z_@]", re.MULTILINE)
_DEFINITION = re.compile(r"^[ \t]+(?:async[ \t]+def|def|class)\b", re.MULTILINE)
_TAB = 8


_CLAUSES = {
    "elif": ("if", "elif"),
    "else": ("if", "elif", "for", "while", "except", "async"),
    "except": ("try", "except"),
    "finally": ("try", "except", "else"),
}
"""Words that begin a clause, and those of the lines at the same level that it may follow."""
_WORD = re.compile(r"[ \t]*(\w*)")


@dataclass(slots=True)
class _Level:
    """An open block."""

    column: int
    word: str = ""
    """What its last line begins with, "" if that is not known."""


@dataclass(frozen=True, slots=True)
class _Levels:
    """What is open where a line begins."""

    stack: tuple[tuple[int, str], ...] = ((0, ""),)
    """Column and word of the open blocks. Below the first, nothing is known."""
    opened: bool = False
    """The line before opens a block."""
    inside: bool = False
    """The line goes on with a bracket, a string or another line."""


def misplaced(edit: Edit, document: Document, offset: int, language: Language | None) -> bool:
    """Say whether a line that an edit at the cursor writes, or the one below, has a wrong indent.

    That is: one that no open block has, or none deeper after a line that opens a block. What was
    wrong before does not count. Only for Python; False if it cannot be said.
    """
    if language is None or language.id != "python":
        return False
    line = document.index.line_span(document.index.line_of(offset))
    start = anchor(document, line.start)
    levels = None if start is None else _levels_after(document.text[start : line.start])
    if levels is None or levels.inside:
        return False
    before = document.text[line.start : _end_of_next(document.text, line.end)]
    moved = Edit(Span(edit.span.start - line.start, edit.span.end - line.start), edit.text)
    after = apply_edit(before, moved)
    own = int(bool(document.text[line.start : offset].strip()))  # Those blanks are the user's.
    below, more = len(line), len(edit.text) - len(edit.span)
    # A line that is being typed may itself be what those below seem wrong after.
    known = (_faults(levels, text, own, at) for text, at in ((before, below), (before[below:], 0)))
    return _faults(levels, after, own, below + more) > min(known)


def anchor(document: Document, line_start: int) -> int | None:
    """Return where to begin reading: a line in no block, else a definition; None if far."""
    text, tree = document.text, tree_of(document)
    low = max(0, line_start - _FAR_CHARS)
    low = low and text.find("\n", low, line_start) + 1
    outermost = reversed(list(_OUTERMOST.finditer(text, low, line_start)))
    for found in (*outermost, *_DEFINITION.finditer(text, low, line_start)):
        if tree is None or tree.kind(found.end()) == "code":
            return found.start()
    return 0 if low == 0 else None


def _end_of_next(text: str, at: int) -> int:
    """Return the end of the next line that is neither blank nor a comment."""
    for _ in range(50):
        newline = text.find("\n", at)
        if newline < 0:
            return len(text)
        at = text.find("\n", newline + 1)
        at = len(text) if at < 0 else at
        line = text[newline + 1 : at].strip()
        if line and not line.startswith("#"):
            return at
    return at


@functools.lru_cache(16)
def _levels_after(context: str) -> _Levels:
    """Return what is open after some whole lines. While a line is typed, they stay the same."""
    read = brackets(context, language_of("python", ""), limit=2 * _FAR_CHARS)
    if read.frames or context.rstrip("\r\n").endswith("\\"):
        return _Levels(inside=True)
    stack, opened = [_Level(0)], False
    for number, (_, line) in enumerate(_logical(context, read)):
        if number == 0:
            stack = [_Level(_column(line))]
        _step(stack, line, opened)
        opened = _opens(line)
    return _Levels(tuple((level.column, level.word) for level in stack), opened)


def _faults(levels: _Levels, text: str, first: int, below: int) -> int:
    """Return how many lines from `first` on begin where none can.

    A block without a line in it is no fault of what stands below: it is still to be written.
    """
    read = brackets(text, language_of("python", ""), limit=2 * _FAR_CHARS)
    stack = [_Level(*level) for level in levels.stack]
    opened, count = levels.opened, 0
    for start, line in _logical(text, read):
        column = _column(line)
        empty = opened and column <= stack[-1].column
        if empty and start >= below:
            stack[-1].word, empty = "", False
        count += (_step(stack, line, opened) or empty) and start >= first
        opened = _opens(line)
    return count


def _step(stack: list[_Level], line: str, opened: bool) -> bool:
    """Go on to a line; say whether it may not stand there."""
    column, word = _column(line), _WORD.match(line)[1] or "?"  # type: ignore[index]
    if column > stack[-1].column:
        stack.append(_Level(column, word))
        return not opened or word in _CLAUSES
    while len(stack) > 1 and column < stack[-1].column:
        stack.pop()
    if column < stack[0].column:
        stack[:] = [_Level(column)]
    if column != stack[-1].column:
        stack.append(_Level(column, word))
        return True
    before = stack[-1].word
    stack[-1].word = word
    if not before:
        return False
    if before == "try":
        return word not in ("except", "finally")
    return before not in _CLAUSES.get(word, (before,))


def _column(line: str) -> int:
    return len(blanks_of(line).expandtabs(_TAB))


def _opens(line: str) -> bool:
    return line.rstrip().endswith(":")


def _logical(text: str, read: Brackets) -> Iterator[tuple[int, str]]:
    """Yield start and code of each logical line that is not blank; comments are left out."""
    comments = iter(read.comments)
    comment = next(comments, None)
    starts = [0, *(at + 1 for at in read.breaks)]
    for start, end in zip(starts, [*read.breaks, len(text)], strict=True):
        while comment is not None and comment[1] <= start:
            comment = next(comments, None)
        code_end = end
        if comment is not None and start <= comment[0] < end <= comment[1]:
            code_end = comment[0]  # The comment at the end of the line.
        if text[start:code_end].strip():
            yield start, text[start:code_end]
