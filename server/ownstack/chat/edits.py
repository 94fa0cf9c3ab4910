"""Proposed edits of a conversation: applied all or none, after a checkpoint, by the user's word."""

from __future__ import annotations

import asyncio
import logging
import os
import stat
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ownstack.chat.checkpoints import Checkpoints, Saved
from ownstack.chat.places import inside
from ownstack.chat.proposals import CLOSED, Proposal, applied, pending, proposal
from ownstack.errors import EditError, ToolError, in_words
from ownstack.files.decoding import decode, encoding_of
from ownstack.files.notebook.text import is_notebook
from ownstack.files.opening import read_regular
from ownstack.files.reading import MAX_FILE_BYTES, content_hash
from ownstack.files.scan import is_skipped_folder
from ownstack.files.secret.detection import secret_file, secret_path
from ownstack.memory import events
from ownstack.memory.conversation import text_of
from ownstack.memory.events import Event
from ownstack.memory.handles import short
from ownstack.memory.log.session import SessionLog

log = logging.getLogger(__name__)

CHECKPOINT, RESTORED = "checkpoint", "checkpoint_restored"
"""Topics of notes: what was saved before edits, and that it was given back."""


@dataclass(frozen=True, slots=True)
class FileNow:
    """A file of the project as it is."""

    data: bytes
    text: str
    """Without its mark, with the line ends that it has."""
    encoding: str
    mark: bytes
    mode: int

    @property
    def hash(self) -> str:
        return content_hash(self.data).hex()

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


@dataclass(frozen=True, slots=True)
class Written:
    """What was done to files."""

    paths: tuple[str, ...]
    checkpoint: str


class Edits:
    """The proposals of one session. Nothing is written but by `apply` and `restore`."""

    def __init__(self, session: SessionLog, root: Path, checkpoints: Checkpoints) -> None:
        self._session = session
        self._root = root
        self._checkpoints = checkpoints
        self._writing = threading.Lock()

    @property
    def pending(self) -> tuple[Proposal, ...]:
        """Those that wait for the user, the oldest first."""
        return pending(self._session.events)

    def text(self, path: str) -> str | None:
        """Return the text of a file with what is proposed for it; None if nothing is, or fits."""
        found = next((item for item in self.pending if item.path == path), None)
        if found is None:
            return None
        try:
            file = current(self._root, path)
            before, base = ("", "") if file is None else (file.text, file.hash)
            return applied(before, found.edits) if base == found.base_hash else None
        except EditError:
            return None

    async def propose(self, path: str, make: Callable[[str | None], str]) -> Proposal:
        """Log a proposal. `make` is given the text as proposed so far, None if there is no file.

        Raises:
            EditError: the file is none that can be edited, or nothing would change.
        """
        made = await asyncio.to_thread(self._make, path, make)
        stamp = self._session.stamp(self._session.last_turn)
        await self._session.add(made.event(stamp))
        return made

    async def apply(self, numbers: Sequence[int] = ()) -> Written:
        """Apply proposals by their places among `pending`, from 1 on; without any, all.

        Raises:
            EditError: there are none, or one cannot be applied: then none is.
        """
        chosen = self._chosen(numbers)
        written, hashes = await asyncio.to_thread(self._apply, chosen)
        stamp = self._session.stamp(self._session.last_turn)
        logged = [
            events.edit(
                stamp,
                item.path,
                True,
                hash_before=item.base_hash,
                hash_after=hashes[item.path],
                summary=item.title,
            )
            for item in chosen
        ]
        closed: list[events.JSON] = [item.id for item in chosen]
        kept: dict[str, events.JSON] = {"id": written.checkpoint, "paths": list(written.paths)}
        await self._session.add(
            *logged,
            events.note(stamp, CLOSED, "applied", {"proposals": closed}),
            events.note(stamp, CHECKPOINT, ", ".join(written.paths), kept),
        )
        return written

    async def refuse(self, numbers: Sequence[int] = ()) -> tuple[Proposal, ...]:
        """Refuse proposals; without numbers, all.

        Raises:
            EditError: there are none of these numbers.
        """
        chosen = self._chosen(numbers)
        stamp = self._session.stamp(self._session.last_turn)
        refused = [
            events.edit(stamp, item.path, False, hash_before=item.base_hash, summary=item.title)
            for item in chosen
        ]
        closed: list[events.JSON] = [item.id for item in chosen]
        await self._session.add(
            *refused, events.note(stamp, CLOSED, "refused", {"proposals": closed})
        )
        return tuple(chosen)

    async def restore(self) -> Written:
        """Give files back as they were before the newest edits that hold.

        Raises:
            EditError: there are none, or a file was changed since: then none is touched.
        """
        name = _newest_checkpoint(self._session.events)
        if not name:
            raise EditError("No edit was applied that could be taken back.", "/apply applies one.")
        saved = await asyncio.to_thread(self._checkpoints.get, name)
        targets = {path: file.before for path, file in saved.items()}
        expected = {path: file.after_hash for path, file in saved.items()}
        written = await asyncio.to_thread(self._write, targets, expected)
        stamp = self._session.stamp(self._session.last_turn)
        details: dict[str, events.JSON] = {"id": name, "paths": list(written.paths)}
        await self._session.add(events.note(stamp, RESTORED, ", ".join(written.paths), details))
        return written

    def _chosen(self, numbers: Sequence[int]) -> list[Proposal]:
        waiting = self.pending
        if not waiting:
            raise EditError("No edit is proposed.", "Ask for a change first.")
        if any(not 1 <= number <= len(waiting) for number in numbers):
            raise EditError(f"There are {len(waiting)} proposed edits.", "/diff shows them.")
        return [waiting[number - 1] for number in dict.fromkeys(numbers)] or list(waiting)

    def _make(self, path: str, make: Callable[[str | None], str]) -> Proposal:
        place = _editable(self._root, path)
        file = current(self._root, place)
        before = None if file is None else file.text
        after = make(self.text(place) if self.text(place) is not None else before)
        base = "" if file is None else file.hash
        made = proposal(place, base, before or "", after)
        if not made.edits and file is not None:
            raise EditError("Nothing would be changed by that.", "Give a text that differs.")
        if len(after) > MAX_FILE_BYTES:
            raise EditError("The file would be too large.", "Propose a smaller one.")
        (_NEW if file is None else file).bytes_of(after)
        return made

    def _apply(self, chosen: Sequence[Proposal]) -> tuple[Written, dict[str, str]]:
        targets: dict[str, bytes | None] = {}
        for item in chosen:
            place = _editable(self._root, item.path)
            file = current(self._root, place)
            if place != item.path or (file.hash if file else "") != item.base_hash:
                raise _changed(item.path)
            edited = applied("" if file is None else file.text, item.edits)
            targets[place] = (_NEW if file is None else file).bytes_of(edited)
        expected = {item.path: item.base_hash for item in chosen}
        written = self._write(targets, expected)
        return written, {path: _hash(data) for path, data in targets.items()}

    def _write(self, targets: Mapping[str, bytes | None], expected: Mapping[str, str]) -> Written:
        """Write all files or none; those expected must be there, by their hashes.

        Raises:
            EditError: one is another by now, or cannot be written. Those that had been are put
                back.
        """
        with self._writing:
            before = {path: _bytes(self._root, path) for path in targets}
            for path, data in before.items():
                _editable(self._root, path)
                if _hash(data) != expected[path]:
                    raise _changed(path)
            saved = {path: Saved(before[path], _hash(data)) for path, data in targets.items()}
            name = self._checkpoints.save(self._session.id, saved)
            done: list[str] = []
            try:
                for path, data in targets.items():
                    if _hash(_bytes(self._root, path)) != expected[path]:
                        raise _changed(path)
                    _put(self._root / path, data)
                    done.append(path)
            except (OSError, EditError) as error:
                self._put_back({path: before[path] for path in done})
                if isinstance(error, EditError):
                    raise
                raise EditError(
                    f"{short(path)} cannot be written ({in_words(error)}), so none is changed.",
                    "Make the folder writable, or make room on the disk.",
                ) from error
        return Written(tuple(targets), name)

    def _put_back(self, files: Mapping[str, bytes | None]) -> None:
        for path, data in files.items():
            try:
                _put(self._root / path, data)
            except OSError as error:
                log.warning("%s is left as it was edited: %s", path, error)


def current(root: Path, path: str) -> FileNow | None:
    """Return a file as it is, None if there is none.

    Raises:
        EditError: it is no text that can be written again, is read-only, or holds secrets.
    """
    data = _bytes(root, path)
    if data is None:
        return None
    text, encoding = decode(data), encoding_of(data)
    if text is None or encoding is None:
        raise EditError(f"{short(path)} is no text that could be written as it is.")
    if secret_file(path, text):
        raise EditError(f"{short(path)} holds secrets, so no model edits it.")
    mode = os.stat(root / path).st_mode
    if not mode & 0o222 or not os.access(root / path, os.W_OK):
        raise EditError(f"{short(path)} is read-only.", "Make it writable first.")
    return FileNow(data, text, *encoding, stat.S_IMODE(mode))


_NEW = FileNow(b"", "", "utf-8", b"", 0o644)


def _editable(root: Path, path: str) -> str:
    """Return the place of a file that may be edited.

    Raises:
        EditError: it is outside, or nothing that people write.
    """
    try:
        place = inside(root, path)
    except ToolError as error:
        raise EditError(error.what, error.hint) from error
    if not place or (root / place).is_dir():
        raise EditError(f"{short(place) or 'That'} is a folder.", "Name a file.")
    if is_skipped_folder(place.rpartition("/")[0]):
        raise EditError(f"{short(place)} is kept by a tool, so it is not edited.")
    if is_notebook(place):
        raise EditError("Notebooks cannot be edited yet.", "Change the cell in the editor.")
    if secret_path(place):
        raise EditError(f"{short(place)} holds secrets by custom, so no model edits it.")
    return place


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
    file.parent.mkdir(parents=True, exist_ok=True)
    try:
        mode = stat.S_IMODE(os.stat(file, follow_symlinks=False).st_mode)
    except FileNotFoundError:
        mode = 0o666 & ~_umask()
    descriptor, new = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name[:40]}.")
    try:
        with open(descriptor, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        os.chmod(new, mode)
        os.replace(new, file)
    except BaseException:
        Path(new).unlink(missing_ok=True)
        raise


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def _hash(data: bytes | None) -> str:
    return "" if data is None else content_hash(data).hex()


def _changed(path: str) -> EditError:
    return EditError(
        f"{short(path)} was changed meanwhile, so no file is touched.",
        "Ask for the edit again: it is made for the file as it is now.",
    )


def _newest_checkpoint(logged: Sequence[Event]) -> str:
    taken: list[str] = []
    for event in logged:
        details = event.data.get("details") if event.kind == "note" else None
        topic = text_of(event.data, "topic")
        if topic == CHECKPOINT:
            taken.append(text_of(details, "id"))
        elif topic == RESTORED and text_of(details, "id") in taken:
            taken.remove(text_of(details, "id"))
    return taken[-1] if taken else ""
