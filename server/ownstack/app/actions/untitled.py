"""A document that is no file yet, as edits see and change it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from ownstack.app.chats.window_files import EditsFiles, FileEdit
from ownstack.chat.project_files import NEW, FileChange, FileNow, changed_meanwhile
from ownstack.chat.proposals import proposal
from ownstack.document import Documents
from ownstack.errors import EditError
from ownstack.memory.handles import short


class UntitledFile:
    """See `ProjectFiles`; there is one file, whatever its path."""

    def __init__(self, documents: Documents, uri: str, editor: EditsFiles) -> None:
        self._documents = documents
        self._uri = uri
        self._editor = editor

    def open_text(self, path: str) -> str | None:
        """See `ProjectFiles.open_text`."""
        document = self._documents.get(self._uri)
        return None if document is None else document.text

    def now(self, path: str) -> FileNow | None:
        """See `ProjectFiles.now`."""
        text = self.open_text(path)
        if text is None:
            return None
        return FileNow(NEW.bytes_of(text), text, NEW.encoding, NEW.mark)

    async def write(self, changes: Sequence[FileChange], label: str) -> None:
        """See `ProjectFiles.write`: only the editor can do it.

        Raises:
            EditError: it does not, or the document is another by now.
        """
        for change in changes:
            document = self._documents.get(self._uri)
            if document is None or change.before is None or document.text != change.before.text:
                raise changed_meanwhile(change.path)
            if not self._editor.can_edit(makes_or_removes=False):
                raise EditError("This editor does not edit when it is asked.", "Save a file first.")
            made = await asyncio.to_thread(proposal, change.path, "", document.text, change.text)
            edit = FileEdit(self._uri, document.version, document.text, made.edits)
            if why := await self._editor.edit(label, [edit]):
                raise EditError(f"The editor did not do it: {short(why, 300)}")
