"""A notebook that an editor without a window has open; each cell is a text of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lsprotocol import types

from ownstack.text import LineIndex
from tests.support.editor import Editor, cursor

NOTEBOOK = "file:///project/study.ipynb"


@dataclass
class Cell:
    uri: str
    language: str
    text: str
    version: int = 1
    kind: types.NotebookCellKind = types.NotebookCellKind.Code

    @property
    def cell(self) -> types.NotebookCell:
        return types.NotebookCell(self.kind, self.uri)

    @property
    def item(self) -> types.TextDocumentItem:
        return types.TextDocumentItem(self.uri, self.language, self.version, self.text)


class OpenNotebook:
    """Tells the server what happens to a notebook, as VS Code's client does."""

    def __init__(self, editor: Editor, uri: str = NOTEBOOK) -> None:
        self._editor = editor
        self.uri = uri
        self.cells: list[Cell] = []
        self._version = 0
        self._made = 0

    def make(self, text: str, language: str = "python") -> tuple[Cell, types.Position]:
        """Make a cell that is not in the notebook yet; the place is that of its `$0`."""
        text, at = cursor(text)
        path = self.uri.partition(":")[2].removeprefix("//")
        self._made += 1
        uri = f"vscode-notebook-cell:{path}#W{self._made}sZmlsZQ%3D%3D"
        kinds = types.NotebookCellKind
        kind = kinds.Markup if language == "markdown" else kinds.Code
        return Cell(uri, language, text, kind=kind), at

    def open(self, *texts: str | tuple[str, str]) -> list[types.Position]:
        """Open the notebook; a cell is a text, or a language and a text. Returns the places."""
        pairs = [(text, "python") if isinstance(text, str) else text[::-1] for text in texts]
        made = [self.make(*pair) for pair in pairs]
        self.cells = [cell for cell, _ in made]
        self._editor.notebook_document_did_open(
            types.DidOpenNotebookDocumentParams(
                types.NotebookDocument(
                    self.uri, "jupyter-notebook", 0, [cell.cell for cell in self.cells]
                ),
                [cell.item for cell in self.cells],
            )
        )
        return [at for _, at in made]

    def type(self, number: int, at: types.Position, text: str) -> types.Position:
        """Insert a text into a cell (the first is 1); return the cursor behind it."""
        cell = self.cells[number - 1]
        index = LineIndex(cell.text)
        offset = index.offset(at.line, at.character)
        cell.text = cell.text[:offset] + text + cell.text[offset:]
        cell.version += 1
        change = types.TextDocumentContentChangePartial(range=types.Range(at, at), text=text)
        self._tell(
            types.NotebookDocumentCellChanges(
                text_content=[
                    types.NotebookDocumentCellContentChanges(
                        types.VersionedTextDocumentIdentifier(cell.version, cell.uri), [change]
                    )
                ]
            )
        )
        return types.Position(*LineIndex(cell.text).position(offset + len(text)))

    def splice(self, start: int, n_removed: int, added: Sequence[Cell] = ()) -> None:
        """Replace cells from an index on."""
        removed = self.cells[start : start + n_removed]
        self.cells[start : start + n_removed] = added
        opened = [cell for cell in added if cell not in removed]
        closed = [cell for cell in removed if cell not in self.cells]
        self._tell(
            types.NotebookDocumentCellChanges(
                structure=types.NotebookDocumentCellChangeStructure(
                    types.NotebookCellArrayChange(start, n_removed, [cell.cell for cell in added]),
                    [cell.item for cell in opened],
                    [types.TextDocumentIdentifier(cell.uri) for cell in closed],
                )
            )
        )

    def save(self) -> None:
        self._editor.notebook_document_did_save(
            types.DidSaveNotebookDocumentParams(types.NotebookDocumentIdentifier(self.uri))
        )

    def close(self) -> None:
        self._editor.notebook_document_did_close(
            types.DidCloseNotebookDocumentParams(
                types.NotebookDocumentIdentifier(self.uri),
                [types.TextDocumentIdentifier(cell.uri) for cell in self.cells],
            )
        )

    async def items(self, number: int, at: types.Position) -> list[types.InlineCompletionItem]:
        return await self._editor.items(at, self.cells[number - 1].uri)

    async def ghost(self, number: int, at: types.Position) -> str:
        return await self._editor.ghost(at, self.cells[number - 1].uri)

    def _tell(self, cells: types.NotebookDocumentCellChanges) -> None:
        self._version += 1
        self._editor.notebook_document_did_change(
            types.DidChangeNotebookDocumentParams(
                types.VersionedNotebookDocumentIdentifier(self._version, self.uri),
                types.NotebookDocumentChangeEvent(cells=cells),
            )
        )
