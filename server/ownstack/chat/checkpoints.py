"""What files held before edits were applied: kept beside the log, bounded, given back on request.

No second repository: the bytes of the files that an edit touches, each content once, and one small
file a checkpoint that names them. The oldest checkpoints go when they take too much room.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ownstack.errors import EditError, in_words
from ownstack.files.opening import read_regular
from ownstack.files.writing import write_whole
from ownstack.paths import private_folder

log = logging.getLogger(__name__)

MAX_BYTES = 200_000_000
MAX_CHECKPOINTS = 200
_MAX_ENTRY = 4_000_000
_ID = re.compile(r"[0-9a-f]{16}-[0-9a-f]{8}")
_BLOB = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Saved:
    """A file as it was, and what was made of it."""

    before: bytes | None
    """None: there was none."""
    after_hash: str
    """Of the bytes that were written (`reading.content_hash`, in hex); "" if it was removed."""


class Checkpoints:
    """Those of one user, of all projects. Waits for the disk."""

    def __init__(
        self, folder: Path, *, max_bytes: int = MAX_BYTES, max_count: int = MAX_CHECKPOINTS
    ) -> None:
        self._folder = folder
        self._max_bytes = max_bytes
        self._max_count = max_count

    def save(self, session: str, files: Mapping[str, Saved]) -> str:
        """Keep what files of a session's project hold; return the checkpoint's id.

        Raises:
            EditError: it cannot be written.
        """
        try:
            private_folder(self._folder)
            private_folder(self._folder / "blobs")
            kept: dict[str, Any] = {}
            for path, saved in files.items():
                blob = None if saved.before is None else self._put(saved.before)
                kept[path] = {"blob": blob, "after": saved.after_hash}
            entry = json.dumps({"session": session, "at": time.time(), "files": kept})
            name = f"{time.time_ns():016x}-{os.urandom(4).hex()}"
            file = self._folder / f"{name}.json"
            write_whole(file, entry.encode(), is_private=True, is_lasting=True)
            self._tidy()
        except OSError as error:
            raise EditError(
                f"No checkpoint can be written ({in_words(error)}), so no file is changed.",
                f"Make room for {self._folder}, or make it writable.",
            ) from error
        return name

    def get(self, name: str) -> dict[str, Saved]:
        """Return the files of a checkpoint.

        Raises:
            EditError: it is not there any more, or damaged.
        """
        try:
            entry = self._entry(name)
            return {
                path: Saved(
                    None if file["blob"] is None else self._blob(file["blob"]), file["after"]
                )
                for path, file in entry["files"].items()
            }
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise EditError(
                f"The checkpoint cannot be read ({in_words(error)}).",
                "The oldest ones are removed when they take too much room.",
            ) from error

    def remove(self, name: str) -> None:
        """Remove one, as when nothing was changed after all."""
        self._remove(self._folder / f"{name}.json")
        self._remove_unused()

    def forget(self, session: str) -> None:
        """Remove the checkpoints of a session, as when it is deleted."""
        for name in self._names():
            try:
                is_its = self._entry(name)["session"] == session
            except (OSError, ValueError, KeyError, TypeError):
                is_its = False
            if is_its:
                self._remove(self._folder / f"{name}.json")
        self._remove_unused()

    def _names(self) -> list[str]:
        """Return the ids of all, the oldest first."""
        try:
            stems = [file.stem for file in self._folder.glob("*.json")]
        except OSError:
            return []
        return sorted(stem for stem in stems if _ID.fullmatch(stem))

    def _entry(self, name: str) -> dict[str, Any]:
        if not _ID.fullmatch(name):
            raise ValueError("it has no such name")
        data, _ = read_regular(self._folder / f"{name}.json", _MAX_ENTRY)
        entry = json.loads(data)
        if not isinstance(entry, dict) or not isinstance(entry.get("files"), dict):
            raise ValueError("it is damaged")
        return entry

    def _put(self, data: bytes) -> str:
        name = hashlib.sha256(data).hexdigest()
        file = self._folder / "blobs" / name
        if not file.exists():
            write_whole(file, data, is_private=True, is_lasting=True)
        return name

    def _blob(self, name: str) -> bytes:
        if not _BLOB.fullmatch(name):
            raise ValueError("it is damaged")
        data, _ = read_regular(self._folder / "blobs" / name, self._max_bytes)
        if hashlib.sha256(data).hexdigest() != name:
            raise ValueError("it is damaged")
        return data

    def _tidy(self) -> None:
        """Let the oldest go until what is left is within bounds; the newest always stays."""
        names = self._names()
        kept: set[str] = set()
        size = 0
        for count, name in enumerate(reversed(names), 1):
            try:
                blobs = self._blobs_of(name) - kept
                size += sum((self._folder / "blobs" / blob).stat().st_size for blob in blobs)
            except (OSError, ValueError):
                size = self._max_bytes + 1
            if count > 1 and (count > self._max_count or size > self._max_bytes):
                self._remove(self._folder / f"{name}.json")
            else:
                kept |= blobs
        self._remove_unused()

    def _remove_unused(self) -> None:
        used: set[str] = set()
        for name in self._names():
            try:
                used |= self._blobs_of(name)
            except (OSError, ValueError) as error:
                log.warning("A checkpoint cannot be read: %s", error)
        for file in (self._folder / "blobs").glob("*"):
            if _BLOB.fullmatch(file.name) and file.name not in used:
                self._remove(file)

    def _blobs_of(self, name: str) -> set[str]:
        files = self._entry(name)["files"].values()
        blobs = {file.get("blob") for file in files if isinstance(file, dict)}
        return {blob for blob in blobs if isinstance(blob, str) and _BLOB.fullmatch(blob)}

    def _remove(self, file: Path) -> None:
        try:
            file.unlink(missing_ok=True)
        except OSError as error:
            log.warning("%s cannot be removed: %s", file, error)
