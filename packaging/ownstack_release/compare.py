"""`scripts/package compare`: whether two builds are the same but for stamps.

Compared member by member, and wheels inside member by member again. What is not compared is named
in `STAMPS`; all else must be the same bytes in the same order, with the same permissions.
"""

from __future__ import annotations

import argparse
import io
import itertools
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

from ownstack_release.digests import sha256
from ownstack_release.errors import ReleaseError
from ownstack_release.shipped import archives

STAMPS = ("the times of members",)
"""What two builds of the same sources may differ in."""

_NESTED = (".whl", ".vsix", ".zip")
_NESTED_AT_MOST_BYTES = 400_000_000
_DEPTH_AT_MOST = 3
_SHOWN = 40
_BLOCK = 1 << 20


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Describe the command."""
    command = commands.add_parser("compare", help="say whether two builds are the same")
    command.add_argument("first", type=Path, metavar="A.vsix")
    command.add_argument("second", type=Path, metavar="B.vsix")
    command.set_defaults(run=run)


def run(parsed: argparse.Namespace) -> int:
    """Print what differs; 1 if anything does but stamps."""
    if digest(parsed.first) == digest(parsed.second):
        print(f"the same bytes: SHA-256 {digest(parsed.first)}")
        return 0
    found = list(itertools.islice(differences(parsed.first, parsed.second), _SHOWN + 1))
    for difference in found[:_SHOWN]:
        print(difference)
    if len(found) > _SHOWN:
        print("... and more")
    if found:
        return 1
    print(f"the same but for stamps: {', '.join(STAMPS)}")
    return 0


def differences(first: Path, second: Path) -> Iterator[str]:
    """What differs between two archives but stamps, a line each.

    Raises:
        ReleaseError: One of them cannot be read.
    """
    yield from _archives(first, second, "", _DEPTH_AT_MOST)


def digest(file: Path) -> str:
    """The SHA-256 of a file, in hexadecimal digits.

    Raises:
        ReleaseError: It cannot be read.
    """
    try:
        return sha256(file)
    except OSError as error:
        raise ReleaseError(f"{file} cannot be read: {error}") from error


def _archives(
    first: Path | IO[bytes], second: Path | IO[bytes], within: str, depth: int
) -> Iterator[str]:
    names = [str(each) if isinstance(each, Path) else within for each in (first, second)]
    with archives.opened(first, names[0]) as one, archives.opened(second, names[1]) as two:
        ones = {info.filename: info for info in one.infolist()}
        twos = {info.filename: info for info in two.infolist()}
        prefix = f"{within} > " if within else ""
        for name in sorted(ones.keys() | twos.keys()):
            if name not in twos:
                yield f"{prefix}{name}: in the first alone"
            elif name not in ones:
                yield f"{prefix}{name}: in the second alone"
            else:
                yield from _members(one, two, ones[name], twos[name], prefix, depth)
        both = ones.keys() & twos.keys()
        shared = [[name for name in table if name in both] for table in (ones, twos)]
        if shared[0] != shared[1]:
            at = next(pair for pair in zip(*shared, strict=True) if pair[0] != pair[1])
            yield f"{prefix or 'order: '}{at[0]} stands where {at[1]} does in the second"
        if one.comment != two.comment:
            yield f"{prefix}its comment differs"


_SAME: tuple[tuple[str, Callable[[zipfile.ZipInfo], object]], ...] = (
    ("permissions", lambda info: oct(info.external_attr >> 16)),
    ("attributes", lambda info: info.external_attr & 0xFFFF),
    ("the system that made it", lambda info: info.create_system),
    ("the way of compression", lambda info: info.compress_type),
    ("extra fields", lambda info: _without_times(info.extra)),
    ("the comment", lambda info: info.comment),
)


def _members(
    one: zipfile.ZipFile,
    two: zipfile.ZipFile,
    first: zipfile.ZipInfo,
    second: zipfile.ZipInfo,
    prefix: str,
    depth: int,
) -> Iterator[str]:
    name = f"{prefix}{first.filename}"
    for what, of in _SAME:
        if of(first) != of(second):
            yield f"{name}: {what} ({of(first)} and {of(second)})"
    at = _first_difference(one, two, first.filename)
    if at is None:
        if first.compress_size != second.compress_size:
            yield f"{name}: compressed to {first.compress_size} and {second.compress_size} bytes"
        return
    large = max(first.file_size, second.file_size) > _NESTED_AT_MOST_BYTES
    if not first.filename.endswith(_NESTED) or depth == 0 or large:
        sizes = f"{first.file_size:,} and {second.file_size:,} bytes"
        yield f"{name}: {sizes}, first at byte {at:,}"
        return
    inner = [
        io.BytesIO(archives.content(archive, first.filename, _NESTED_AT_MOST_BYTES)[0])
        for archive in (one, two)
    ]
    yield from _archives(inner[0], inner[1], name, depth - 1)


def _first_difference(one: zipfile.ZipFile, two: zipfile.ZipFile, name: str) -> int | None:
    """The first byte at which a member differs; None if it does not."""
    try:
        with one.open(name) as first, two.open(name) as second:
            offset = 0
            while True:
                blocks = first.read(_BLOCK), second.read(_BLOCK)
                if blocks[0] != blocks[1]:
                    pairs = enumerate(zip(*blocks, strict=False))
                    shorter = min(map(len, blocks))
                    return offset + next((at for at, (a, b) in pairs if a != b), shorter)
                if not blocks[0]:
                    return None
                offset += len(blocks[0])
    except (*archives.DAMAGE, RuntimeError, NotImplementedError) as error:
        raise ReleaseError(f"{name} cannot be unpacked: {error}") from error


def _without_times(extra: bytes) -> bytes:
    """Extra fields without those that hold times: 0x5455 of Unix, 0x000a of NTFS."""
    kept = b""
    while len(extra) >= 4:
        size = 4 + int.from_bytes(extra[2:4], "little")
        if extra[:2] not in (b"UT", b"\x0a\x00"):
            kept += extra[:size]
        extra = extra[size:]
    return kept + extra
