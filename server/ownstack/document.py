"""Open documents: immutable snapshots, and the store that edits produce new ones in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import islice

from ownstack.text import Edit, LineIndex, Span, apply_edit, apply_edits, descending


@dataclass(frozen=True, slots=True)
class CellSpan:
    """Where a cell stands in a document that is made of cells."""

    uri: str
    """Of the cell, as the editor names its text."""
    span: Span


@dataclass(frozen=True)
class Document:
    """One version of one open document. Safe to read from any thread."""

    uri: str
    path: str
    """Path shown to models: relative to the workspace folder, with `/`; a name if untitled."""
    language: str
    """The editor's language id, such as "python" or "typescriptreact"."""
    version: int
    text: str
    cells: tuple[CellSpan, ...] = ()
    """The cells that the editor shows one by one, of a notebook (`files/notebook/joined.py`)."""

    @cached_property
    def index(self) -> LineIndex:
        return LineIndex(self.text)

    def cell(self, uri: str) -> CellSpan | None:
        return next((cell for cell in self.cells if cell.uri == uri), None)

    def cell_at(self, offset: int) -> CellSpan | None:
        """Return the cell that holds a cursor."""
        inside = (cell for cell in self.cells if cell.span.start <= offset <= cell.span.end)
        return next(inside, None)

    def spliced(self, span: Span, text: str) -> Document:
        """Return one of the same version in which a span, of one cell, is replaced."""
        longer = len(text) - len(span)
        cells = tuple(
            replace(
                cell,
                span=Span(
                    cell.span.start + (longer if cell.span.start > span.end else 0),
                    cell.span.end + (longer if cell.span.end >= span.end else 0),
                ),
            )
            for cell in self.cells
        )
        whole = apply_edit(self.text, Edit(span, text))
        return Document(self.uri, self.path, self.language, self.version, whole, cells)


@dataclass(frozen=True, slots=True)
class OpenText:
    """What an editor has open of a file."""

    uri: str
    """As the editor spells it."""
    version: int
    text: str | None
    """None: it is not known, as where it is too large."""


def same_file(uri: str, other: str) -> bool:
    """Say whether two documents are of one file: a notebook has one for each language."""
    return uri.partition("#")[0] == other.partition("#")[0]


@dataclass(frozen=True, slots=True)
class Change:
    """One edit that was made to a document, kept for "what was changed lately"."""

    uri: str
    version: int
    before: str
    """The text that was replaced ("" for an insertion)."""
    edit: Edit


@dataclass
class Documents:
    """The open documents of one editor window, most recently touched last."""

    _open: dict[str, Document] = field(default_factory=dict)
    _changes: list[Change] = field(default_factory=list)
    max_changes: int = 256

    def open(self, document: Document) -> Document:
        self._open.pop(document.uri, None)
        self._open[document.uri] = document
        return document

    def close(self, uri: str) -> None:
        self._open.pop(uri, None)

    def get(self, uri: str) -> Document | None:
        return self._open.get(uri)

    def touch(self, uri: str) -> None:
        """Make a document the most recent one."""
        document = self._open.pop(uri, None)
        if document is not None:
            self._open[uri] = document

    def replace(self, uri: str, version: int, text: str) -> Document | None:
        """Set the whole text of an open document; returns None if it is not open."""
        old = self._open.get(uri)
        if old is None:
            return None
        return self.edit(uri, version, [Edit(Span(0, len(old.text)), text)])

    def edit(
        self, uri: str, version: int, edits: list[Edit], cells: tuple[CellSpan, ...] = ()
    ) -> Document | None:
        """Apply edits one after another, each in the text the one before left.

        `cells`: where they are afterwards, if it is made of some. Returns the new snapshot, or
        None if the document is not open.
        """
        old = self._open.pop(uri, None)
        if old is None:
            return None
        text = old.text
        for run in descending(edits):
            for edit in run[-self.max_changes :]:
                before = text[edit.span.start : edit.span.end]
                self._changes.append(Change(uri, version, before, edit))
            text = apply_edits(text, run)
        del self._changes[: -self.max_changes]
        new = Document(old.uri, old.path, old.language, version, text, cells)
        self._open[uri] = new
        return new

    @property
    def changes(self) -> tuple[Change, ...]:
        """Order: oldest first."""
        return tuple(self._changes)

    def recent(self, limit: int) -> list[Document]:
        """Return those touched last. Order: least recently touched first."""
        return list(islice(reversed(self._open.values()), limit))[::-1]

    def __iter__(self) -> Iterator[Document]:
        """Order: least recently touched first."""
        return iter(list(self._open.values()))

    def __len__(self) -> int:
        return len(self._open)
