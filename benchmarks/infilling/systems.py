"""What is compared: everything that can be asked for the rest of a line.

A system is opened once, enters one project after the other, and is asked at every cursor of it.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from benchmarks.infilling import ngram
from benchmarks.infilling.cursors import Case
from benchmarks.infilling.index import Index
from benchmarks.infilling.sources import ProjectFiles
from ownstack.completion.echo import Echo
from ownstack.completion.sources.fitting import THRESHOLDS
from ownstack.completion.sources.line_weigher import first_line


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a system says at a cursor."""

    text: str
    """The rest of the line; "" is no proposal."""
    confidence: float = 0.0
    """Chance, in [0, 1], that the text is exactly right, as far as the system knows."""
    ms: float = 0.0
    """From the key to the answer."""
    jump_ms: float = 0.0
    """The same where nothing was known of the place before; 0 = no different."""
    cpu_ms: float = 0.0
    """What it took of one processor, which other work on the machine does not stretch; 0 = not
    measured."""
    shown: bool = True
    """Whether a user would see it without asking."""
    part: str = ""
    """What of the text a user sees without asking, if that is not all of it."""
    part_chance: float = 0.0
    """Chance that the line begins so, as far as the system knows."""
    prompt_tokens: int = 0
    """What the model was shown; 0 = no model was asked."""


class System(Protocol):
    """Anything that proposes the rest of a line."""

    name: str

    async def enter(self, project: ProjectFiles | None) -> None:
        """Make ready for the cursors of a project; None: files that belong to no project."""
        ...

    async def propose(self, case: Case) -> Proposal: ...

    async def close(self) -> None: ...


class Ngram:
    """What follows the last three lexemes elsewhere in the file."""

    name = "n-gram, same file"

    async def enter(self, project: ProjectFiles | None) -> None:
        """Needs nothing but the file."""

    async def propose(self, case: Case) -> Proposal:
        started = time.perf_counter()
        text, confidence = ngram.follows(case.before, case.after)
        return Proposal(text, confidence, (time.perf_counter() - started) * 1e3)

    async def close(self) -> None:
        """Holds nothing."""


class EchoSystem:
    """The product's echo, with the whole project stored and the file under the cursor open."""

    name = "echo"

    def __init__(self, cache: Path) -> None:
        self.sizes: dict[str, tuple[int, int]] = {}
        """Project → bytes of its index on disk, bytes of the text in it."""
        self._cache = cache
        self._index: Index | None = None
        self._echo = Echo()

    async def enter(self, project: ProjectFiles | None) -> None:
        await self.close()
        if project is None:
            return
        folder = self._cache / project.name.replace("/", "__")
        self._index = await Index.of(project.root, folder)
        self._echo = self._index.echo()
        self.sizes[project.name] = self._index.size_bytes, self._index.text_bytes

    async def propose(self, case: Case) -> Proposal:
        _ = case.document.index  # The editor has asked for it long before the key.
        started, started_cpu = time.perf_counter(), time.thread_time()
        found = self._echo.suggest(case.document, case.offset, [])
        cpu_ms = (time.thread_time() - started_cpu) * 1e3
        ms = (time.perf_counter() - started) * 1e3
        if found is None:
            return Proposal("", 0.0, ms, cpu_ms=cpu_ms)
        shown = found.confidence >= THRESHOLDS["normal"]
        text = first_line(found.text)
        return Proposal(text, found.confidence, ms, cpu_ms=cpu_ms, shown=shown)

    async def close(self) -> None:
        if self._index is not None:
            self._index.close()
        self._index, self._echo = None, Echo()
