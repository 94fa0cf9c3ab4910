"""What a VSIX holds: the extension, wheels as they are, and wheels taken apart in packs."""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ownstack_release.digests import sha256
from ownstack_release.errors import ReleaseError
from ownstack_release.shipped import archives, distributions
from ownstack_release.shipped.distributions import Distribution

MANIFEST_AT_MOST_BYTES = 4_000_000
BUNDLE_AT_MOST_BYTES = 64_000_000
"""Of `bundle.json`; ten thousands of files make some megabytes."""
WHEEL_AT_MOST_BYTES = 400_000_000

_WHEEL = re.compile(r"extension/bundled/([^/]+\.whl)")
_TARGET = re.compile(r'<Identity[^>]{0,1000}\bTargetPlatform="([a-z0-9-]{1,40})"')


@dataclass(frozen=True, slots=True)
class Packed:
    """A wheel as `bundle.json` lists it."""

    file: str
    sha256: str
    members: tuple[tuple[str, int], ...]
    """Paths and CRC-32, sorted."""


@dataclass(frozen=True, slots=True)
class Contents:
    """What a VSIX holds."""

    name: str
    """The name of the file."""
    sha256: str
    manifest: Mapping[str, Any]
    """`package.json` of the extension."""
    target: str
    """As vsce calls it; "" for a universal VSIX."""
    wheels: tuple[Distribution, ...]
    """Those that lie in it as they are."""
    packed: tuple[Packed, ...]


def read(file: Path) -> Contents:
    """Read a VSIX.

    Raises:
        ReleaseError: It is no VSIX, or one that cannot be trusted.
    """
    with archives.opened(file, file.name) as archive:
        names = archive.namelist()
        manifest = _json(archive, "extension/package.json", MANIFEST_AT_MOST_BYTES)
        vsix, _ = archives.content(archive, "extension.vsixmanifest", MANIFEST_AT_MOST_BYTES)
        target = _TARGET.search(vsix.decode("utf-8", "replace"))
        wheels = [
            distributions.read_bytes(found[1], _whole(archive, name))
            for name in sorted(names)
            if (found := _WHEEL.fullmatch(name))
        ]
        bundle = "extension/bundled/bundle.json"
        packed: tuple[Packed, ...] = ()
        if bundle in names:
            packed = _packed(_json(archive, bundle, BUNDLE_AT_MOST_BYTES))
    return Contents(
        name=file.name,
        sha256=sha256(file),
        manifest=manifest,
        target=target[1] if target else "",
        wheels=tuple(wheels),
        packed=packed,
    )


def unpacked(packed: Sequence[Packed], wheelhouse: Path) -> tuple[Distribution, ...]:
    """The wheels of a bundle, read from the house they were packed from.

    Their hashes are those of the bundle, in which they are not compressed; what is in them is
    compared file by file.

    Raises:
        ReleaseError: The house lacks a wheel, or has another of that name.
    """
    found = []
    for wheel in packed:
        file = wheelhouse / wheel.file
        if "/" in wheel.file or "\\" in wheel.file or not file.is_file():
            raise ReleaseError(f"{wheelhouse} has no {wheel.file}, which the VSIX carries.")
        distribution = distributions.read(file)
        if distribution.members != wheel.members:
            other = set(distribution.members) ^ set(wheel.members)
            path = min(path for path, _ in other)
            raise ReleaseError(
                f"{file}: not the wheel that the VSIX carries; {path} differs, for one."
            )
        found.append(replace(distribution, sha256=wheel.sha256))
    return tuple(found)


def _packed(bundle: Mapping[str, Any]) -> tuple[Packed, ...]:
    try:
        return tuple(
            Packed(
                file=str(wheel["name"]),
                sha256=str(wheel["sha256"]),
                members=tuple(
                    sorted(
                        (str(path), int(crc))
                        for path, _pack, _offset, _length, crc, *_ in wheel["files"]
                    )
                ),
            )
            for wheel in bundle["wheels"]
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ReleaseError(f"bundle.json is not one of format 1 ({error!r}).") from error


def _json(archive: zipfile.ZipFile, name: str, at_most_bytes: int) -> dict[str, Any]:
    data, more = archives.content(archive, name, at_most_bytes)
    try:
        read = None if more else json.loads(data)
    except (ValueError, RecursionError):
        read = None
    if not isinstance(read, dict):
        raise ReleaseError(f"{archive.filename}: {name} is no object of JSON.")
    return read


def _whole(archive: zipfile.ZipFile, name: str) -> bytes:
    data, more = archives.content(archive, name, WHEEL_AT_MOST_BYTES)
    if more:
        raise ReleaseError(f"{name}: more than {WHEEL_AT_MOST_BYTES} bytes.")
    return data
