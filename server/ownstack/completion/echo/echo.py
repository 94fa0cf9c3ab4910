"""The line that followed last time, here, in the open documents or anywhere in the project."""

from __future__ import annotations

import functools
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ownstack.completion.echo.block import sure_lines
from ownstack.completion.echo.buffer import Buffer
from ownstack.completion.echo.candidate import candidates
from ownstack.completion.echo.judgement import Judged, certainty, judge
from ownstack.completion.echo.occurrence import Occurrence, collect
from ownstack.completion.echo.question import Question, ask, plain_lines
from ownstack.completion.echo.renaming import renamed
from ownstack.completion.echo.store import View
from ownstack.completion.nearby import file_of
from ownstack.document import Document
from ownstack.secret import secret_file

OTHER_CHARS = 1_000_000
"""So much of the other open documents is searched."""
_MAX_KEPT = 32
_MAX_CHECKED = 16
"""Files looked at on disk before what they held is shown."""


@dataclass(frozen=True, slots=True)
class Echoed:
    """A proposal, and what speaks for it."""

    text: str
    confidence: float
    """Chance, in [0, 1], that this is exactly the rest of the line."""
    match_chars: int
    """How much of the text before the cursor was found again."""
    occurrences: int
    from_path: str
    """Where the nearest of the places is."""
    more: tuple[str, ...] = ()
    """Lines that follow, if they are sure enough; indented as they will stand."""


@dataclass(frozen=True, slots=True)
class Usable:
    """A candidate that may be shown, and those of its places that were looked at and may be."""

    judged: Judged
    places: tuple[Occurrence, ...]

    @property
    def text(self) -> str:
        return self.judged.candidate.text

    def echoed(self, question: Question, confidence: float | None = None) -> Echoed:
        """Return it as a proposal of its own; without a confidence, with echo's."""
        if confidence is None:
            confidence = certainty(self.judged)
        ends = not question.rest.strip()
        return Echoed(
            self.text,
            confidence,
            question.chars(max(one.match for one in self.places)),
            len(self.judged.candidate.occurrences),
            self.places[0].path,
            tuple(sure_lines(question, self.places, confidence)) if ends else (),
        )


class Echo:
    """The search. Keeps the bytes of open documents between keys; one for each window."""

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
        self._buffers: OrderedDict[str, tuple[str, Buffer]] = OrderedDict()

    def suggest(self, document: Document, offset: int, others: Sequence[Document]) -> Echoed | None:
        """Return the likeliest rest of the line, or None if nothing like it was written before.

        `others`: other open documents, the most recent first, and files near this one. They hide
        what is stored of them. Cost: some milliseconds.
        """
        return self.consider(document, offset, others)[0]

    def consider(
        self, document: Document, offset: int, others: Sequence[Document]
    ) -> tuple[Echoed | None, Sequence[Judged]]:
        """Return what `suggest` does, and all that it was chosen from (`examine`)."""
        question = ask(document, offset)
        examined = self.examine(question, document, others)
        best = next(self._showable(examined), None)
        echoed = best.echoed(question) if best is not None and best.text else None
        return echoed, examined

    def propose(
        self, question: Question, document: Document, others: Sequence[Document]
    ) -> Iterator[Usable]:
        """Yield what may be shown, the likeliest first; "" says that the line is complete.

        The files that something was read from are looked at again as it is asked for.
        """
        return self._showable(self.examine(question, document, others))

    def examine(
        self, question: Question, document: Document, others: Sequence[Document]
    ) -> list[Judged]:
        """Return all that might follow, the likeliest first; `propose` without the last checks."""
        views = self._views()
        opened = [one for one in others if one.uri != document.uri and not _stored(one, views)]
        uris = [document.uri, *(one.uri for one in opened)]
        hidden = [_inside(view.folder, uris) for view in views]
        occurrences = collect(question, self._read(opened), views, hidden)
        return judge(candidates(question, [*occurrences, *renamed(question, occurrences)]))

    def _showable(self, examined: Sequence[Judged]) -> Iterator[Usable]:
        for judged in examined:
            held = judged.candidate.occurrences[:_MAX_CHECKED]
            places = tuple(one for one in held if self._usable(one))
            if places:
                yield Usable(judged, places)

    def _usable(self, one: Occurrence) -> bool:
        if one.secret or (one.scope != "own" and not self._allowed(one.path)):
            return False
        if one.stored is not None and one.stale:
            view, _ = one.stored
            self._stale(view.folder / one.path)
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
                kept = (document.text, Buffer(text, document.path))
                self._buffers[document.uri] = kept
            self._buffers.move_to_end(document.uri)
            buffers.append(kept[1])
            left -= len(document.text)
        while len(self._buffers) > _MAX_KEPT:
            self._buffers.popitem(last=False)
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
    path = file_of(uri)
    if path is None or not path.is_relative_to(folder):
        return None
    return path.relative_to(folder).as_posix()
