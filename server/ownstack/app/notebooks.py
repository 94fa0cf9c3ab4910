"""The notebooks that are open in a window: their cells in order, and the documents made of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from ownstack.app.documents.document_uris import refusal, shown_path
from ownstack.app.documents.text_sync import Replacement, edits, whole
from ownstack.app.indexes.window_indexes import WindowIndexes
from ownstack.completion.completer import Completer
from ownstack.completion.place import Place
from ownstack.document import Document, Documents
from ownstack.files.notebook.joined import OpenCell, joined, stored
from ownstack.files.notebook.text import MARKDOWN, RAW, NotebookError, rendered
from ownstack.files.uri import file_path
from ownstack.text import LineIndex, apply_edits, difference


@dataclass(frozen=True, slots=True)
class TextView:
    """What an editor shows as one text: a document, or one cell of a notebook's."""

    document: Document
    start: int
    """Where it begins in the document."""
    index: LineIndex
    """Of its own text."""


@dataclass(frozen=True, slots=True)
class CellText:
    """A cell whose text an editor has opened."""

    uri: str
    language: str
    version: int
    text: str


@dataclass(frozen=True, slots=True)
class Splice:
    """So many cells, from an index on, are replaced by others, named by their URIs."""

    start: int
    n_removed: int
    added: Sequence[str]


@dataclass(slots=True)
class _Notebook:
    uri: str
    path: str
    cells: list[OpenCell]
    reason: str = ""
    """Why it has no documents at all."""
    version: int = 1
    """Of the documents that are made of it."""
    languages: set[str] = field(default_factory=set)
    """Those that have a document: of most cells, and each that somebody has worked in."""
    refused: dict[str, str] = field(default_factory=dict)
    """Languages without one, and why."""


class Notebooks:
    """The open notebooks of a window, for as long as it lives; all runs on the event loop."""

    def __init__(
        self,
        documents: Documents,
        completer: Completer,
        indexes: WindowIndexes,
        folders: Callable[[], Sequence[Path]],
        too_large: Callable[[int], str],
    ) -> None:
        """`documents`: those of the window, in which the notebooks' own are kept.

        `too_large` says why a document of so many characters is not kept, or "".
        """
        self._documents = documents
        self._completer = completer
        self._indexes = indexes
        self._folders = folders
        self._too_large = too_large
        self._open: dict[str, _Notebook] = {}
        self._notebook_of: dict[str, str] = {}
        """Cell → notebook."""

    # What an editor tells -----------------------------------------------------------------

    def open(self, uri: str, order: Sequence[str], texts: Sequence[CellText]) -> None:
        """Take over a notebook, `order` names its cells."""
        self.close(uri)
        given = {text.uri: _opened(text) for text in texts}
        cells = [given.get(cell) or _unknown(cell) for cell in order]
        notebook = _Notebook(uri, shown_path(uri, self._folders()), cells, refusal(uri))
        self._open[uri] = notebook
        self._notebook_of.update((cell.uri, uri) for cell in cells)
        code = Counter(cell.spoken for cell in cells if cell.language not in (MARKDOWN, RAW))
        if code:
            notebook.languages.add(code.most_common(1)[0][0])
        self._renew(notebook)
        self._indexes.opened_notebook(uri, lambda: _file(notebook))

    def change(
        self,
        uri: str,
        splice: Splice | None,
        opened: Sequence[CellText],
        edited: Sequence[tuple[str, int, Sequence[Replacement | str]]],
    ) -> None:
        """Take over a change: of the order first, then of texts (URI, version, edits)."""
        notebook = self._open.get(uri)
        if notebook is None:
            return
        known = {cell.uri: cell for cell in notebook.cells}
        known.update((text.uri, _opened(text)) for text in opened)
        order = [cell.uri for cell in notebook.cells]
        if splice is not None:
            order[splice.start : splice.start + splice.n_removed] = splice.added
        for cell_uri, version, changes in edited:
            if (cell := known.get(cell_uri)) is not None:
                known[cell_uri] = now = _edited(cell, version, changes)
                if now.language != RAW:
                    notebook.languages.add(now.spoken)
        for cell_uri in {cell.uri for cell in notebook.cells}.difference(order):
            self._notebook_of.pop(cell_uri, None)
        notebook.cells = [known.get(cell) or _unknown(cell) for cell in order]
        self._notebook_of.update((cell, uri) for cell in order)
        self._renew(notebook)
        self._indexes.edited_notebook(uri, lambda: _file(notebook))

    def saved(self, uri: str) -> None:
        notebook = self._open.get(uri)
        for language in notebook.languages if notebook is not None else ():
            self._completer.saved(_uri_of(uri, language))

    def close(self, uri: str) -> None:
        notebook = self._open.pop(uri, None)
        if notebook is None:
            return
        for cell in notebook.cells:
            self._notebook_of.pop(cell.uri, None)
        for language in notebook.languages:
            self._drop(notebook, language)
        self._indexes.closed(uri)

    # What others ask ----------------------------------------------------------------------

    def view(self, uri: str) -> TextView | None:
        """Return where a cell is in a document; None if it is no cell, or there is no document."""
        notebook = self._open.get(self._notebook_of.get(uri, ""))
        if notebook is None:
            return None
        cell = next(cell for cell in notebook.cells if cell.uri == uri)
        if cell.spoken not in notebook.languages and cell.language != RAW:
            notebook.languages.add(cell.spoken)
            self._renew(notebook)
        document = self._documents.get(_uri_of(notebook.uri, cell.spoken))
        span = None if document is None else document.cell(uri)
        if document is None or span is None:
            return None
        return TextView(document, span.span.start, cell.index)

    def text_at(self, place: Place) -> tuple[str, int]:
        """Return the URI and version of the text in which an editor shows a place."""
        inside = place.document.cell_at(place.offset)
        uri = place.uri if inside is None else inside.uri
        notebook = self._open.get(self._notebook_of.get(uri, ""))
        cells = () if notebook is None else notebook.cells
        versions = (cell.version for cell in cells if cell.uri == uri)
        return uri, next(versions, place.document.version)

    def reason(self, uri: str) -> str:
        """Say why there is no document of a cell, or return ""."""
        notebook = self._open.get(self._notebook_of.get(uri, ""))
        if notebook is None or notebook.reason:
            return "" if notebook is None else notebook.reason
        cell = next(cell for cell in notebook.cells if cell.uri == uri)
        return notebook.refused.get(cell.spoken) or "This cell is neither code nor prose."

    def cells(self, path: Path) -> Mapping[int, str]:
        """Return the cells of a file that is open, by their numbers; the first is 1."""
        notebook = next(
            (opened for opened in self._open.values() if file_path(opened.uri) == path), None
        )
        cells = notebook.cells if notebook is not None else ()
        return {number: cell.uri for number, cell in enumerate(cells, 1)}

    def __iter__(self) -> Iterator[tuple[str, Sequence[OpenCell]]]:
        """Go through the URIs of notebooks and their cells."""
        return ((notebook.uri, tuple(notebook.cells)) for notebook in self._open.values())

    # Documents ----------------------------------------------------------------------------

    def _renew(self, notebook: _Notebook) -> None:
        """Make the documents say what the cells say."""
        if notebook.reason:
            return
        notebook.version += 1
        spoken = {cell.spoken for cell in notebook.cells}
        for language in list(notebook.languages):
            text, spans = joined(notebook.cells, language)
            uri = _uri_of(notebook.uri, language)
            old = self._documents.get(uri)
            reason = self._too_large(len(text))
            notebook.refused[language] = reason
            if reason or language not in spoken:
                self._drop(notebook, language)
            elif old is None:
                made = Document(uri, notebook.path, language, notebook.version, text, spans)
                self._completer.changed(self._documents.open(made))
            elif old.text != text or old.cells != spans:
                change = difference(old.text, text)
                new = self._documents.edit(uri, notebook.version, [change], spans)
                assert new is not None
                self._completer.changed(new)

    def _drop(self, notebook: _Notebook, language: str) -> None:
        uri = _uri_of(notebook.uri, language)
        if self._documents.get(uri) is not None:
            self._documents.close(uri)
            self._completer.closed(uri)


def _file(notebook: _Notebook) -> str | None:
    """Return a notebook as its file would be read, None if that would be left out."""
    try:
        return rendered(stored(notebook.cells))
    except NotebookError:
        return None


def _uri_of(notebook: str, language: str) -> str:
    return f"{notebook}#{language}"


def _opened(text: CellText) -> OpenCell:
    return OpenCell(text.uri, text.language, text.version, whole(text.text))


def _unknown(uri: str) -> OpenCell:
    """Return a cell whose text was not told: it has a number, and says nothing."""
    return OpenCell(uri, RAW, 0, "")


def _edited(cell: OpenCell, version: int, changes: Sequence[Replacement | str]) -> OpenCell:
    text = apply_edits(cell.text, edits(cell.index, changes))
    return replace(cell, version=version, text=text)
