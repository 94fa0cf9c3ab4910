"""Blanks at the beginning of lines: those of the file, not those of the model."""

from __future__ import annotations

import re
from collections import Counter

from ownstack.document import Document
from ownstack.languages import Language

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


def fit_indent(text: str, document: Document) -> str:
    """Return `text` with the later lines indented by tabs or spaces, as the file does."""
    if "\n" not in text:
        return text
    unit = indent_unit(document.text)
    if not unit:
        return text
    first, *later = text.split("\n")
    blanks = [line[: len(line) - len(line.lstrip(" \t"))] for line in later if line.strip()]
    if unit == "\t":
        widths = [len(b) for b in blanks if b and "\t" not in b]
        if not widths:
            return text
        width = 2 if any(width % 4 for width in widths) else 4
        return "\n".join([first, *(_to_tabs(line, width) for line in later)])
    if not any("\t" in b for b in blanks):
        return text
    return "\n".join([first, *(_to_spaces(line, unit) for line in later)])


def _to_tabs(line: str, width: int) -> str:
    bare = line.lstrip(" ")
    count = len(line) - len(bare)
    return "\t" * (count // width) + " " * (count % width) + bare


def _to_spaces(line: str, unit: str) -> str:
    bare = line.lstrip(" \t")
    blanks = line[: len(line) - len(bare)]
    return blanks.replace("\t", unit) + bare
