"""Refactoring: by a free instruction, or one of those that are always at hand."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ownstack.actions.context import Around
from ownstack.actions.target import Target
from ownstack.actions.wish import Wish
from ownstack.errors import EditError
from ownstack.text import Span, fenced

INSTRUCT = "refactor.instruct"
MAX_INSTRUCTION_CHARS = 4_000
_SHOWN_CHARS = 4_000
_SAME = "What it does for those who call it stays the same."
_CALLED = re.compile(
    r"\b(?:parameters?|arguments?|args?|kwargs|signatures?|keyword-only|positional|renam\w{1,3}"
    r"|return types?|defaults?|async|await|overloads?|takes?|accepts?)\b",
    re.IGNORECASE,
)
_DEFINED = re.compile(
    r"\b(?:renam\w{1,3}|remov\w{1,3}|delet\w{1,3}|drop\w{0,4}|inlin\w{1,3}|merg\w{1,3}|mov\w{1,3}"
    r"|replac\w{1,3}|rewrit\w{1,3}|convert\w{0,3}|turn|get rid)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Preset:
    """A refactoring that is always at hand."""

    instruction: str
    keeps_code: bool = False


PRESETS = {
    "refactor.extract": Preset(
        "Extract a function with a fitting name, which stands beside the one that it is taken "
        f"out of and is called there. {_SAME}"
    ),
    "refactor.simplify": Preset(
        "Simplify these lines: fewer branches, less nesting, no needless variables, the "
        f"language's own means. {_SAME}"
    ),
    "refactor.rename": Preset(
        "Give local variables clear names, in the style of the file. Names of functions, classes "
        f"and parameters stay, and so does everything else. {_SAME}"
    ),
    "refactor.split": Preset(
        "Split the function into smaller ones, each of which does one thing and has a fitting "
        f"name; the function that is there calls them. {_SAME}"
    ),
    "refactor.types": Preset(
        "Annotate parameters, results and, where it helps, variables with their types, as far as "
        "the code shows them. Change nothing else.",
        keeps_code=True,
    ),
    "refactor.modernise": Preset(
        "Write these lines with the means that the language has today, in place of old ones. "
        f"{_SAME}"
    ),
}


def wish(target: Target, preset: str, instruction: str, around: Around) -> Wish:
    """Return the wish for a refactoring; `instruction` is the user's word, and may be "" of presets.

    Raises:
        EditError: there is no instruction, or no such preset.
    """
    said = instruction.strip()
    if len(said) > MAX_INSTRUCTION_CHARS:
        raise EditError(
            f"The instruction is longer than {MAX_INSTRUCTION_CHARS:,} characters.",
            "Say it in fewer words.",
        )
    if preset == INSTRUCT:
        if not said:
            raise EditError("There is no instruction.", "Say what is to be done.")
        return Wish(
            target,
            said + _selected(target),
            around.related,
            around.rules,
            keeps_signatures=not _CALLED.search(said),
            keeps_definitions=not _DEFINED.search(said),
        )
    known = PRESETS.get(preset)
    if known is None:
        raise EditError(f"There is no refactoring {preset!r}.", f"Ask for {INSTRUCT}.")
    told = f"{known.instruction} {said}".rstrip()
    return Wish(
        target,
        told + _selected(target),
        around.related,
        around.rules,
        keeps_code=known.keeps_code,
    )


def _selected(target: Target) -> str:
    """Return which of the target's lines are meant, if it is a part of them."""
    start, end = max(target.selected.start, target.span.start), min(
        target.selected.end, target.span.end
    )
    part = target.text[start:end]
    if not part.strip() or part.strip() == target.code.strip() or len(part) > _SHOWN_CHARS:
        return ""
    first = target.text.rfind("\n", 0, start) + 1
    last = target.text.find("\n", end)
    whole = Span(first, last if last >= 0 else len(target.text))
    lines = target.text[whole.start : whole.end]
    return f"\nIt is about this part of the lines:\n{fenced(lines)}"
