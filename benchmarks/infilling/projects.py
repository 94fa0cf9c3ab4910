"""`projects.toml`: the projects that are evaluated on, and their files on disk.

A project is fetched once, by its registry's own client, checked against its SHA-256 and unpacked
below the cache folder, so that the product can read it as it reads a user's.
"""

from __future__ import annotations

import hashlib
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Literal, get_args

from benchmarks.infilling.clients import ClientError, download
from benchmarks.packages.archives import members
from benchmarks.packages.sources import Source, load_sources

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

HERE = Path(__file__).resolve().parent
Split = Literal["dev", "test"]
REGISTRIES = ("pypi", "npm", "debian")


class ProjectError(Exception):
    """A project cannot be had, or must not be used; the message says why."""


@dataclass(frozen=True, slots=True)
class Project:
    """One named package at one version."""

    name: str
    registry: str
    version: str
    licence: str
    split: Split
    language: str
    archive: str
    sha256: str
    suite: str = ""
    """Debian release, "" for the other registries."""
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        return f"{self.registry}:{self.name}"

    def folder(self, cache: Path) -> Path:
        return cache / self.registry / f"{self.name.replace('/', '__')}-{self.version}"

    def wants(self, path: str) -> bool:
        """Say whether a path inside the archive is part of the project."""
        parents = {path, *(str(parent) for parent in PurePosixPath(path).parents)}
        return not parents & set(self.exclude) and (
            not self.include or bool(parents & set(self.include))
        )


def load_projects(path: Path = HERE / "projects.toml") -> list[Project]:
    """Return every project of the file, in its order.

    Raises:
        ProjectError: an entry has a registry or a split that does not exist.
    """
    table = tomllib.loads(path.read_text("utf-8"))
    projects = []
    for registry, entries in table.items():
        for name, entry in entries.items():
            fields: dict[str, Any] = dict(entry)
            for key in ("include", "exclude"):
                fields[key] = tuple(fields.get(key, ()))
            project = Project(name=name, registry=registry, **fields)
            if registry not in REGISTRIES or project.split not in get_args(Split):
                raise ProjectError(f"{project.id}: unknown registry or split")
            projects.append(project)
    return projects


def trained_on(projects: Sequence[Project], sources: Sequence[Source] | None = None) -> list[str]:
    """Return the ids of projects that the network learns from; there must be none.

    A package counts whatever its version and registry; what `training/sources.toml` holds out
    is not learned from.
    """
    known = load_sources() if sources is None else sources
    learned = {_plain(source.name) for source in known if not source.held_out}
    return [project.id for project in projects if _plain(project.name) in learned]


def _plain(name: str) -> str:
    """Return a name as different registries would share it."""
    name = name.lower().replace("_", "-")
    for prefix in ("rust-", "node-", "python-", "golang-github-", "golang-"):
        name = name.removeprefix(prefix)
    return name


def fetched(project: Project, cache: Path) -> Path:
    """Return the folder with the project's files; downloads and unpacks on first use.

    Raises:
        ProjectError: it cannot be reached, or is not the file it should be.
    """
    root = project.folder(cache)
    files, stamp = root / "files", root / "complete"
    if stamp.is_file() and stamp.read_text("utf-8") == project.sha256:
        return files
    shutil.rmtree(root, ignore_errors=True)
    downloads = root / "download"
    downloads.mkdir(parents=True)
    try:
        download(project.registry, project.name, project.version, project.suite, downloads, cache)
    except ClientError as error:
        raise ProjectError(f"{project.id} {project.version} was not fetched: {error}") from error
    verify(downloads / project.archive, project.sha256)
    for other in downloads.iterdir():
        if other.name != project.archive:
            other.unlink()
    unpack(project, downloads, files)
    shutil.rmtree(downloads)
    stamp.write_text(project.sha256, "utf-8")
    return files


def verify(archive: Path, sha256: str) -> None:
    """Raises ProjectError if the file is missing or another one."""
    if not archive.is_file():
        raise ProjectError(f"the client did not bring {archive.name}")
    found = hashlib.sha256(archive.read_bytes()).hexdigest()
    if found != sha256:
        raise ProjectError(f"{archive.name} has SHA-256 {found}, not {sha256}")


def unpack(project: Project, downloads: Path, files: Path) -> None:
    """Write the project's files (at most 400 kB each) below `files`."""
    source = Source(project.name, project.registry, project.version, project.licence)
    for path, content in members(source, downloads):
        parts = PurePosixPath(path).parts
        if not project.wants(path) or ".." in parts or path.startswith("/"):
            continue
        target = files.joinpath(*parts)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    if not files.is_dir():
        raise ProjectError(f"{project.archive} holds no file that was asked for")
