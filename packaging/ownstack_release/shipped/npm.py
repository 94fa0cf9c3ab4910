"""The npm packages that esbuild bundled into the extension, by its metafile."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import quote

from ownstack_release.errors import ReleaseError
from ownstack_release.shipped import distributions
from ownstack_release.shipped.distributions import Text
from ownstack_release.shipped.terms import Declared

_LICENCE_NAME = re.compile(r"(licen[cs]e|copying|notice)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Package:
    """One package at one version."""

    name: str
    version: str
    declared: Declared
    home_page: str
    sha512: str
    """Of its archive in the registry, in hexadecimal digits; "" where the lock does not say."""
    texts: tuple[Text, ...]

    @property
    def purl(self) -> str:
        """Its address as package-url."""
        return f"pkg:npm/{quote(self.name, safe='/')}@{quote(self.version)}"


def bundled(metafile: Path, client: Path) -> tuple[Package, ...]:
    """Return the packages whose code is in what esbuild wrote, sorted by name and version.

    Args:
        metafile: What `scripts/bundle.mjs` wrote for `OWNSTACK_METAFILE`.
        client: The folder of the extension, with `node_modules` and `package-lock.json`.

    Raises:
        ReleaseError: A file is missing, or is not what it should be.
    """
    meta = _json(metafile)
    lock = _json(client / "package-lock.json").get("packages", {})
    try:
        folders = {
            folder
            for output in meta["outputs"].values()
            for path, part in output["inputs"].items()
            if part["bytesInOutput"] > 0 and (folder := package_folder(path))
        }
    except (AttributeError, KeyError, TypeError) as error:
        raise ReleaseError(f"{metafile.name}: no metafile of esbuild ({error!r}).") from error
    packages = {_package(client, folder, lock.get(folder, {})) for folder in folders}
    return tuple(sorted(packages, key=lambda package: (package.name, package.version)))


def package_folder(path: str) -> str:
    """The package a source belongs to: "node_modules/a/node_modules/@b/c"; "" if to none."""
    parts = PurePosixPath(path).parts
    if "node_modules" not in parts:
        return ""
    last = len(parts) - 1 - parts[::-1].index("node_modules")
    scoped = parts[last + 1 : last + 2] and parts[last + 1].startswith("@")
    first = parts.index("node_modules")
    return "/".join(parts[first : last + (3 if scoped else 2)])


def _package(client: Path, folder: str, locked: Mapping[str, Any]) -> Package:
    described = _json(client / folder / "package.json")
    try:
        name, version = str(described["name"]), str(described["version"])
    except KeyError as error:
        raise ReleaseError(f"{folder}/package.json lacks {error}.") from error
    if locked.get("version", version) != version:
        raise ReleaseError(
            f"{folder} is {version}, package-lock.json says {locked['version']}: run `npm ci`."
        )
    return Package(
        name=name,
        version=version,
        declared=Declared(expression=_licence(described)),
        home_page=_home_page(described),
        sha512=_sha512(str(locked.get("integrity", ""))),
        texts=_texts(client / folder, folder),
    )


def _licence(described: Mapping[str, Any]) -> str:
    stated = described.get("license") or described.get("licenses") or ""
    entries = stated if isinstance(stated, list) else [stated]
    names = [str(each.get("type", "")) if isinstance(each, dict) else str(each) for each in entries]
    return " OR ".join(name for name in names if name)


def _home_page(described: Mapping[str, Any]) -> str:
    repository = described.get("repository") or ""
    address = repository.get("url", "") if isinstance(repository, dict) else repository
    page = str(described.get("homepage") or address).removeprefix("git+").removesuffix(".git")
    if page.startswith("http"):
        return page
    return f"https://www.npmjs.com/package/{described['name']}"


def _sha512(integrity: str) -> str:
    algorithm, _, value = integrity.partition("-")
    if algorithm != "sha512":
        return ""
    try:
        return base64.b64decode(value, validate=True).hex()
    except (binascii.Error, ValueError) as error:
        raise ReleaseError(f"package-lock.json: {integrity!r} is no hash.") from error


def _texts(folder: Path, name: str) -> tuple[Text, ...]:
    texts = []
    for file in sorted(folder.iterdir()):
        if _LICENCE_NAME.match(file.name) and file.is_file():
            with file.open("rb") as stream:
                data = stream.read(distributions.TEXT_AT_MOST_BYTES + 1)
            cut = len(data) > distributions.TEXT_AT_MOST_BYTES
            text = distributions.decoded(data[: distributions.TEXT_AT_MOST_BYTES])
            texts.append(Text(f"{name}/{file.name}", text, cut))
    return tuple(texts)


def _json(file: Path) -> dict[str, Any]:
    try:
        read = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise ReleaseError(f"{file} cannot be read: {error}") from error
    if not isinstance(read, dict):
        raise ReleaseError(f"{file}: an object is expected.")
    return read
