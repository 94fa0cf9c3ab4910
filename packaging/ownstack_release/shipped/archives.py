"""Zip archives of others, read with care: names that leave the folder and bombs are refused."""

from __future__ import annotations

import zipfile
import zlib
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import IO

from ownstack_release.errors import ReleaseError

MEMBERS_AT_MOST = 200_000
DAMAGE = (OSError, EOFError, ValueError, zipfile.BadZipFile, zlib.error)
"""What reading a damaged member may raise."""


def opened(file: Path | IO[bytes], name: str) -> zipfile.ZipFile:
    """Open an archive whose members can all be trusted to have names inside it, each once.

    `name` is what errors call it.

    Raises:
        ReleaseError: It is no zip archive, or a member's name is unsafe, given twice, or one of
            too many.
    """
    try:
        archive = zipfile.ZipFile(file)
    except (OSError, zipfile.BadZipFile, ValueError) as error:
        raise ReleaseError(f"{name}: no zip archive that can be read ({error}).") from error
    names = [member.filename for member in archive.infolist()]
    if len(names) > MEMBERS_AT_MOST:
        archive.close()
        raise ReleaseError(f"{name}: {len(names)} members are more than can be right.")
    seen: set[str] = set()
    for member in names:
        reason = "twice in it" if member in seen else unsafe(member)
        if reason:
            archive.close()
            raise ReleaseError(f"{name}: the member {member!r} is {reason}.")
        seen.add(member)
    return archive


def unsafe(name: str) -> str:
    """Why a member's name must not be followed, or "" if it may."""
    if not name or any(ord(letter) < 32 for letter in name):
        return "unnamed, or named with control characters"
    if "\\" in name or PureWindowsPath(name).drive or PurePosixPath(name).is_absolute():
        return "named by an absolute path, or one of Windows"
    if ".." in PurePosixPath(name).parts:
        return "outside of it"
    return ""


def content(archive: zipfile.ZipFile, name: str, at_most_bytes: int) -> tuple[bytes, bool]:
    """A member's first bytes, and whether there are more; what its header says is not believed.

    Raises:
        ReleaseError: There is no such member, or it cannot be unpacked.
    """
    try:
        with archive.open(name) as stream:
            data = stream.read(at_most_bytes + 1)
    except (*DAMAGE, KeyError, RuntimeError, NotImplementedError) as error:
        raise ReleaseError(f"{archive.filename}: {name} cannot be read: {error}") from error
    return data[:at_most_bytes], len(data) > at_most_bytes
