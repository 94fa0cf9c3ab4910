"""The files of project memory on disk: bounded, replaced whole, and never from elsewhere."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from ownstack.errors import FileError, in_words
from ownstack.files.opening import read_regular
from ownstack.files.reading import content_hash
from ownstack.files.writing import write_whole
from ownstack.locking import FileLock
from ownstack.memory.entries.entry import Entry, Place, unnamed
from ownstack.memory.entries.entry_file import EntryFile, parse
from ownstack.memory.inside import read_inside
from ownstack.paths import Home

FOLDER = ".ownstack/memory"
MAX_BYTES = 131_072
"""Of one file. What is longer is no list of short statements."""


@dataclass(frozen=True, slots=True)
class Entries:
    """What all files of a folder say."""

    entries: tuple[Entry, ...] = ()
    problems: tuple[str, ...] = ()
    """What was left out and why, in sentences for a person."""
    files: tuple[tuple[str, str], ...] = ()
    """Path and hash of the content, of those that are there."""


@dataclass(frozen=True, slots=True)
class EntryFolder:
    """Files of one owner: a project's, or the user's own. Methods wait for the disk."""

    root: Path
    names: Mapping[Place, str]
    """The file of each place, below `root`."""
    letter: str
    """With which names of entries begin."""
    lock_file: Path = field(repr=False)
    """Outside of the project: nothing but what was accepted is written there."""
    is_own: bool = False
    """The user's: links may lead anywhere."""

    @classmethod
    def of_project(cls, root: Path, home: Home) -> EntryFolder:
        """Return the files of a project."""
        places: tuple[Place, ...] = ("decisions", "conventions", "glossary")
        names = {place: f"{FOLDER}/{place}.md" for place in places}
        return cls(root, names, "M", home.memory_lock_file(str(root)))

    @classmethod
    def of_user(cls, home: Home) -> EntryFolder:
        """Return the file of what the user prefers in all projects."""
        lock = home.memory_lock_file(str(home.config))
        return cls(home.config, {"preferences": "preferences.md"}, "U", lock, is_own=True)

    def read(self) -> Entries:
        """Read all files. Never raises: what cannot be read is among the problems."""
        entries: list[Entry] = []
        problems: list[str] = []
        files: list[tuple[str, str]] = []
        taken: set[str] = set()
        for place, name in self.names.items():
            found = self._bytes(name)
            if isinstance(found, str):
                problems.extend([found] if found else [])
                continue
            data, whole = found
            if not whole:
                data = data[: data.rfind(b"\n") + 1]
                problems.append(
                    f"{self.shown(place)} is longer than {MAX_BYTES:,} bytes; the rest is not "
                    "read. Make it shorter."
                )
            if b"\0" in data:
                problems.append(f"{self.shown(place)} is no text in UTF-8. Save it as that.")
                continue
            file = self._parsed(data, place)
            files.append((self.shown(place), content_hash(data).hex()))
            problems.extend(file.problems)
            for entry in file.entries:
                if entry.name in taken:  # In two files, after a merge of branches.
                    entry = replace(entry, name=unnamed(entry.text))
                taken.add(entry.name)
                entries.append(entry)
        return Entries(tuple(entries), tuple(problems), tuple(files))

    def change(self, place: Place, change: Callable[[EntryFile], str]) -> None:
        """Have `change` make a new text of a file; nobody else changes it meanwhile.

        Raises:
            FileError: it cannot be written, leads elsewhere or is too large. It is as it was.
        """
        name = self.names[place]
        found = self._bytes(name)
        if isinstance(found, str) and found:
            raise FileError(f"Nothing can be written: {found}", "Put a file in its place.")
        data, whole = (b"", True) if isinstance(found, str) else found
        if not whole or b"\0" in data:
            raise FileError(
                f"{self.shown(place)} is longer than {MAX_BYTES:,} bytes, or no text in UTF-8, so "
                "nothing is written into it.",
                "Make it shorter, and save it as UTF-8.",
            )
        new = change(self._parsed(data, place)).encode("utf-8", "surrogateescape")
        if len(new) > MAX_BYTES:
            raise FileError(
                f"{self.shown(place)} would be longer than {MAX_BYTES:,} bytes.",
                "Reject entries that are not needed any more.",
            )
        if new == data:
            return
        try:
            file = Path(os.path.realpath(self.root / name))
            write_whole(file, new, keeps_mode=True, is_lasting=True)
        except OSError as error:
            raise FileError(
                f"{self.shown(place)} cannot be written: {in_words(error)}. It is as it was.",
                f"Make room for it, or make {(self.root / name).parent} writable, and try again.",
            ) from error

    def locked(self) -> FileLock:
        """Return the lock under which entries are read and changed.

        Raises:
            FileError: it cannot be had.
        """
        try:
            lock = FileLock.take(self.lock_file, waits=True)
        except OSError as error:
            raise FileError(
                f"Project memory cannot be changed: {self.lock_file}: {in_words(error)}.",
                f"Make {self.lock_file.parent} writable.",
            ) from error
        if lock is None:
            raise FileError("Another window has been changing project memory for too long.")
        return lock

    def shown(self, place: Place) -> str:
        """Return a file as a person is told it."""
        name = self.names[place]
        return str(self.root / name) if self.is_own else name

    def _parsed(self, data: bytes, place: Place) -> EntryFile:
        # What is no UTF-8 is written back as it is.
        return parse(data.decode("utf-8", "surrogateescape"), place, self.shown(place))

    def _bytes(self, name: str) -> tuple[bytes, bool] | str:
        if not self.is_own:
            return read_inside(self.root, name, MAX_BYTES)
        try:
            data, _status = read_regular(self.root / name, MAX_BYTES + 1, follows_link=True)
        except FileNotFoundError:
            return ""
        except OSError as error:
            return f"{self.root / name} cannot be read: {in_words(error)}."
        return data[:MAX_BYTES], len(data) <= MAX_BYTES
