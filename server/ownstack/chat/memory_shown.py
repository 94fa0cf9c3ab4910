"""Project memory as it stands at the beginning of a prompt: read at once with the rules."""

from __future__ import annotations

from dataclasses import dataclass

from ownstack.chat.window import Window
from ownstack.errors import MemoryStoreError
from ownstack.memory.entries.project_memory import ProjectMemory
from ownstack.memory.entries.shown import shown

NO_WINDOW = 8_192
"""Without a model: tokens of the window that one may have who goes on later."""


@dataclass(frozen=True, slots=True)
class MemoryShown:
    """What a model reads, and what was read for it."""

    text: str = ""
    files: tuple[tuple[str, str], ...] = ()
    """Path and hash of the content."""
    problems: tuple[str, ...] = ()
    """What was left out and why, in sentences for a person."""


def memory_for(window: Window | None, memory: ProjectMemory, now: float) -> MemoryShown:
    """Return project memory as it has room in a window. Waits for the disk, and never raises."""
    try:
        overview = memory.overview()
    except MemoryStoreError as error:
        return MemoryShown(problems=(f"What was decided is not shown to the model. {error}",))
    if window is None:
        made = shown(overview, NO_WINDOW, lambda text: len(text) // 4, now)
    else:
        made = shown(overview, window.limits.usable, window.count, now)
    return MemoryShown(made.text, overview.files, (*overview.problems, *made.problems))
