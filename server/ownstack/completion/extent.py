"""How much to suggest: one line, or a block where one starts.

Decoding a block nobody asked for costs time and reads badly, so the answer is one line unless
the syntax tree says that a block starts at the cursor and is empty, a suggestion has just been
accepted, or the user pressed the key for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ownstack.completion.lexing.blanks import indent_of
from ownstack.completion.lexing.brackets import brackets
from ownstack.completion.place import Place
from ownstack.completion.suggestion import Trigger
from ownstack.document import Document
from ownstack.languages import Language, kind_in_line
from ownstack.settings import CompletionSettings
from ownstack.syntax.inner_document import document_at
from ownstack.syntax.trees import Tree, language_of, tree_of
from ownstack.text import Span

Why = Literal["line", "block", "invoked", "after-accept", "statement"]

CLOSERS = ")]}"
_LOOK_CHARS = 4_000
"""How far around the cursor a block's beginning and end are looked for."""
_HEADER_LINES = 40


@dataclass(frozen=True, slots=True)
class Extent:
    """How long an answer may be, and where it must end."""

    max_lines: int
    min_indent: int | None
    """A later line indented by fewer columns is outside; None without limit."""
    why: Why


@dataclass(frozen=True, slots=True)
class _Block:
    min_indent: int


def extent_at(
    document: Document,
    offset: int,
    *,
    trigger: Trigger,
    after_accept: bool,
    settings: CompletionSettings,
) -> Extent:
    """Return the extent of the answer at `offset`; at most one incremental parse."""
    document = document_at(document, offset)
    line = Extent(1, None, "line")
    invoked = trigger is Trigger.INVOKED
    if settings.multiline == "never" and not invoked:
        return line
    head, rest = line_around(document, offset)
    if rest.strip(CLOSERS + ";, \t"):
        return line
    if kind_at(document, offset) != "code":
        return line
    block = _block(document, offset)
    blank = not head.strip() and not rest.strip()
    if invoked:
        indent = block.min_indent if block else indent_of(head)
        return Extent(2 * settings.max_lines, indent, "invoked")
    if block is not None:
        return Extent(settings.max_lines, block.min_indent, "block")
    if after_accept and blank:
        return Extent(settings.max_lines, indent_of(head), "after-accept")
    return line


def next_lines(place: Place, settings: CompletionSettings) -> Extent | None:
    """Return the extent of what follows an accepted suggestion that has completed its line.

    The answer begins with a line break then. None if the line goes on after the cursor, or the
    user wants single lines.
    """
    if settings.multiline == "never" or place.tail.strip() or not place.head.strip():
        return None
    return Extent(1 + settings.max_lines, indent_of(place.head), "after-accept")


def statement(place: Place, settings: CompletionSettings) -> Extent:
    """Return the extent of a statement that does not end on the cursor's line."""
    return Extent(1 + settings.max_lines, indent_of(place.head), "statement")


def line_around(document: Document, offset: int) -> tuple[str, str]:
    """Return the cursor's line, before and after the cursor."""
    span = document.index.line_span(document.index.line_of(offset))
    # Inside CRLF there is no column; what is before the break is the line.
    return document.text[span.start : min(offset, span.end)], document.text[offset : span.end]


def kind_at(document: Document, offset: int) -> str:
    """Say what the cursor is in; code in a string is code."""
    language = language_of(document.language, document.path, document.text)
    tree = tree_of(document)
    if language is None:
        return "code"
    head = line_around(document, offset)[0][-2_000:]
    if brackets(head, language).in_string_code:
        return "code"
    if tree is None:
        return kind_in_line(head, language)
    kind = tree.kind(offset)
    if kind == "string":
        start = document.text.find("\n", max(0, offset - _LOOK_CHARS), offset) + 1
        around = brackets(document.text[start:offset], language)
        return "code" if around.in_string_code else kind
    return kind


@dataclass(frozen=True, slots=True)
class CodeBefore:
    """The code line before a place."""

    header: str
    """From the beginning of the line on which it begins to its last character."""
    opens: bool
    """A block begins after it."""


def code_before(document: Document, offset: int) -> CodeBefore | None:
    """Return the code before a place, comments and docs left out; None if there is none near."""
    language = language_of(document.language, document.path, document.text)
    text, tree = document.text, tree_of(document)
    last = _last_code(text, tree, language, offset)
    if last is None:
        return None
    header = text[_header_start(text, last, language) : last + 1]
    return CodeBefore(header, _opens(header, tree, language, last))


def _block(document: Document, offset: int) -> _Block | None:
    """Return the empty block that starts at the cursor."""
    text = document.text
    before = code_before(document, offset)
    if before is None or not before.opens:
        return None
    indent, opener = indent_of(before.header), before.header[-1]
    after = text[offset : offset + _LOOK_CHARS].replace("\r\n", "\n").replace("\r", "\n")
    rest, _, below = after.partition("\n")
    if opener == "{" and rest.strip():
        # The answer may write the `}` on a line of its own; it replaces the one that is there.
        return _Block(indent) if rest.lstrip()[0] == "}" else None
    if rest.strip():
        return None
    following = next((line for line in below.split("\n") if line.strip()), "")
    if indent_of(following) > indent and following:
        return None
    if opener == "{":
        closed = following.lstrip().startswith("}") and indent_of(following) == indent
        return _Block(indent + 1 if closed else indent)
    return _Block(indent + 1)


def _header_start(text: str, last: int, language: Language | None) -> int:
    """Return where the line begins on which the header that ends at `last` begins."""
    start = last
    for _ in range(_HEADER_LINES):
        start = max(text.rfind("\n", 0, start), text.rfind("\r", 0, start)) + 1
        header = text[start : last + 1]
        unmatched = brackets(header, language).unmatched
        if start == 0 or len(header) > _LOOK_CHARS or not any(c in CLOSERS for _, c in unmatched):
            break
        start -= 1
    return start


def _last_code(text: str, tree: Tree | None, language: Language | None, offset: int) -> int | None:
    """Return the last character before the cursor that is code; comments and docs are skipped."""
    at = offset
    for _ in range(8):
        window = text[max(0, at - _LOOK_CHARS) : at]
        at -= len(window) - len(window.rstrip())
        if not window.strip() or at == 0:
            return None
        line_start = max(text.rfind("\n", 0, at), text.rfind("\r", 0, at)) + 1
        skipped = tree.prose_before(at) if tree else _comment(text, line_start, at, language)
        if skipped is None:
            return at - 1
        at = skipped.start
    return None


def _comment(text: str, start: int, end: int, language: Language | None) -> Span | None:
    """Return the line comment that ends a line; for texts without a tree."""
    line = text[start:end]
    if language is None or len(line) > _LOOK_CHARS or kind_in_line(line, language) != "comment":
        return None
    for mark in language.line:
        at = line.find(mark)
        while at >= 0:
            if kind_in_line(line[:at], language) == "code":
                return Span(start + at, end)
            at = line.find(mark, at + 1)
    return None


def _opens(header: str, tree: Tree | None, language: Language | None, last: int) -> bool:
    if tree is not None:
        if tree.opens_block(last):
            return True
        if not tree.is_broken_at(last + 1):
            return False
    return _looks_like_opening(header.strip(), language)


def _looks_like_opening(header: str, language: Language | None) -> bool:
    """Judge by words: for code that the parser cannot make sense of, or has no grammar for."""
    if header.endswith("{"):
        before = header[:-1].rstrip()
        return bool(before) and (before[-1].isalnum() or before[-1] in ")>_]\"'")
    words = language.opens if language else ()
    begins = any(header.startswith(word) and not _goes_on(header, word) for word in words)
    if header.endswith(":"):
        return language is None or begins or (language.indent and not words)
    if language is None or (language.indent and words):
        return False
    return begins or any(
        header.endswith(word) and not header[: -len(word)][-1:].isalnum()
        for word in language.opens_last
    )


def _goes_on(header: str, word: str) -> bool:
    following = header[len(word) : len(word) + 1]
    return following.isalnum() or following == "_"
