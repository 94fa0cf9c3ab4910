"""Blanks at the beginning of lines: those of the file, not those of the model."""

from __future__ import annotations

import re
from collections import Counter

from ownstack.document import Document
from ownstack.languages import Language
from ownstack.text import blanks_of

TAB_COLUMNS = 4
"""Columns of a tab; any number does that the engine uses too (`InfillRequest.min_indent`)."""
_SAMPLE_CHARS = 60_000
_LEADING = re.compile(r"^([ \t]+)(?=\S)", re.MULTILINE)


def indent_unit(text: str) -> str:
    r"""Return what one level of indentation is in a text: "\t" or some spaces; "" if unknown."""
    leading = _LEADING.findall(text[:_SAMPLE_CHARS])
    tabs = sum(1 for blanks in leading if blanks[0] == "\t")
    if tabs * 2 > len(leading):
        return "\t"
    widths = [len(blanks) for blanks in leading if "\t" not in blanks]
    steps = Counter(
        abs(after - before)
        for before, after in zip([0, *widths], widths, strict=False)
        if 2 <= abs(after - before) <= 8
    )
    return " " * steps.most_common(1)[0][0] if steps else ""


def indent_of(line: str) -> int:
    """Return the columns of the blanks that `line` begins with."""
    return len(blanks_of(line).expandtabs(TAB_COLUMNS))


def blanks(columns: int, unit: str) -> str:
    r"""Return blanks of so many columns, as a file with this `unit` writes them."""
    if unit == "\t":
        return "\t" * (columns // TAB_COLUMNS) + " " * (columns % TAB_COLUMNS)
    return " " * columns


def translated(leading: str, theirs: str, ours: str) -> str:
    """Return blanks from a file with the unit `theirs` as one with the unit `ours` has them.

    What is no whole level (alignment) stays as many columns.
    """
    if not theirs or not ours or theirs == ours:
        return leading
    width = TAB_COLUMNS if theirs == "\t" else len(theirs)
    levels, rest = divmod(len(leading.expandtabs(width)), width)
    return ours * levels + " " * rest


def leading_fit(text: str, head: str, language: Language | None) -> str:
    """Return `text` without a blank too many at its beginning.

    After a blank in a line, another is one too many, except before a comment at the line's end.
    In the indentation of an empty line, a single one is.
    """
    if not text.startswith(" ") or not head.endswith((" ", "\t")):
        return text
    bare = text.lstrip(" ")
    if not head.strip():
        return bare if len(text) - len(bare) == 1 and len(head) % 2 == 0 else text
    if bare.startswith(language.line if language and language.line else ("#", "//")):
        return text
    return bare


def fit_indent(text: str, document: Document, column: int | None = None, head: str = "") -> str:
    """Return `text`, that comes after `head`, with the later lines indented as the file does it.

    Tabs or spaces, and, if the `column` is given at which the first line begins, levels of as
    many spaces.
    """
    if "\n" not in text:
        return text
    unit = indent_unit(document.text)
    if not unit:
        return text
    first, *later = text.split("\n")
    leading = [blanks_of(line) for line in later if line.strip()]
    if unit == "\t":
        widths = [len(b) for b in leading if b and "\t" not in b]
        if not widths:
            return text
        width = 2 if any(width % 4 for width in widths) else 4
        return "\n".join([first, *(_to_tabs(line, width) for line in later)])
    if any("\t" in b for b in leading):
        later = [blanks_of(line).replace("\t", unit) + line.lstrip(" \t") for line in later]
    elif column is not None:
        later = _rescaled(head + first, later, column, len(unit))
    return "\n".join([first, *later])


def _rescaled(first: str, later: list[str], column: int, width: int) -> list[str]:
    """Return `later` with levels of `width` spaces, if those of a block are of others."""
    lines = [first, *(line for line in later if line.strip())]
    at = [column, *(len(blanks_of(line)) for line in lines[1:])]
    steps = {
        after - before
        for line, before, after in zip(lines, at, at[1:], strict=False)
        if line.rstrip().endswith((":", "{")) and after > before
    }
    step = min(steps, default=width)
    deeper = [other - column for other in at if other > column]
    if step == width or step not in (2, 3, 4, 8) or any(depth % step for depth in deeper):
        return later

    def scaled(line: str) -> str:
        have = len(blanks_of(line))
        if not line.strip() or have <= column:
            return line
        return " " * (column + (have - column) // step * width) + line.lstrip(" ")

    return [scaled(line) for line in later]


def _to_tabs(line: str, width: int) -> str:
    bare = line.lstrip(" ")
    count = len(line) - len(bare)
    return "\t" * (count // width) + " " * (count % width) + bare
