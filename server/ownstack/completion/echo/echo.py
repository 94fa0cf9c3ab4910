"""The line that followed last time, here, in the open documents or anywhere in the project."""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from cachetools import LRUCache

from ownstack.completion.echo.block import closing_lines, sure_lines
from ownstack.completion.echo.buffer import Buffer
from ownstack.completion.echo.candidate import candidates
from ownstack.completion.echo.occurrence import Occurrence, collect
from ownstack.completion.echo.preferences import NOTHING_LEARNED, Preference
from ownstack.completion.echo.query import EchoQuery, plain_lines, query_at
from ownstack.completion.echo.renaming import renamed
from ownstack.completion.echo.scoring import ScoredCandidate, score_candidates
from ownstack.completion.echo.store import View
from ownstack.document import Document
from ownstack.files.secret.detection import secret_file
from ownstack.files.uri import file_path

OTHER_CHARS = 1_000_000
"""So much of the other open documents is searched."""
_MAX_KEPT = 32
_MAX_CHECKED = 16
"""Files looked at on disk before what they held is shown."""


@dataclass(frozen=True, slots=True)
class LineSuggestion:
    """A rest of the line that may be suggested, and what speaks for it."""

    text: str
    confidence: float
    """Chance, in [0, 1], that this is exactly the rest of the line."""
    match_chars: int
    """How much of the text before the cursor was found again."""
    occurrences: int
    from_path: str
    """The file of the nearest occurrence."""
    more: tuple[str, ...] = ()
    """Lines that follow, if they are sure enough; indented as they will stand."""
    closing: tuple[str, ...] = ()
    """The lines that close what the text opens, if it does not close that itself."""
    closing_chance: float = 1.0
    """That these are right, if the text is."""
    nearest: Occurrence | None = None
    """The occurrence in `from_path`."""
    preference: Preference = NOTHING_LEARNED
    """What was learned of it, which is in `confidence` already."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """A candidate that may be shown, and those of its occurrences that were checked and may be."""

    scored: ScoredCandidate
    occurrences: tuple[Occurrence, ...]

    @property
    def text(self) -> str:
        return self.scored.text

    @property
    def ending(self) -> str:
        """Return what takes the place of the closing marks right of the cursor."""
        return next((occurrence.ending for occurrence in self.occurrences if occurrence.ending), "")

    def line(self, query: EchoQuery, confidence: float | None = None) -> LineSuggestion:
        """Return it as a proposal of its own; without a confidence, with echo's."""
        if confidence is None:
            confidence = self.scored.chance
        ends = not query.rest.strip()
        closing, chance = closing_lines(query, self.occurrences, self.text) if ends else ((), 1.0)
        return LineSuggestion(
            self.text + self.ending,
            confidence,
            query.chars(max(occurrence.match for occurrence in self.occurrences)),
            len(self.scored.candidate.occurrences),
            self.occurrences[0].path,
            tuple(sure_lines(query, self.occurrences, confidence)) if ends else (),
            closing,
            chance,
            nearest=self.occurrences[0],
            preference=self.scored.preference,
        )


Weigh = Callable[[EchoQuery, Sequence[ScoredCandidate]], Sequence[ScoredCandidate]]
"""Puts candidates in the order that what was learned gives them (`preferences.preferred`)."""


def _as_found(query: EchoQuery, found: Sequence[ScoredCandidate]) -> Sequence[ScoredCandidate]:
    return found


class Echo:
    """Searches for one window what was written before; keeps open documents' bytes between keys."""

    def __init__(
        self,
        views: Callable[[], Sequence[View]] = tuple,
        allowed: Callable[[str], bool] = lambda path: True,
        stale: Callable[[Path], object] = lambda path: None,
    ) -> None:
        """Make one that knows of open documents only, or of whole projects too.

        `views`: what is stored of the window's folders. `allowed` says whether something may be
        taken from a path. `stale` is told of files that have changed since they were read.
        """
        self._views = views
        self._allowed = allowed
        self._stale = stale
        self._buffers: LRUCache[str, tuple[str, Buffer]] = LRUCache(_MAX_KEPT)

    def suggest(
        self, document: Document, offset: int, others: Sequence[Document]
    ) -> LineSuggestion | None:
        """Return the likeliest rest of the line, or None if nothing like it was written before.

        `others`: other open documents, the most recent first, and files near this one. They hide
        what is stored of them. Cost: some milliseconds.
        """
        return self.consider(document, offset, others)[0]

    def consider(
        self,
        document: Document,
        offset: int,
        others: Sequence[Document],
        weigh: Weigh = _as_found,
    ) -> tuple[LineSuggestion | None, Sequence[ScoredCandidate]]:
        """Return what `suggest` does, and all that it was chosen from (`examine`).

        `weigh` lets what was learned of the user have its say; those examined are in its order.
        """
        query = query_at(document, offset)
        examined = weigh(query, self.examine(query, document, others))
        best = next(self.showable(examined), None)
        line = best.line(query) if best is not None and best.text else None
        return line, examined

    def showable(self, examined: Sequence[ScoredCandidate]) -> Iterator[Proposal]:
        """Yield what of the examined may be shown, the likeliest first (`propose`)."""
        for scored in examined:
            held = scored.candidate.occurrences[:_MAX_CHECKED]
            occurrences = tuple(occurrence for occurrence in held if self._may_show(occurrence))
            if occurrences:
                yield Proposal(scored, occurrences)

    def propose(
        self, query: EchoQuery, document: Document, others: Sequence[Document]
    ) -> Iterator[Proposal]:
        """Yield what may be shown, the likeliest first; "" says that the line is complete.

        The files that something was read from are looked at again as it is asked for.
        """
        return self.showable(self.examine(query, document, others))

    def examine(
        self, query: EchoQuery, document: Document, others: Sequence[Document]
    ) -> list[ScoredCandidate]:
        """Return all that might follow, the likeliest first; `propose` without the last checks."""
        views = self._views()
        opened = [
            other for other in others if other.uri != document.uri and not _stored(other, views)
        ]
        uris = [document.uri, *(other.uri for other in opened)]
        hidden = [_inside(view.folder, uris) for view in views]
        occurrences = collect(query, self._read(opened), views, hidden)
        return score_candidates(candidates(query, [*occurrences, *renamed(query, occurrences)]))

    def _may_show(self, occurrence: Occurrence) -> bool:
        if occurrence.secret or (occurrence.scope != "own" and not self._allowed(occurrence.path)):
            return False
        if occurrence.stored is not None and occurrence.stale:
            view, _ = occurrence.stored
            self._stale(view.folder / occurrence.path)
            return False
        return True

    def _read(self, documents: Sequence[Document]) -> list[Buffer]:
        """Return documents as bytes, as many as may be searched."""
        buffers = []
        left = OTHER_CHARS
        for document in documents:
            if left <= 0:
                break
            if secret_file(document.path, document.text):
                continue
            kept = self._buffers.get(document.uri)
            if kept is None or kept[0] is not document.text:
                text = plain_lines(document.text[:OTHER_CHARS]).encode("utf-8", "replace")
                kept = (document.text, Buffer(text, document.path, uri=document.uri))
                self._buffers[document.uri] = kept
            buffers.append(kept[1])
            left -= len(document.text)
        return buffers


def _stored(document: Document, views: Sequence[View]) -> bool:
    """Say whether a document is as it is on disk, and the store of its folder is complete.

    Only then has nobody changed it since it was opened or read.
    """
    return document.version == 0 and any(
        view.complete and _relative(view.folder, document.uri) is not None for view in views
    )


def _inside(folder: Path, uris: Sequence[str]) -> Collection[str]:
    """Return the paths, relative to a folder, of the documents that lie in it."""
    paths = (_relative(folder, uri) for uri in uris)
    return {path for path in paths if path is not None}


@functools.lru_cache(512)
def _relative(folder: Path, uri: str) -> str | None:
    path = file_path(uri)
    if path is None or not path.is_relative_to(folder):
        return None
    return path.relative_to(folder).as_posix()
