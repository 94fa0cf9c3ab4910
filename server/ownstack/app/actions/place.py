"""Where an action is asked for: a document as the window has it, and what is selected there."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from ownstack.actions.offers import Diagnostic, Severity
from ownstack.actions.target import Target, found_in, target_of
from ownstack.app.documents.document_uris import notebook_uri, shown_path
from ownstack.chat.project_files import editable
from ownstack.errors import EditError, UsageError
from ownstack.extract.rows import Extracted
from ownstack.files.handwriting import says_generated
from ownstack.files.secret.detection import secret_file
from ownstack.files.uri import file_path
from ownstack.languages import Language, language_of
from ownstack.memory.handles import short
from ownstack.text import LineIndex, Span

if TYPE_CHECKING:
    from ownstack.app.session import Session

MAX_DIAGNOSTICS = 100
"""That a client says of one place; further ones are not looked at."""
MAX_MESSAGE_CHARS = 4_000
NOTEBOOK = "Notebooks cannot be edited yet. Change the cell in the editor."
CHANGED = "The document has changed since."
_EMPTY = Extracted("")


@dataclass(frozen=True, slots=True)
class TextRange:
    """Lines and UTF-16 units, from 0 on, as editors count."""

    start: tuple[int, int]
    end: tuple[int, int]

    def span(self, index: LineIndex) -> Span:
        """Return it in a text; what lies outside is clamped, and its ends may be in any order."""
        start, end = index.offset(*self.start), index.offset(*self.end)
        return Span(min(start, end), max(start, end))


@dataclass(frozen=True, slots=True)
class Said:
    """A diagnostic as a client sends it."""

    range: TextRange
    message: str
    severity: Severity = "error"
    source: str = ""
    code: str = ""


@dataclass(frozen=True)
class Place:
    """A document, and what is selected in it."""

    uri: str
    version: int
    kind: Literal["file", "untitled", "cell"]
    folder: Path | None
    """The workspace folder that the file lies in, if it lies in one."""
    root: Path | None
    """That folder, else the file's own; None: it is no file."""
    path: str
    """Below `root`, with slashes; of what is no file, a name."""
    language: Language | None
    range: TextRange
    index: LineIndex
    """Of the text."""
    unknown: str = ""
    """Why the text is not known, so that it is taken for empty; "" if it is."""

    @property
    def text(self) -> str:
        return self.index.text

    @cached_property
    def selected(self) -> Span:
        return self.range.span(self.index)

    def of(self, text: str) -> Place:
        """Return the same place in the text as the disk has it: with other line ends."""
        return replace(self, index=LineIndex(text))

    def target(self, known: Extracted | None = None) -> Target:
        """Return what is edited. Takes long for a long file, unless its symbols are `known`."""
        return target_of(self.text, self.path, self.language, self.selected, known)

    def diagnostics(self, said: Sequence[Said]) -> tuple[Diagnostic, ...]:
        """Return what a client says, where it stands in the text as it is."""
        return tuple(
            Diagnostic(
                each.range.span(self.index),
                each.message[:MAX_MESSAGE_CHARS],
                each.severity,
                each.source[:MAX_MESSAGE_CHARS],
                each.code[:MAX_MESSAGE_CHARS],
            )
            for each in said[:MAX_DIAGNOSTICS]
        )

    def hidden(self) -> str:
        """Say why no model is shown this document, "" if one may be."""
        if not secret_file(self.path, self.text):
            return ""
        return f"{short(self.path)} holds secrets, so no model is shown it."

    def check_shown(self) -> None:
        """See that a model may be shown this document.

        Raises:
            UsageError: it holds secrets.
        """
        hidden = self.hidden()
        if hidden:
            raise UsageError(hidden, "Ask about another.")

    def refusal(self) -> str:
        """Say why this document is not edited, "" if it is. Looks at the disk."""
        if self.unknown:
            return self.unknown
        if self.kind == "cell":
            return NOTEBOOK
        if says_generated(self.text):
            return f"{short(self.path)} says that a program made it. Change what it is made from."
        if self.root is None:
            return ""
        try:
            editable(self.root, self.path)
        except EditError as error:
            return str(error)
        file = self.root / self.path
        if file.exists() and not os.access(file, os.W_OK):
            return f"{short(self.path)} is read-only. Make it writable first."
        return ""


class Places:
    """Finds places in the documents of one window, and remembers what is in the newest one."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._known: tuple[tuple[str, Language | None, str], Extracted] | None = None

    def find(self, uri: str, range: TextRange, version: int | None = None) -> Place:
        """Return a place of an open document.

        Raises:
            UsageError: it is not open, or was of another version when that was asked for.
        """
        view = self._session.view(uri)
        if view is None:
            raise UsageError(self._session.reason(uri))
        document = view.document
        is_cell = document.uri != uri
        if version is not None and not is_cell and version != document.version:
            raise UsageError(CHANGED, "Ask for the action again.")
        place = self._place(uri, range, view.index, "", is_cell=is_cell)
        language = language_of(document.language, document.path, place.text[:2_000])
        return replace(place, version=document.version, language=language)

    def unknown(self, uri: str, range: TextRange) -> Place:
        """Return a place in a document of which the text is not known."""
        return self._place(uri, range, LineIndex(""), self._session.reason(uri), is_cell=False)

    def known(self, place: Place) -> Extracted:
        """Return what a document holds: remembered for the one that was asked for last.

        May be called from any thread. Takes a second for a very long one.
        """
        # Not by its version: one that is closed and opened again counts from 1 again.
        key = (place.path, place.language, place.text)
        remembered = self._known
        if remembered is not None and remembered[0] == key:
            return remembered[1]
        found = found_in(place.text, place.path, place.language)
        self._known = key, found
        return found

    def _place(
        self, uri: str, range: TextRange, index: LineIndex, unknown: str, *, is_cell: bool
    ) -> Place:
        file = None if is_cell else file_path(uri)
        kind: Literal["file", "untitled", "cell"] = "cell" if is_cell else "file"
        if file is None:
            holder = file_path(notebook_uri(uri)) if is_cell else None
            folder = None if holder is None else self._folder(holder)
            kind = "cell" if is_cell else "untitled"
            shown = shown_path(uri, self._session.folders)
            return Place(uri, 0, kind, folder, None, shown, None, range, index, unknown)
        folder = self._folder(file)
        root = folder or file.parent
        path = file.relative_to(root).as_posix()
        return Place(uri, 0, kind, folder, root, path, None, range, index, unknown)

    def _folder(self, file: Path) -> Path | None:
        inside = [folder for folder in self._session.folders if file.is_relative_to(folder)]
        return max(inside, key=lambda folder: len(folder.parts), default=None)


def offered_target(place: Place, known: Extracted | None) -> Target:
    """Return a target by which actions are offered; without `known` it is lines, of no symbol."""
    return place.target(known or _EMPTY)
