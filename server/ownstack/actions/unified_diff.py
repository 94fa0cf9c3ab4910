"""A model's diff, applied to the lines that it was made for. Its numbers are never believed."""

from __future__ import annotations

import re

from ownstack.actions.target import Target
from ownstack.chat.proposals import found_and_replaced
from ownstack.errors import EditError
from ownstack.files.reading import plain_lines

_HUNK = re.compile(r"^@@(?:[ \t][^\n]{0,200})?$")
_HEAD = re.compile(r"^(?:---|\+\+\+|diff |index )")
_LEAST_SHARE = 0.9
"""Of the lines of a diff without a hunk's head: how many begin as lines of a diff do."""


def is_diff(code: str, target: Target, info: str = "") -> bool:
    """Say whether a text is a diff of a target, and not code that has one in it."""
    lines = [line for line in code.split("\n") if line.strip()]
    has_own = any(_HUNK.match(line) for line in plain_lines(target.code).split("\n"))
    if not has_own and any(_HUNK.match(line) for line in lines):
        return any(line.startswith(("+", "-")) for line in lines)
    marked = [line for line in lines if line.startswith(("+", "-", " "))]
    changed = any(line.startswith("+") for line in lines) and any(
        line.startswith("-") for line in lines
    )
    return (
        info in ("diff", "patch", "udiff")
        and changed
        and (len(marked) >= _LEAST_SHARE * len(lines))
    )


def patched(code: str, target: Target) -> str:
    """Return the target's lines with a diff applied.

    Raises:
        EditError: it is for other lines.
    """
    text = plain_lines(target.code)
    for old, new in _hunks(code):
        if old == new:
            continue
        try:
            if not old.strip("\n"):
                raise EditError("The diff does not say where it belongs.")
            text = found_and_replaced(text, old, new)
        except EditError as error:
            raise EditError(
                f"The answer is a diff that does not fit the lines: {error.what}",
                "Write all of the lines as they shall be, whole.",
            ) from error
    return text


def _hunks(code: str) -> list[tuple[str, str]]:
    hunks: list[tuple[list[str], list[str]]] = [([], [])]
    for line in code.split("\n"):
        if _HUNK.match(line):
            hunks.append(([], []))
        elif _HEAD.match(line) and not any(hunks[-1]):
            continue
        elif line.startswith("+"):
            hunks[-1][1].append(line[1:])
        elif line.startswith("-"):
            hunks[-1][0].append(line[1:])
        elif not line.startswith("\\"):
            for side in hunks[-1]:
                side.append(line.removeprefix(" "))
    return [("\n".join(old).strip("\n"), "\n".join(new).strip("\n")) for old, new in hunks]
