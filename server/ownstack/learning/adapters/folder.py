"""The folders of adapters on the disk: added whole or not at all, and read whatever they hold."""

from __future__ import annotations

import hashlib
import os
import secrets
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from ownstack.errors import LearningError, in_words
from ownstack.files.writing import write_whole
from ownstack.learning.adapters.record import ID, AdapterRecord, read_record
from ownstack.paths import private_folder, remove

FILE = "adapter.gguf"
RECORD = "record.json"
MAX_ADAPTERS = 10_000
_NEW = ".new-"
_OLD = ".old-"
_CHUNK_BYTES = 1_048_576

Stamp = tuple[int, int, int]
"""A file that was changed has another one: time, size, and which file it is."""


@dataclass(frozen=True, slots=True)
class Found:
    """What lies in a folder of adapters."""

    records: dict[str, AdapterRecord] = field(default_factory=dict)
    """By id."""
    folders: dict[str, Path] = field(default_factory=dict)
    damaged: dict[str, str] = field(default_factory=dict)
    """Name of a folder → what is wrong with it, as the end of a sentence."""


def read_folder(folder: Path, *, by_id: bool) -> Found:
    """Return the adapters in a folder that may be missing; `by_id`: each is called by its id."""
    found = Found()
    for path in _folders(folder):
        if by_id and not ID.fullmatch(path.name):
            continue
        try:
            record = read_record(path)
            if by_id and record.id != path.name:
                raise ValueError("its id is not the name of its folder")
            if stamp_of(path / FILE) is None:
                raise ValueError(f"its {FILE} is missing")
        except OSError as error:
            found.damaged[path.name] = f"cannot be read: {in_words(error)}"
        except ValueError as error:
            found.damaged[path.name] = f"is damaged: {in_words(error)}"
        else:
            found.records[record.id] = record
            found.folders[record.id] = path
    return found


def add_adapter(folder: Path, record: AdapterRecord, file: Path) -> AdapterRecord:
    """Copy an adapter into a folder, and return its record with the id and hash that it has there.

    The caller holds the folder's lock. Its folder is renamed into place as the last step, with
    everything on the disk: whoever is killed on the way leaves nothing that is ever read.

    Raises:
        LearningError: it cannot be kept, or is not the file that the record tells of.
    """
    new = folder / f"{_NEW}{secrets.token_hex(8)}"
    try:
        private_folder(folder)
        sweep(folder)
        new.mkdir(mode=0o700)
        try:
            record = _copied(record, file, new / FILE)
            place = folder / record.id
            if not os.path.lexists(place):
                write_record(new, record)
                _sync(new)
                os.rename(new, place)
                _sync(folder)
                return record
        finally:
            remove(new)
        known = read_record(place)
    except OSError as error:
        what = f"The adapter cannot be kept: {in_words(error)}."
        raise LearningError(what, f"Look after {folder} and the room on its disk.") from error
    except ValueError as error:
        what = f"An adapter of that id is there, and is damaged: {error}."
        raise LearningError(what, f"Remove it: ownstack learn remove {record.id}") from error
    if known.sha256 != record.sha256:
        raise LearningError(f"Another adapter is already called {record.id}.")
    return known


def write_record(folder: Path, record: AdapterRecord) -> None:
    """Write what is known of the adapter in a folder.

    Raises:
        OSError: it cannot be written; then it is as it was.
    """
    write_whole(folder / RECORD, record.to_json().encode(), is_private=True, is_lasting=True)


def remove_adapter(folder: Path) -> None:
    """Remove an adapter's folder; it is none of ours any more from the first moment on.

    Raises:
        OSError: it cannot be removed.
    """
    old = folder.with_name(f"{_OLD}{secrets.token_hex(8)}")
    os.rename(folder, old)
    remove(old)


def sweep(folder: Path) -> None:
    """Remove what those who were killed have left; the caller holds the folder's lock."""
    for path in _folders(folder):
        if path.name.startswith((_NEW, _OLD)):
            remove(path)


def stamp_of(file: Path) -> Stamp | None:
    """Return a regular file's stamp; None if there is none."""
    try:
        status = os.lstat(file)
    except OSError:
        return None
    if not stat.S_ISREG(status.st_mode):
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino


def file_sha256(file: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal digits.

    Raises:
        OSError: it cannot be read.
    """
    digest = hashlib.sha256()
    with file.open("rb") as stream:
        while chunk := stream.read(_CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def _copied(record: AdapterRecord, file: Path, to: Path) -> AdapterRecord:
    digest = hashlib.sha256()
    with file.open("rb") as source, to.open("xb") as copy:
        while chunk := source.read(_CHUNK_BYTES):
            digest.update(chunk)
            copy.write(chunk)
        copy.flush()
        os.fsync(copy.fileno())
    sha256 = digest.hexdigest()
    if record.sha256 not in ("", sha256):
        raise LearningError(f"{file.name} is not the file that was made: its SHA-256 differs.")
    return replace(record, id=record.id or sha256[:16], sha256=sha256)


def _folders(folder: Path) -> Iterator[Path]:
    """Yield the folders in a folder, links to some not among them, in order; none if it is none."""
    try:
        with os.scandir(folder) as entries:
            names = [
                each.name
                for each, _ in zip(entries, range(MAX_ADAPTERS), strict=False)
                if each.is_dir(follow_symlinks=False)
            ]
    except OSError:
        return
    yield from (folder / name for name in sorted(names))


def _sync(folder: Path) -> None:
    """Have a folder's entries on the disk, where the system lets one ask for that."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
