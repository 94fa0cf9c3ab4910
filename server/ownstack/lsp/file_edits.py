"""Asks an editor to edit files: `workspace/applyEdit`, as far as it says that it can."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING

from lsprotocol import types
from pygls.exceptions import JsonRpcException

from ownstack.text import LineIndex

if TYPE_CHECKING:
    from pygls.lsp.server import LanguageServer

    from ownstack.app.chats.window_files import FileEdit

log = logging.getLogger(__name__)

_Change = types.TextDocumentEdit | types.CreateFile | types.RenameFile | types.DeleteFile


class FileEdits:
    """Of one window; see `EditsFiles`."""

    def __init__(self, server: LanguageServer) -> None:
        self._server = server

    def can_edit(self, *, makes_or_removes: bool) -> bool:
        """See `EditsFiles.can_edit`."""
        workspace = self._server.client_capabilities.workspace
        if workspace is None or not workspace.apply_edit or workspace.workspace_edit is None:
            return False
        able = workspace.workspace_edit
        kinds = set(able.resource_operations or ())
        wanted = {types.ResourceOperationKind.Create, types.ResourceOperationKind.Delete}
        return bool(able.document_changes) and (not makes_or_removes or wanted <= kinds)

    async def edit(self, label: str, edits: Sequence[FileEdit]) -> str:
        """See `EditsFiles.edit`."""
        changes = [change for edit in edits for change in _changes(edit)]
        params = types.ApplyWorkspaceEditParams(
            types.WorkspaceEdit(document_changes=changes), label
        )
        try:
            result = await self._server.workspace_apply_edit_async(params)
        except JsonRpcException as error:
            log.info("The editor does not edit: %s", error)
            return str(error) or "it refused"
        if result.applied:
            return ""
        return result.failure_reason or "a file may be another by now"


def _changes(edit: FileEdit) -> list[_Change]:
    if edit.is_removed:
        options = types.DeleteFileOptions(ignore_if_not_exists=False)
        return [types.DeleteFile(edit.uri, options=options)]
    index = LineIndex(edit.before or "")
    document = types.OptionalVersionedTextDocumentIdentifier(edit.uri, edit.version)
    texts: list[types.TextEdit | types.AnnotatedTextEdit | types.SnippetTextEdit] = [
        types.TextEdit(
            types.Range(
                types.Position(*index.position(each.start)),
                types.Position(*index.position(each.end)),
            ),
            each.text,
        )
        for each in edit.edits
    ]
    if edit.before is not None:
        return [types.TextDocumentEdit(document, texts)]
    made = types.CreateFile(
        edit.uri, options=types.CreateFileOptions(overwrite=False, ignore_if_exists=False)
    )
    return [made, types.TextDocumentEdit(document, texts)] if texts else [made]
