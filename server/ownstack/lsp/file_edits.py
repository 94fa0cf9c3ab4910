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
_TextEdit = types.TextEdit | types.AnnotatedTextEdit | types.SnippetTextEdit
_ANNOTATION = "ownstack"


class FileEdits:
    """Of one window; see `EditsFiles`."""

    def __init__(
        self, server: LanguageServer, agreement: str = "", *, needs_versions: bool = True
    ) -> None:
        """`agreement`: what a person has to agree to first, where the editor can ask them.

        `needs_versions`: an editor that checks no versions is not asked. Of one file it may be:
        what it has open was compared just before.
        """
        self._server = server
        self._agreement = agreement
        self._needs_versions = needs_versions

    def can_edit(self, *, makes_or_removes: bool) -> bool:
        """See `EditsFiles.can_edit`."""
        workspace = self._server.client_capabilities.workspace
        if workspace is None or not workspace.apply_edit:
            return False
        able = workspace.workspace_edit or types.WorkspaceEditClientCapabilities()
        if not able.document_changes:
            return not self._needs_versions and not makes_or_removes
        kinds = set(able.resource_operations or ())
        wanted = {types.ResourceOperationKind.Create, types.ResourceOperationKind.Delete}
        return not makes_or_removes or wanted <= kinds

    async def edit(self, label: str, edits: Sequence[FileEdit]) -> str:
        """See `EditsFiles.edit`."""
        params = types.ApplyWorkspaceEditParams(self._whole(label, edits), label)
        try:
            result = await self._server.workspace_apply_edit_async(params)
        except JsonRpcException as error:
            log.info("The editor does not edit: %s", error)
            return str(error) or "it refused"
        if result.applied:
            return ""
        return result.failure_reason or "a file may be another by now"

    def _whole(self, label: str, edits: Sequence[FileEdit]) -> types.WorkspaceEdit:
        workspace = self._server.client_capabilities.workspace
        able = None if workspace is None else workspace.workspace_edit
        if able is None or not able.document_changes:
            return types.WorkspaceEdit(changes={edit.uri: _texts(edit) for edit in edits})
        asks = able.change_annotation_support is not None
        annotation = _ANNOTATION if self._agreement and asks else None
        whole = types.WorkspaceEdit(
            document_changes=[change for edit in edits for change in _changes(edit, annotation)]
        )
        if annotation is not None:
            agreement = types.ChangeAnnotation(
                label, needs_confirmation=True, description=self._agreement
            )
            whole.change_annotations = {annotation: agreement}
        return whole


def workspace_edit(server: LanguageServer, edit: FileEdit) -> types.WorkspaceEdit:
    """Return an edit of a document that is open, for an editor that applies it by itself."""
    workspace = server.client_capabilities.workspace
    able = None if workspace is None else workspace.workspace_edit
    if able is not None and able.document_changes:
        return types.WorkspaceEdit(document_changes=_changes(edit))
    return types.WorkspaceEdit(changes={edit.uri: _texts(edit)})


def _changes(edit: FileEdit, annotation: str | None = None) -> list[_Change]:
    if edit.is_removed:
        options = types.DeleteFileOptions(ignore_if_not_exists=False)
        return [types.DeleteFile(edit.uri, options=options)]
    document = types.OptionalVersionedTextDocumentIdentifier(edit.uri, edit.version)
    texts: list[_TextEdit] = list(_texts(edit))
    if annotation is not None:
        texts = [
            types.AnnotatedTextEdit(annotation, item.range, item.new_text) for item in _texts(edit)
        ]
    if edit.before is not None:
        return [types.TextDocumentEdit(document, texts)]
    made = types.CreateFile(
        edit.uri,
        options=types.CreateFileOptions(overwrite=False, ignore_if_exists=False),
        annotation_id=annotation,
    )
    return [made, types.TextDocumentEdit(document, texts)] if texts else [made]


def _texts(edit: FileEdit) -> list[types.TextEdit]:
    index = LineIndex(edit.before or "")
    return [
        types.TextEdit(
            types.Range(
                types.Position(*index.position(each.start)),
                types.Position(*index.position(each.end)),
            ),
            each.text,
        )
        for each in edit.edits
    ]
