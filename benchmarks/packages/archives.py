"""Read the files of a downloaded package straight from its archive, and what it says it is."""

from __future__ import annotations

import json
import re
import sysconfig
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.packages.sources import Source

Member = tuple[str, bytes]
MAX_BYTES = 400_000


def members(source: Source, folder: Path) -> Iterator[Member]:
    """Yield (path inside the package, content) of every file small enough to be source code."""
    if source.registry == "stdlib":
        yield from walk(Path(sysconfig.get_paths()["stdlib"]))
        return
    for archive in sorted(folder.iterdir()):
        if archive.suffix == ".whl":
            yield from zip_members(archive)
        elif archive.suffix == ".tgz":
            yield from tar_members(archive)
        elif ".orig" in archive.name and ".tar." in archive.name and archive.suffix != ".asc":
            component = re.search(r"\.orig-([\w-]+)\.tar", archive.name)
            for path, content in tar_members(archive):
                yield (f"{component.group(1)}/{path}" if component else path), content


def walk(root: Path) -> Iterator[Member]:
    for path in sorted(root.rglob("*.py")):
        if path.stat().st_size <= MAX_BYTES:
            yield path.relative_to(root).as_posix(), path.read_bytes()


def zip_members(archive: Path) -> Iterator[Member]:
    with zipfile.ZipFile(archive) as file:
        for info in sorted(file.infolist(), key=lambda info: info.filename):
            if not info.is_dir() and info.file_size <= MAX_BYTES:
                yield info.filename, file.read(info)


def tar_members(archive: Path) -> Iterator[Member]:
    """Yield an archive's files; its own top folder is removed from the paths."""
    with tarfile.open(archive, "r:*") as file:
        for info in file:
            if info.isfile() and info.size <= MAX_BYTES:
                stream = file.extractfile(info)
                path = info.name.removeprefix("./").partition("/")[2]
                if stream is not None and path:
                    yield path, stream.read()


def debian_copyright(folder: Path) -> str:
    """Return the text of debian/copyright, "" where the package is not a Debian one."""
    for archive in sorted(folder.glob("*.debian.tar.*")):
        with tarfile.open(archive, "r:*") as file:
            stream = file.extractfile("debian/copyright")
            if stream is not None:
                return stream.read().decode("utf-8", "replace")
    return ""


def declared_licence(source: Source, folder: Path) -> str:
    """Return what the package's own metadata declares, "" where it has no such field."""
    for archive in sorted(folder.iterdir()) if folder.is_dir() else ():
        if archive.suffix == ".whl":
            for path, content in zip_members(archive):
                if path.endswith(".dist-info/METADATA"):
                    return wheel_licence(content.decode("utf-8", "replace"))
        elif archive.suffix == ".tgz":
            for path, content in tar_members(archive):
                if path == "package.json":
                    return str(json.loads(content).get("license", ""))
    return ""


def wheel_licence(metadata: str) -> str:
    """Return the SPDX expression if there is one, else the classifiers, else the free text."""
    head = metadata.partition("\n\n")[0]
    if match := re.search(r"^License-Expression: (.+)$", head, re.MULTILINE):
        return match.group(1)
    classifiers = re.findall(r"^Classifier: License :: (?:OSI Approved :: )?(.+)$", head, re.M)
    if classifiers:
        return " OR ".join(classifiers)
    match = re.search(r"^License: (.+)$", head, re.MULTILINE)
    return match.group(1) if match else ""
