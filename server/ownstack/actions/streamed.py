"""The lines that a model has written of an edit so far, while it still writes."""

from __future__ import annotations

import re

from ownstack.actions.target import Target
from ownstack.chat.proposals import with_line_ends
from ownstack.files.reading import plain_lines
from ownstack.text import blanks_of, reindented

_OPENING = re.compile(r"^[ \t]{0,12}(`{3,40}|~{3,40})[^`\n]{0,200}\n", re.MULTILINE)


def so_far(answer: str, target: Target) -> str:
    """Return the whole lines of an answer's first code block, as they would stand in the file.

    It is for looking at: what is shown at the end is what `draft.py` makes of the whole answer.
    """
    text = plain_lines(answer)
    opening = _OPENING.search(text)
    if opening is None:
        return ""
    lines = text[opening.end() :].split("\n")
    fence = opening[1]
    end = next((at for at, line in enumerate(lines) if line.strip() == fence), len(lines) - 1)
    lines = lines[:end]
    old, new = _first_indent(lines), _first_indent(plain_lines(target.code).split("\n"))
    if old != new:
        lines = [reindented(line, old, new) for line in lines]
    return with_line_ends("\n".join(lines), target.text)


def _first_indent(lines: list[str]) -> str:
    return blanks_of(next((line for line in lines if line.strip()), ""))
