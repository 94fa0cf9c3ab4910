"""Whether a suggestion stands where a line may stand, and how it is made to.

Where a line begins is what the cursor says, not what the model or an earlier line says: who has
dedented to begin something new keeps the dedent. A suggestion may only go deeper than the line
above it after a line that opens a block.
"""

from __future__ import annotations

from ownstack.completion.extent import code_before, kind_at, line_around
from ownstack.completion.lexing.blanks import (
    blanks,
    fit_indent,
    indent_of,
    indent_unit,
)
from ownstack.completion.lexing.brackets import CLOSERS, brackets
from ownstack.document import Document
from ownstack.languages import Language
from ownstack.text import blanks_of

_NEAR_CHARS = 4_000
_GOES_ON = ("\\", "=", "+", "-", "*", "/", "&", "|", "?", ".", "(", "[")
"""Ends of lines after which another line of the same statement may stand deeper."""
_BEGINS_DEEPER = (".", "?", "&&", "||", "|", "+", ":")


def fitted(text: str, document: Document, offset: int, language: Language | None) -> str | None:
    """Return `text` with its lines where the cursor is; None if it belongs somewhere else."""
    head = line_around(document, offset)[0]
    column = indent_of(head)
    leading = blanks_of(text)
    bare = text[len(leading) :]
    if head.strip() or not bare or bare.startswith("\n"):
        return fit_indent(text, document, column, head)
    if kind_at(document, offset) != "code":
        return fit_indent(text, document)
    wanted = _leading(document, offset, head, leading, bare, language)
    if wanted is None:
        return None
    moved = _shifted(bare, column + indent_of(leading), column + indent_of(wanted), document)
    return fit_indent(wanted + moved, document, column + indent_of(wanted))


def _leading(
    document: Document, offset: int, head: str, leading: str, bare: str, language: Language | None
) -> str | None:
    """Return the blanks that the first line needs beyond those left of the cursor."""
    before = code_before(document, offset)
    column, by_indent = indent_of(head), _by_indent(language)
    if before is None:
        return "" if leading and by_indent else leading
    unit = indent_unit(document.text) or ("\t" if "\t" in leading else "    ")
    level = indent_of(before.header)
    if before.opens:
        if column > level:
            return ""
        if not leading and not by_indent:
            return ""
        deeper = blanks_of(before.header) + unit
        return deeper[len(head) :] if deeper.startswith(head) else blanks(level, unit) + unit
    if not leading or bare[0] in CLOSERS or column > level:
        return ""
    header = before.header.strip()
    begins_deeper = not by_indent and bare.startswith(_BEGINS_DEEPER)
    goes_on = header.endswith(_GOES_ON) or bool(brackets(header, language).open)
    if goes_on or (begins_deeper and not header.startswith(_BEGINS_DEEPER)):
        return leading
    if column == level or (by_indent and brackets(_near(document, offset), language).frames):
        return ""
    if by_indent:
        return None  # The line above would be gone on with, where somebody has dedented.
    return blanks(level - column, unit)


def _near(document: Document, offset: int) -> str:
    text = document.text
    start = max(0, offset - _NEAR_CHARS)
    return text[start and text.find("\n", start, offset) + 1 : offset]


def _shifted(text: str, old: int, new: int, document: Document) -> str:
    """Return `text` with its later lines moved along with the first, if they go with that."""
    first, *later = text.split("\n")
    opens = first.rstrip().endswith((":", "{"))
    at = [indent_of(line) for line in later if line.strip()]
    if old == new or not at or min(at) < old or (opens and at[0] == old):
        return text
    unit = indent_unit(document.text)
    moved = [
        blanks(indent_of(line) + new - old, unit) + line.lstrip(" \t") if line.strip() else line
        for line in later
    ]
    return "\n".join([first, *moved])


def _by_indent(language: Language | None) -> bool:
    return language is not None and language.indent and bool(language.opens)
