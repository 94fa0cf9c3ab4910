"""Files of a project as edits see and change them: on the disk, or as an editor has them."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ownstack.chat.places import inside
from ownstack.errors import EditError, ToolError, in_words
from ownstack.files.decoding import decode, encoding_of
from ownstack.files.notebook.text import is_notebook
from ownstack.files.opening import read_regular
from ownstack.files.reading import MAX_FILE_BYTES, content_hash
from ownstack.files.scan import is_skipped_folder
from ownstack.files.secret.detection import MARK, secret_file, secret_path, without_secrets
from ownstack.files.writing import write_whole
from ownstack.memory.handles import short

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class FileNow:
    """A file of the project as it is."""

    data: bytes
    text: str
    """Without its mark, with the line ends that it has."""
    encoding: str
    mark: bytes

    @property
    def hash(self) -> str:
        return hash_of(self.data)

    def bytes_of(self, text: str) -> bytes:
        """Return a text as this file would hold it.

        Raises:
            EditError: its encoding has no such letters.
        """
        try:
            return self.mark + text.encode(self.encoding)
        except UnicodeEncodeError as error:
            letter = text[error.start : error.start + 1]
            raise EditError(
                f"The file is in {self.encoding}, which has no {letter!r}.",
                "Save it as UTF-8 first, or propose other words.",
            ) from None


NEW = FileNow(b"", "", "utf-8", b"")
"""What a file is before there is one."""


@dataclass(frozen=True, slots=True)
class FileChange:
    """What becomes of a file."""

    path: str
    """In the project, with slashes."""
    before: FileNow | None
    """None: there is none."""
    data: bytes | None
    """Afterwards; None: it is removed."""
    text: str
    """What they say."""


class ProjectFiles(Protocol):
    """Where edits find files, and put them."""

    def open_text(self, path: str) -> str | None:
        """Return the text of a file that an editor has open and that differs from the disk's.

        None if there is none.

        Raises:
            EditError: it is open, and its text is not known.
        """

    def now(self, path: str) -> FileNow | None:
        """Return a file as it is, None if there is none. Waits for the disk.

        Raises:
            EditError: it is no text that can be written again, is read-only, or holds secrets.
        """

    async def write(self, changes: Sequence[FileChange], label: str) -> None:
        """Change all files or none. `label` is what a person is told of it.

        Raises:
            EditError: one is another by now, or cannot be written.
        """


class DiskFiles:
    """Those on the disk."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def open_text(self, path: str) -> str | None:
        """See `ProjectFiles.open_text`: nobody has one open."""
        return None

    def now(self, path: str) -> FileNow | None:
        """See `ProjectFiles.now`."""
        data = _bytes(self._root, path)
        if data is None:
            return None
        text, encoding = decode(data), encoding_of(data)
        if text is None or encoding is None:
            raise EditError(f"{short(path)} is no text that could be written as it is.")
        if secret_file(path, text):
            raise EditError(f"{short(path)} holds secrets, so no model edits it.")
        file = self._root / path
        if not os.stat(file).st_mode & 0o222 or not os.access(file, os.W_OK):
            raise EditError(f"{short(path)} is read-only.", "Make it writable first.")
        return FileNow(data, text, *encoding)

    async def write(self, changes: Sequence[FileChange], label: str) -> None:
        """See `ProjectFiles.write`."""
        await asyncio.to_thread(self._write, changes)

    def _write(self, changes: Sequence[FileChange]) -> None:
        done: dict[str, bytes | None] = {}
        try:
            for change in changes:
                before = None if change.before is None else change.before.data
                if _bytes(self._root, editable(self._root, change.path)) != before:
                    raise changed_meanwhile(change.path)
                _put(self._root / change.path, change.data)
                done[change.path] = before
        except (OSError, EditError) as error:
            self._put_back(done)
            if isinstance(error, EditError):
                raise
            raise EditError(
                f"{short(change.path)} cannot be written ({in_words(error)}), so none is changed.",
                "Make the folder writable, or make room on the disk.",
            ) from error

    def _put_back(self, files: Mapping[str, bytes | None]) -> None:
        for path, data in files.items():
            try:
                _put(self._root / path, data)
            except OSError as error:
                log.warning("%s is left as it was edited: %s", path, error)


def editable(root: Path, path: str) -> str:
    """Return the place of a file that may be edited.

    Raises:
        EditError: it is outside, nothing that people write, or its name is not what it seems.
    """
    try:
        place = inside(root, path)
    except ToolError as error:
        raise EditError(error.what, error.hint) from error
    if not place or (root / place).is_dir():
        raise EditError(f"{short(place) or 'That'} is a folder.", "Name a file.")
    if not place.isprintable():
        raise EditError(f"{short(place)} has signs in it that are not seen.", "Leave them out.")
    if is_skipped_folder(place.rpartition("/")[0]):
        raise EditError(f"{short(place)} is kept by a tool, so it is not edited.")
    if is_notebook(place):
        raise EditError("Notebooks cannot be edited yet.", "Change the cell in the editor.")
    if secret_path(place):
        raise EditError(f"{short(place)} holds secrets by custom, so no model edits it.")
    return place


def check_text(path: str, file: FileNow | None, after: str) -> None:
    """See that a file may hold a text, and can be edited again then. `file` is what it is now.

    Raises:
        EditError: it may not; why.
    """
    if len(after) > MAX_FILE_BYTES:
        raise EditError("The file would be too large.", "Propose a smaller one.")
    data = (file or NEW).bytes_of(after)
    if decode(data) is None or secret_file(path, after):
        raise EditError("It would hold secrets, or be no text, and could not be edited again.")
    known = "" if file is None else file.text
    is_marked = after.count(MARK) > known.count(MARK)
    if is_marked and without_secrets(path, known) != known:
        raise EditError(f"It has {MARK} in place of a secret.", "Leave that line as it is.")


def hash_of(data: bytes | None) -> str:
    """Return the hash of a file's bytes in hex, "" if there is no file."""
    return "" if data is None else content_hash(data).hex()


def changed_meanwhile(path: str) -> EditError:
    """Return what is said of a file that is another by now."""
    return EditError(
        f"{short(path)} was changed meanwhile, so no file is touched.",
        "Ask for the edit again: it is made for the file as it is now.",
    )


def _bytes(root: Path, path: str) -> bytes | None:
    try:
        data, _ = read_regular(root / path, MAX_FILE_BYTES + 1)
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise EditError(f"{short(path)} cannot be read: {in_words(error)}.") from error
    if len(data) > MAX_FILE_BYTES:
        raise EditError(f"{short(path)} is too large to be edited here.")
    return data


def _put(file: Path, data: bytes | None) -> None:
    """Replace a file as a whole, or remove it (None); its mode stays.

    Raises:
        OSError: it cannot be written; then it is as it was.
    """
    if data is None:
        file.unlink(missing_ok=True)
        return
    write_whole(file, data, keeps_mode=True, is_lasting=True)
