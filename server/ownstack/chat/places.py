"""A path that a model names, held to the project: nothing outside, whatever way leads there."""

from __future__ import annotations

import os
from pathlib import Path

from ownstack.errors import ToolError
from ownstack.memory.handles import short

_MAX_CHARS = 1_000


def inside(root: Path, path: str) -> str:
    """Return where a path leads to, in the project and with slashes; "" is the project itself.

    Links are followed and must lead to a place in the project, too. It need not exist.

    Raises:
        ToolError: it leads out of the project, or into what git keeps of it.
    """
    named = path.strip().replace("\\", "/").removeprefix("file://")
    if len(named) > _MAX_CHARS or "\0" in named:
        raise ToolError("That is no path.", "Name a file of the project, such as src/main.py.")
    top = os.path.realpath(root)
    try:
        real = os.path.realpath(os.path.join(top, named))
    except (OSError, ValueError) as error:
        raise ToolError(f"{short(named)} cannot be looked up.", "Name another path.") from error
    if real == top:
        return ""
    if not Path(real).is_relative_to(top):
        raise ToolError(
            f"{short(named)} is outside of the project, so it is left alone.",
            "Only files of the project can be used, by paths such as src/main.py.",
        )
    relative = Path(real).relative_to(top).as_posix()
    if ".git" in relative.lower().split("/"):
        raise ToolError(f"{short(named)} belongs to git, so it is left alone.", "Name a source.")
    return relative
