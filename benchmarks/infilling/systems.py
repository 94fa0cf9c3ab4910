"""What is compared: everything that can be asked for the rest of a line.

A system is opened once, enters one project after the other, and is asked at every cursor of it.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Protocol

from benchmarks.infilling import ngram
from benchmarks.infilling.cursors import Case
from benchmarks.infilling.sources import ProjectFiles
from ownstack.completion.echo import Echo
from ownstack.document import Document


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
    shown: bool = True
    """Whether a user would see it without asking."""


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
    """The product's echo, given the whole project."""

    name = "echo"

    def __init__(self) -> None:
        self._echo = Echo()
        self._documents: list[Document] = []
        self._others: dict[str, list[Document]] = {}

    async def enter(self, project: ProjectFiles | None) -> None:
        self._documents = list(project.documents.values()) if project else []
        self._others = {}

    async def propose(self, case: Case) -> Proposal:
        others = self._others.get(case.document.path)
        if others is None:
            others = nearest_first(case.document, self._documents)
            self._others[case.document.path] = others
        _ = case.document.index  # The editor has asked for it long before the key.
        started = time.perf_counter()
        found = self._echo.suggest(case.document, case.offset, others)
        ms = (time.perf_counter() - started) * 1e3
        if found is None:
            return Proposal("", 0.0, ms)
        return Proposal(first_line(found.text), found.confidence, ms)

    async def close(self) -> None:
        self._documents, self._others = [], {}


def nearest_first(document: Document, documents: Sequence[Document]) -> list[Document]:
    """Return the other files: the same language first, then by the way through the folders."""
    here = PurePosixPath(document.path).parent.parts

    def rank(other: Document) -> tuple[bool, int, str]:
        there = PurePosixPath(other.path).parent.parts
        common = 0
        for ours, theirs in zip(here, there, strict=False):
            if ours != theirs:
                break
            common += 1
        way = len(here) + len(there) - 2 * common
        return other.language != document.language, way, other.path

    return sorted((other for other in documents if other.uri != document.uri), key=rank)


def first_line(text: str) -> str:
    return text.partition("\n")[0].rstrip()
