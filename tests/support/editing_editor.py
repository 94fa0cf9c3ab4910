"""An editor that edits files when the server asks: what is open in memory, the rest on disk."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lsprotocol import types

from ownstack.files.uri import file_path
from ownstack.text import LineIndex
from tests.support.editor import Editor

ABLE = types.WorkspaceClientCapabilities(
    apply_edit=True,
    workspace_edit=types.WorkspaceEditClientCapabilities(
        document_changes=True,
        resource_operations=[
            types.ResourceOperationKind.Create,
            types.ResourceOperationKind.Rename,
            types.ResourceOperationKind.Delete,
        ],
    ),
)


class EditingEditor:
    """`asked` has what the server asked for, in its order."""

    def __init__(self, editor: Editor) -> None:
        self.editor = editor
        self.asked: list[types.ApplyWorkspaceEditParams] = []
        self.refuses = ""
        """Why nothing is edited, if that is so."""

        @editor.feature(types.WORKSPACE_APPLY_EDIT)
        def apply(params: types.ApplyWorkspaceEditParams) -> types.ApplyWorkspaceEditResult:
            return self._apply(params)

    def text(self, file: Path) -> str:
        """Return the text of a file as a person sees it."""
        return self.editor._texts.get(file.as_uri()) or file.read_bytes().decode("utf-8")

    def _apply(self, params: types.ApplyWorkspaceEditParams) -> types.ApplyWorkspaceEditResult:
        self.asked.append(params)
        problem = self.refuses or self._problem(params.edit.document_changes or [])
        if problem:
            return types.ApplyWorkspaceEditResult(applied=False, failure_reason=problem)
        for change in params.edit.document_changes or []:
            self._change(change)
        return types.ApplyWorkspaceEditResult(applied=True)

    def _problem(self, changes: Sequence[Any]) -> str:
        for change in changes:
            if isinstance(change, types.CreateFile) and _file(change.uri).exists():
                return "it is there already"
            if isinstance(change, types.TextDocumentEdit):
                document = change.text_document
                if document.version != self.editor._versions.get(document.uri):
                    return "another version"
        return ""

    def _change(self, change: Any) -> None:
        if isinstance(change, types.CreateFile):
            _file(change.uri).parent.mkdir(parents=True, exist_ok=True)
            _file(change.uri).touch(exist_ok=False)
        elif isinstance(change, types.DeleteFile):
            _file(change.uri).unlink()
        else:
            uri = change.text_document.uri
            known = self.editor._texts.get(uri)
            index = LineIndex(self.text(_file(uri)) if known is None else known)
            text = index.text
            for edit in reversed(change.edits):
                start, end = (
                    index.offset(place.line, place.character)
                    for place in (edit.range.start, edit.range.end)
                )
                text = text[:start] + edit.new_text + text[end:]
            if uri in self.editor._texts:
                self.editor.replace(text, uri)
            else:
                _file(uri).write_bytes(text.encode())


def _file(uri: str) -> Path:
    path = file_path(uri)
    assert path is not None
    return path
