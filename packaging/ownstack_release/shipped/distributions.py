"""Wheels, read for what a reader of licences and of bills of materials wants to know."""

from __future__ import annotations

import email.parser
import email.policy
import hashlib
import io
import json
import re
import unicodedata
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from packaging.utils import (
    InvalidWheelFilename,
    NormalizedName,
    canonicalize_name,
    parse_wheel_filename,
)

from ownstack_release.errors import ReleaseError
from ownstack_release.shipped import archives
from ownstack_release.shipped.terms import Declared

TEXT_AT_MOST_BYTES = 1_000_000
"""Of one licence text; the longest seen, Arrow's, has 110 KB."""
TEXTS_AT_MOST = 100
"""Licence texts of one wheel; numpy has 20."""
METADATA_AT_MOST_BYTES = 4_000_000
BILL_AT_MOST_BYTES = 16_000_000
"""Of one bill of materials inside a wheel; LanceDB's has 1 MB."""
MODEL_AT_MOST_BYTES = 100_000_000
"""Of a model inside a wheel; the built-in one has 17 MB."""

_TEXT_NAME = re.compile(r"(licen[cs]e|copying|notice|authors|copyright)", re.IGNORECASE)
_GRAFTED_FOLDER = re.compile(r"(^|/)(\.dylibs|[^/]+\.libs)/[^/]+$")


@dataclass(frozen=True, slots=True)
class Text:
    """A licence text as a wheel ships it."""

    name: str
    """Its path within the wheel."""
    text: str
    """With `\\n`, without control characters."""
    cut: bool = False
    """Whether it goes on in the wheel."""


@dataclass(frozen=True, slots=True)
class Part:
    """Something compiled into a wheel, by the wheel's own bill of materials (PEP 770)."""

    name: str
    version: str
    purl: str
    declared: Declared
    home_page: str
    author: str


@dataclass(frozen=True, slots=True)
class Distribution:
    """One wheel."""

    file: str
    """The name of the file."""
    sha256: str
    name: str
    """As its metadata write it."""
    version: str
    declared: Declared
    home_page: str
    summary: str
    requires: tuple[str, ...]
    """`Requires-Dist`, as it stands."""
    tags: frozenset[str]
    """Tags of Python: "py3", "cp312"; with the ABI where that is the stable one: "cp310-abi3"."""
    texts: tuple[Text, ...]
    parts: tuple[Part, ...]
    members: tuple[tuple[str, int], ...]
    """Paths of its files and their CRC-32, sorted."""
    models: tuple[tuple[str, str], ...]
    """Paths of model files in it, and their SHA-256."""
    llama_commit: str
    """The commit of llama.cpp that it was built from (perhaps shortened), where it says so."""

    @property
    def key(self) -> NormalizedName:
        """The name as indexes compare it."""
        return canonicalize_name(self.name)

    @property
    def grafted(self) -> tuple[str, ...]:
        """Members that a tool put into the wheel: libraries of the machine that built it."""
        return tuple(path for path, _ in self.members if _GRAFTED_FOLDER.search(path))


def read(file: Path) -> Distribution:
    """Read a wheel.

    Raises:
        ReleaseError: It is no wheel, or one that cannot be trusted.
    """
    digest = hashlib.sha256()
    try:
        with file.open("rb") as stream:
            while block := stream.read(1 << 20):
                digest.update(block)
    except OSError as error:
        raise ReleaseError(f"{file.name} cannot be read: {error}") from error
    with archives.opened(file, file.name) as archive:
        return _distribution(file.name, digest.hexdigest(), archive)


def read_bytes(name: str, data: bytes) -> Distribution:
    """Read a wheel that is at hand, not in a file; raises as `read` does."""
    with archives.opened(io.BytesIO(data), name) as archive:
        return _distribution(name, hashlib.sha256(data).hexdigest(), archive)


def house(folder: Path) -> tuple[Distribution, ...]:
    """Read all wheels of a folder, sorted by name.

    Raises:
        ReleaseError: There are none, or one cannot be read.
    """
    files = sorted(folder.glob("*.whl"))
    if not files:
        raise ReleaseError(f"{folder}: no wheels in it.")
    return tuple(read(file) for file in files)


def decoded(data: bytes) -> str:
    """Text of unknown encoding, fit for a text file: UTF-8, UTF-16 by its mark, else Latin-1.

    Control characters, those that turn the direction of writing among them, are left out.
    """
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        text = data.decode("utf-16", errors="replace")
    else:
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            # A cut may fall within a letter.
            cut = error.start >= len(data) - 4 and error.end == len(data)
            text = data.decode("utf-8-sig", "ignore") if cut else data.decode("latin-1")
    lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\f", "\n")
    kept = (
        letter
        for letter in lines
        if letter in "\n\t" or unicodedata.category(letter) not in ("Cc", "Cf", "Cs", "Co", "Cn")
    )
    return "\n".join(line.rstrip() for line in "".join(kept).split("\n")).strip("\n")


def _distribution(file: str, sha256: str, archive: zipfile.ZipFile) -> Distribution:
    try:
        *_, tagged = parse_wheel_filename(file)
    except InvalidWheelFilename as error:
        raise ReleaseError(f"{file}: {error}") from error
    paths = [info for info in archive.infolist() if not info.is_dir()]
    folders = {
        info.filename.split("/")[0]
        for info in paths
        if re.fullmatch(r"[^/]+\.dist-info/METADATA", info.filename)
    }
    if len(folders) != 1:
        raise ReleaseError(f"{file}: one METADATA is expected, {len(folders)} are there.")
    folder = folders.pop()
    data, more = archives.content(archive, f"{folder}/METADATA", METADATA_AT_MOST_BYTES)
    if more:
        raise ReleaseError(f"{file}: METADATA of more than {METADATA_AT_MOST_BYTES} bytes.")
    parser = email.parser.BytesParser(policy=email.policy.compat32)
    headers = parser.parsebytes(data, headersonly=True)
    values = {
        name.lower(): [decoded(_raw(value)) for value in headers.get_all(name, [])]
        for name in dict.fromkeys(headers.keys())
    }
    name, version = _first(values, "name"), _first(values, "version")
    if not name or not version:
        raise ReleaseError(f"{file}: its METADATA lacks a name or a version.")
    return Distribution(
        file=file,
        sha256=sha256,
        name=name,
        version=version,
        declared=Declared(
            expression=_first(values, "license-expression"),
            field=_first(values, "license"),
            classifiers=tuple(
                each.split(" :: ")[-1]
                for each in values.get("classifier", [])
                if each.startswith("License :: ") and each != "License :: OSI Approved"
            ),
        ),
        home_page=_home_page(values),
        summary=_first(values, "summary"),
        requires=tuple(values.get("requires-dist", [])),
        tags=frozenset(
            f"{tag.interpreter}-abi3" if tag.abi == "abi3" else tag.interpreter for tag in tagged
        ),
        texts=_texts(archive, folder),
        parts=_parts(archive, folder),
        members=tuple(sorted((info.filename, info.CRC) for info in paths)),
        models=_models(archive),
        llama_commit=_llama_commit(archive),
    )


def _models(archive: zipfile.ZipFile) -> tuple[tuple[str, str], ...]:
    found = []
    for name in sorted(archive.namelist()):
        if name.endswith(".gguf"):
            data, more = archives.content(archive, name, MODEL_AT_MOST_BYTES)
            if more:
                raise ReleaseError(f"{name}: a model of more than {MODEL_AT_MOST_BYTES} bytes.")
            found.append((name, hashlib.sha256(data).hexdigest()))
    return tuple(found)


def _llama_commit(archive: zipfile.ZipFile) -> str:
    """What the files say that llama.cpp's build writes for CMake."""
    for name in sorted(archive.namelist()):
        if name.endswith("/llama-config.cmake"):
            data, _ = archives.content(archive, name, METADATA_AT_MOST_BYTES)
            found = re.search(rb"set\(LLAMA_BUILD_COMMIT +([0-9a-f]{7,40})\)", data)
            return found[1].decode() if found else ""
    return ""


def _raw(value: Any) -> bytes:
    """The bytes of a header, which the parser hides in surrogates where they are not ASCII."""
    return str(value).encode("utf-8", "surrogateescape")


def _first(values: Mapping[str, list[str]], name: str) -> str:
    found = [value for value in values.get(name, []) if value and value != "UNKNOWN"]
    return found[0] if found else ""


def _home_page(values: Mapping[str, list[str]]) -> str:
    page = _first(values, "home-page")
    if page.startswith("http"):
        return page
    labelled: dict[str, str] = {}
    for each in values.get("project-url", []):
        label, _, address = each.partition(",")
        labelled.setdefault(re.sub(r"[^a-z]", "", label.lower()), address.strip())
    wanted = ("homepage", "home", "source", "sourcecode", "repository", "github", "documentation")
    pages = [labelled.get(label, "") for label in wanted]
    return next((page for page in [*pages, *labelled.values()] if page.startswith("http")), "")


def _texts(archive: zipfile.ZipFile, folder: str) -> tuple[Text, ...]:
    """What stands in `.dist-info/licenses`, and beside METADATA or code under a telling name."""

    def telling(path: PurePosixPath) -> bool:
        if path.parts[:2] == (folder, "licenses"):
            return True
        code = path.suffix in (".py", ".pyi", ".pyc", ".pyx", ".h", ".so", ".json", ".js", ".rs")
        return not code and _TEXT_NAME.match(path.name) is not None

    names = [
        info.filename
        for info in archive.infolist()
        if not info.is_dir() and telling(PurePosixPath(info.filename))
    ]
    read = []
    # Those of the whole before those of parts, and no more than a reader can bear.
    for name in sorted(names, key=lambda name: (not name.startswith(folder), name))[:TEXTS_AT_MOST]:
        data, cut = archives.content(archive, name, TEXT_AT_MOST_BYTES)
        text = decoded(data)
        if text:
            read.append(Text(name, text, cut))
    return tuple(read)


# Auditwheel lists the wheel itself, and the system packages of libraries that it copied into
# `.libs`: each file there is judged by its name, without whose terms nothing is shipped.
_TOLD_ELSEWHERE = ("pkg:pypi/", "pkg:deb/", "pkg:rpm/", "pkg:apk/")


def _parts(archive: zipfile.ZipFile, folder: str) -> tuple[Part, ...]:
    found: dict[str, Part] = {}
    for name in sorted(archive.namelist()):
        if name.startswith(f"{folder}/sboms/") and name.endswith(".json"):
            data, more = archives.content(archive, name, BILL_AT_MOST_BYTES)
            if more:
                raise ReleaseError(f"{name}: more than {BILL_AT_MOST_BYTES} bytes.")
            try:
                bill = json.loads(data)
                parts = [_part(each) for each in bill.get("components") or ()]
            except (ValueError, TypeError, AttributeError, RecursionError) as error:
                raise ReleaseError(f"{name}: no bill of materials ({error}).") from error
            for part in parts:
                if part and not part.purl.startswith(_TOLD_ELSEWHERE):
                    found.setdefault(part.purl, part)
    return tuple(found[purl] for purl in sorted(found))


def _part(component: Mapping[str, Any]) -> Part | None:
    """A component of CycloneDX; None for what is used to build alone, or has no address."""
    if component.get("scope") == "excluded" or not component.get("purl"):
        return None
    stated: list[str] = []
    for entry in component.get("licenses") or ():
        inner = entry.get("license") or {}
        stated.append(str(entry.get("expression") or inner.get("id") or inner.get("name") or ""))
    stated = [each for each in stated if each]
    joined = " AND ".join(f"({each})" for each in stated) if len(stated) > 1 else "".join(stated)
    references = component.get("externalReferences") or ()
    return Part(
        name=str(component["name"]),
        version=str(component.get("version") or ""),
        purl=str(component["purl"]),
        declared=Declared(expression=joined),
        home_page=_reference(references, ("website", "vcs", "documentation")),
        author=str(component.get("author") or ""),
    )


def _reference(references: Iterable[Mapping[str, Any]], kinds: tuple[str, ...]) -> str:
    pages = {str(each.get("type")): str(each.get("url") or "") for each in references}
    found = (pages.get(kind, "") for kind in kinds)
    return next((page for page in found if page.startswith("http")), "")
