"""Refactoring: by a free instruction, or by one of those that are always at hand."""

from __future__ import annotations

import re

from ownstack.actions.catalogue import ACTIONS
from ownstack.actions.context import Around
from ownstack.actions.target import Target
from ownstack.actions.wish import Wish
from ownstack.errors import EditError
from ownstack.files.reading import plain_lines
from ownstack.files.secret.detection import without_secrets
from ownstack.text import fenced

INSTRUCT, EXTRACT, TYPES = "refactor.instruct", "refactor.extract", "refactor.types"
MAX_INSTRUCTION_CHARS = 4_000
_MAX_SELECTED_CHARS = 4_000
_EXTRACT = (
    "Take what is said below out into a new function with a fitting name, beside the one that it "
    "stands in, and call it there. Everything must do exactly what it does now."
)
_CALLED = re.compile(
    r"\b(?:parameters?|params?|arguments?|args?|kwargs|signatures?|keyword-only|positional"
    r"|renam\w{1,3}|return types?|defaults?|async|await|overloads?|takes?|accepts?|methods?)\b",
    re.IGNORECASE,
)
"""Words of who wants something to be called in another way."""
_DEFINED = re.compile(
    r"\b(?:renam\w{1,3}|remov\w{1,3}|delet\w{1,3}|drop\w{0,4}|inlin\w{1,3}|merg\w{1,3}|mov\w{1,3}"
    r"|replac\w{1,3}|rewrit\w{1,3}|convert\w{0,3}|turn|get rid)\b",
    re.IGNORECASE,
)
"""Words of who wants something not to be defined any more."""


def wish(target: Target, preset: str, instruction: str, around: Around) -> Wish:
    """Return the wish for a refactoring, one of the catalogue's.

    `instruction` is the user's word; beside all but `INSTRUCT` it may be "". Signatures and
    definitions stay, unless a word of it asks for something else.

    Raises:
        EditError: there is no instruction, a much too long one, or no such refactoring.
    """
    said = checked(instruction)
    if preset == INSTRUCT and not said:
        raise EditError("There is no instruction.", "Say what is to be done.")
    told = {action: known.instruction for action, known in ACTIONS.items()}
    told |= {INSTRUCT: "", EXTRACT: _EXTRACT}  # type: ignore[dict-item]
    if not preset.startswith("refactor.") or preset not in told:
        raise EditError(f"There is no refactoring {preset[:40]!r}.", f"Ask for {INSTRUCT}.")
    return Wish(
        target,
        f"{told[preset]} {said}".strip() + selected_part(target),
        around.related,
        around.rules,
        keeps_signatures=not _CALLED.search(said),
        keeps_definitions=not _DEFINED.search(said),
        keeps_code=preset == TYPES and not said,
    )


def checked(instruction: str) -> str:
    """Return an instruction without space around it.

    Raises:
        EditError: it is much too long.
    """
    said = instruction.strip()
    if len(said) > MAX_INSTRUCTION_CHARS:
        raise EditError(
            f"The instruction is longer than {MAX_INSTRUCTION_CHARS:,} characters.",
            "Say it in fewer words.",
        )
    return said


def selected_part(target: Target) -> str:
    """Return, as a model is told, which lines of the target are meant; "" if it is all of them."""
    start = max(target.selected.start, target.span.start)
    end = min(target.selected.end, target.span.end)
    part = target.text[start:end]
    if not part.strip() or part.strip() == target.code.strip():
        return ""
    first = max(target.text.rfind("\n", 0, start), target.text.rfind("\r", 0, start)) + 1
    last = re.compile(r"\r|\n").search(target.text, end)
    lines = plain_lines(target.text[first : len(target.text) if last is None else last.start()])
    lines = without_secrets(target.path, lines)
    if len(lines) > _MAX_SELECTED_CHARS:
        return ""
    return f"\nIt is about this part of the lines:\n{fenced(lines)}"
