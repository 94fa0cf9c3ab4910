"""Documenting code, in the convention of the file that it stands in. Code stays as it is."""

from __future__ import annotations

from pathlib import Path

from ownstack.actions.context import Around
from ownstack.actions.docstrings import convention_of
from ownstack.actions.target import Target
from ownstack.actions.wish import Wish
from ownstack.memory.handles import short
from ownstack.text import fenced


def wish(target: Target, around: Around, root: Path | None = None) -> Wish:
    """Return the wish for documentation. Reads files of `root`, the project's folder, if given."""
    convention = convention_of(target, root)
    symbol = target.symbol
    what = (
        "each function and class of these lines that has no documentation"
        if symbol is None
        else f"{symbol.kind} `{short(symbol.qualified, 100)}`"
    )
    parts = [
        f"Document {what}: write {convention.how}. Say what it does and what a caller cannot see "
        "from its signature; do not tell the code again. If it is documented already, put that "
        "right. Change nothing but documentation."
    ]
    if convention.example:
        parts.append(
            "So documentation looks in this project; keep to that form, not to its words:\n"
            f"{fenced(convention.example)}"
        )
    return Wish(
        target,
        "\n".join(parts),
        around.related,
        around.rules,
        keeps_code=True,
    )
