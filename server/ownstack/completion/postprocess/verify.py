"""Would accepting a suggestion break syntax that was not broken before?

The text is put into the document's tree and parsed incrementally. A line is often the beginning
of something (`foo(a,`, `if (x) {`), so before it is refused, the parser is given what the line
still needs: closing brackets, a last operand, an end mark, what a decorator stands before. How
many real lines are refused all the same, `python -m benchmarks.faults` says.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Literal

from ownstack.completion.lexing.brackets import Frame, brackets, covered
from ownstack.completion.postprocess.levels import misplaced
from ownstack.document import Document
from ownstack.languages import Language
from ownstack.syntax.parsing import EFFORT_CHECK, EFFORT_REQUEST
from ownstack.syntax.trees import Tree, tree_of
from ownstack.text import Edit, Span, blanks_of

Verdict = Literal["right", "begun", "wrong", "unknown"]
"""What a text is: right as it is, right if more follows on the next lines, wrong."""

# Lines that cannot stand alone whatever follows them on the same line: what they belong to has
# not been written yet.
_INCOMPLETE = re.compile(
    r"[@#]|(?:template|try|do|case|default|except|finally|catch|else|elif)\b(?!\s*[=.(\[])"
)
_FILLER = " x"
_WAITS = re.compile(
    r"(?:[-+*/%=<>&|^~!?:.,@\\]|\b(?:and|or|not|in|is|if|else|as|from|import|lambda|await|new|of))\s*$"
)
"""Ends of a text that an operand has to follow. Of others, the parser's own repairs say little."""
_FOR = re.compile(r"\bfor\b")
"""Its head may hold semicolons."""
_BELOW_CHARS = 4_000
_NOT_UNDERSTOOD = 8
"""A file with more errors is in another dialect (C++ in a `.h`, macros): one more says nothing."""


def verdict(text: str, document: Document, offset: int, language: Language | None) -> Verdict:
    """Say whether the document has more errors with `text` accepted at `offset` than without.

    "unknown" if it cannot be said: no grammar, too many errors already, too much work, or a line
    that makes no sense before the next one is written.
    """
    tree = tree_of(document)
    if tree is None or language is None:
        return "unknown"
    span = document.index.line_span(document.index.line_of(offset))
    head, rest = document.text[span.start : offset], document.text[offset : span.end]
    frames = brackets(head[-2_000:], language).frames
    hole = Span(offset, offset + covered(text, rest, language, frames))
    rest = rest[len(hole) :]
    if misplaced(Edit(hole, text), document, offset, language):
        return "wrong"
    if _ends_inside(text, head, language, frames):
        return "wrong"
    return _parsed(tree, text, head, rest, hole, span, language, frames)


def _parsed(
    tree: Tree,
    text: str,
    head: str,
    rest: str,
    hole: Span,
    line: Span,
    language: Language,
    frames: Sequence[Frame],
) -> Verdict:
    """Return what the parser says."""
    before = tree.errors()
    if before:
        before = min(before, _errors_without_line(tree, line, before))
    after = _errors_with(tree, Edit(hole, text), EFFORT_REQUEST)
    if before is None or after is None:
        return "unknown"
    if before > _NOT_UNDERSTOOD:
        return "right" if after < before else "unknown"  # What takes errors away was missing.
    if after <= before:
        return "right"
    for attempt, whole in _attempts(text, head, rest, language, frames):
        after = _errors_with(tree, Edit(hole, attempt))
        if after is None and brackets(text, language, frames).needed:
            return "unknown"
        # What needs nothing closed, and is costly to read on from, is not what is missing.
        if after is not None and after <= before:
            return "right" if whole else "begun"
    return "unknown" if _incomplete(head + text, language) else "wrong"


def _errors_with(tree: Tree, edit: Edit, effort: int = EFFORT_CHECK) -> int | None:
    made = tree.edited(edit, effort)
    return made.errors() if made is not None else None


def _ends_inside(text: str, head: str, language: Language, frames: Sequence[Frame]) -> bool:
    """Say whether `text` ends a statement in brackets that are open on the cursor's line."""
    if language.indent or not text.rstrip().endswith(";") or _FOR.search(head):
        return False
    read = brackets(text, language, frames)
    return any(
        frame.closer in ")]" for frame in read.frames[: read.n_outside] if frame.literal is None
    )


def _errors_without_line(tree: Tree, line: Span, otherwise: int) -> int:
    """Return the errors without the cursor's line: a half-typed one is broken by itself."""
    errors = _errors_with(tree, Edit(line, ""))
    return otherwise if errors is None else errors


def _incomplete(text: str, language: Language | None) -> bool:
    """Say whether the last line belongs to something that follows it.

    A bracket or an end mark too many is wrong all the same.
    """
    last = text.rstrip().rpartition("\n")[2].strip()
    if _INCOMPLETE.match(last) is None:
        return False
    if last.startswith("@") and language is not None and language.indent:
        return False
    closers = [closer for at, closer in brackets(last, language).unmatched if at > 0]
    return not closers and not last.endswith("::")


def _attempts(
    text: str, head: str, rest: str, language: Language, frames: Sequence[Frame]
) -> Iterator[tuple[str, bool]]:
    """Yield `text` with what it may still need; likelier ones first.

    The flag says that a statement can end where `text` does.
    """
    closing = brackets(text, language, frames).needed
    last = (head + text).rpartition("\n")[2]
    if language.indent:
        ends: tuple[str, ...] = ("",)
        if last.lstrip().startswith("@") and not rest.strip():
            ends = ("", f"\n{blanks_of(last)}def x(): pass")
    else:
        ended = rest.strip() or (not closing and text.rstrip().endswith((";", ",")))
        ends = ("",) if ended else ("", ";", ",")
    waits = _WAITS.search(text) is not None
    for filler in ("", _FILLER) if closing or waits else ("",):
        for end in ends:
            if filler or closing or end:
                yield text + filler + closing + end, not closing and not (filler and waits)


def unfinished(
    text: str, said: Verdict, document: Document, offset: int, language: Language | None
) -> bool:
    """Say whether `text`, accepted at `offset`, needs lines that are not there.

    `said`: its verdict.
    A block that begins is none of it: its lines are written after this one.
    """
    span = document.index.line_span(document.index.line_of(offset))
    head, rest = document.text[span.start : offset], document.text[offset : span.end]
    frames = brackets(head[-2_000:], language).frames
    read = brackets(text, language, frames)
    own = read.frames[read.n_outside :]
    if own and _begins_block(text, read.needed, document, offset, language):
        return False
    if said != "unknown":
        return said == "begun"
    if not own or _incomplete(head + text, language):
        return False
    after = rest[covered(text, rest, language, frames) :] + document.text[span.end :][:_BELOW_CHARS]
    return brackets(after, language, own).n_outside > 0


def _begins_block(
    text: str, needed: str, document: Document, offset: int, language: Language | None
) -> bool:
    """Say whether `text` ends where a block begins that stands on lines of its own.

    What needs to be closed is `needed`; an object that is written out is no block.
    """
    line = text.rstrip()
    if not needed.startswith("}") or (language is not None and language.indent):
        return False
    tree = tree_of(document)
    if tree is not None and line.endswith("{"):
        span = document.index.line_span(document.index.line_of(offset))
        made = tree.edited(Edit(Span(offset, span.end), line + needed))
        if made is not None and not made.is_broken_at(offset + len(line)):
            return made.opens_block(offset + len(line) - 1)
    if line.endswith("{"):
        before = line[:-1].rstrip()
        return bool(before) and (before[-1].isalnum() or before[-1] in ")>_]|")
    return line.endswith(("->", "=>", "|", " in"))
