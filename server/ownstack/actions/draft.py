"""What a model wrote, made to stand where the target's lines stand."""

from __future__ import annotations

import re
import textwrap

from ownstack.actions.target import Target
from ownstack.chat.proposals import with_line_ends
from ownstack.errors import EditError
from ownstack.files.reading import plain_lines

_BLOCK = re.compile(r"^(`{3,}|~{3,})[^\n]{0,100}\n(.*?)^\1[ \t]*$", re.DOTALL | re.MULTILINE)


def replacement(answer: str, target: Target) -> str:
    """Return what takes the place of the target's lines.

    Raises:
        EditError: the answer has no code, or none that is whole.
    """
    blocks = [match[2] for match in _BLOCK.finditer(plain_lines(answer))]
    if not blocks:
        raise EditError("The model gave no code.", "Ask again, or choose a larger model.")
    code = max(blocks, key=len).strip("\n")
    if not code.strip():
        raise EditError("The model gave no code.", "Ask again, or choose a larger model.")
    indent = _indent(plain_lines(target.code))
    moved = textwrap.indent(textwrap.dedent(code), indent)
    return with_line_ends(moved, target.text)


def _indent(code: str) -> str:
    lines = [line for line in code.split("\n") if line.strip()]
    return lines[0][: len(lines[0]) - len(lines[0].lstrip(" \t"))] if lines else ""
