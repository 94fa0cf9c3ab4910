"""Files of a project as one window has them: what is open counts, and the editor edits."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ownstack.chat.project_files import (
    NEW,
    DiskFiles,
    FileChange,
    FileNow,
    changed_meanwhile,
    editable,
)
from ownstack.chat.proposals import TextEdit, proposal
from ownstack.document import OpenText
from ownstack.errors import EditError
from ownstack.files.reading import plain_lines
from ownstack.files.secret.detection import secret_file
from ownstack.memory.handles import short


@dataclass(frozen=True, slots=True)
class FileEdit:
    """What an editor is asked to make of a file."""

    uri: str
    version: int | None
    """Of the document that is open, if one is."""
    before: str | None
    """None: there is no such file, so it is made."""
    edits: tuple[TextEdit, ...]
    """Of `before`, in their order."""
    is_removed: bool = False


class EditsFiles(Protocol):
    """An editor that edits files when it is asked to."""

    def can_edit(self, *, makes_or_removes: bool) -> bool:
        """Say whether it does so: also where files are made or removed."""

    async def edit(self, label: str, edits: Sequence[FileEdit]) -> str:
        """Ask for it; return why it was not done, "" if it was."""


FindOpen = Callable[[Path], OpenText | None]


class WindowFiles:
    """See `ProjectFiles`."""

    def __init__(self, root: Path, find_open: FindOpen, editor: EditsFiles) -> None:
        self._root = root
        self._disk = DiskFiles(root)
        self._find_open = find_open
        self._editor = editor

    def open_text(self, path: str) -> str | None:
        """See `ProjectFiles.open_text`."""
        found = self._open(path)
        return None if found is None else self._differing(found, self._disk.now(path))

    def now(self, path: str) -> FileNow | None:
        """See `ProjectFiles.now`: a document that is open is the file, saved or not."""
        on_disk, found = self._disk.now(path), self._open(path)
        text = None if found is None else self._differing(found, on_disk)
        if text is None:
            return on_disk
        if secret_file(path, text):
            raise EditError(f"{short(path)} holds secrets, so no model edits it.")
        file = on_disk or NEW
        return FileNow(file.bytes_of(text), text, file.encoding, file.mark)

    async def write(self, changes: Sequence[FileChange], label: str) -> None:
        """See `ProjectFiles.write`: the editor does it, or we do if it cannot.

        Raises:
            EditError: the editor does not do it; or it cannot, and a file has unsaved changes.
        """
        await asyncio.to_thread(self._check, changes)
        makes_or_removes = any(change.before is None or change.data is None for change in changes)
        if not self._editor.can_edit(makes_or_removes=makes_or_removes):
            await asyncio.to_thread(self._check_saved, changes)
            await self._disk.write(changes, label)
            return
        edits = await asyncio.to_thread(lambda: [self._edit(change) for change in changes])
        why = await self._editor.edit(label, [edit for edit in edits if edit is not None])
        if why:
            raise EditError(f"The editor did not do it: {short(why, 300)}")

    def _open(self, path: str) -> OpenText | None:
        found = self._find_open(self._root / path)
        if found is not None and found.text is None:
            raise EditError(f"{short(path)} is open and too large to be edited.", "Close it first.")
        return found

    def _check(self, changes: Sequence[FileChange]) -> None:
        for change in changes:
            if self.now(editable(self._root, change.path)) != change.before:
                raise changed_meanwhile(change.path)

    def _check_saved(self, changes: Sequence[FileChange]) -> None:
        for change in changes:
            if self.open_text(change.path) is not None:
                raise EditError(
                    f"{short(change.path)} has changes in the editor that are not saved.",
                    "Save it first.",
                )

    def _edit(self, change: FileChange) -> FileEdit | None:
        """Return what the editor is asked for: of the very version that was compared.

        Raises:
            EditError: the document is another by now.
        """
        found = self._find_open(self._root / change.path)
        known = "" if change.before is None else plain_lines(change.before.text)
        if found is not None and (found.text is None or plain_lines(found.text) != known):
            raise changed_meanwhile(change.path)
        uri = (self._root / change.path).as_uri() if found is None else found.uri
        version = None if found is None else found.version
        if change.data is None:
            if change.before is None:
                return None
            return FileEdit(uri, version, change.before.text, (), is_removed=True)
        before = None if change.before is None else change.before.text
        made = proposal(change.path, "", before or "", change.text)
        return FileEdit(uri, version, before, made.edits)

    @staticmethod
    def _differing(found: OpenText, on_disk: FileNow | None) -> str | None:
        """Return the text of a document, None if it is the disk's: ends of lines do not count."""
        text = found.text or ""
        if on_disk is not None and plain_lines(text) == plain_lines(on_disk.text):
            return None
        return text
