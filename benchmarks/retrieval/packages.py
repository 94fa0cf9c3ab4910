"""The packages that are searched: fetched once from their registries, checked, unpacked."""

from __future__ import annotations

import json
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from benchmarks.infilling.clients import run
from benchmarks.infilling.projects import verify
from benchmarks.packages.archives import tar_members


@dataclass(frozen=True, slots=True)
class Target:
    """A place that answers a query: a file, or some lines of it."""

    path: str
    start_line: int = 1
    end_line: int = sys.maxsize


@dataclass(frozen=True, slots=True)
class Question:
    """A query and the places that answer it."""

    text: str
    category: str
    """"symbol", "semantic" or "architecture"."""
    targets: tuple[Target, ...]


@dataclass(frozen=True, slots=True)
class Package:
    """One package and what is asked of it."""

    name: str
    registry: str
    package: str
    version: str
    prefix_in_annotations: str
    prefix_in_package: str
    archive_sha256: str
    peer_ndcg10: float
    questions: tuple[Question, ...] = ()

    @property
    def language(self) -> str:
        return {"npm": "javascript", "pypi": "python"}[self.registry]


def load_packages(data: Path) -> list[Package]:
    """Read `sources.json` and the annotations; paths become those inside the package."""
    packages = []
    for fields in json.loads((data / "sources.json").read_text("utf-8")):
        before, after = fields["prefix_in_annotations"], fields["prefix_in_package"]
        asked = data / "annotations" / f"{fields['name']}.json"
        questions = load_questions(asked, before, after)
        packages.append(Package(**fields, questions=questions))
    return packages


def load_questions(annotations: Path, before: str, after: str) -> tuple[Question, ...]:
    """Read what is asked; paths that begin with `before` begin with `after` instead."""
    return tuple(
        Question(
            entry["query"],
            entry["category"],
            tuple(
                _target(place, before, after)
                for place in [*entry["relevant"], *(entry.get("secondary") or ())]
            ),
        )
        for entry in json.loads(annotations.read_text("utf-8"))
    )


def _target(place: str | dict[str, str | int], before: str, after: str) -> Target:
    if isinstance(place, str):
        return Target(after + place.removeprefix(before))
    path = after + str(place["path"]).removeprefix(before)
    return Target(path, int(place["start_line"]), int(place["end_line"]))


def fetched(package: Package, cache: Path) -> Path:
    """Return the folder with the package's source; downloads and unpacks on first use.

    Raises:
        ClientError: the registry's client is missing or failed.
        ProjectError: the archive is not the one that was annotated.
    """
    root = cache / "retrieval" / f"{package.name}-{package.version}"
    stamp = root / "complete"
    if stamp.is_file() and stamp.read_text("utf-8") == package.archive_sha256:
        return root / "files"
    shutil.rmtree(root, ignore_errors=True)
    downloads = root / "download"
    downloads.mkdir(parents=True)
    archive = downloads / f"{package.package}-{package.version}"
    if package.registry == "npm":
        run(["npm", "pack", "--silent", f"{package.package}@{package.version}"], downloads)
        archive = archive.with_name(f"{archive.name}.tgz")
    else:
        pip = [sys.executable, "-m", "pip", "download", "-q", "--no-deps"]
        only = f"--no-binary={package.package}"  # What builds it may come as wheels.
        run([*pip, only, f"{package.package}=={package.version}"], downloads)
        archive = archive.with_name(f"{archive.name}.tar.gz")
    verify(archive, package.archive_sha256)
    for path, content in tar_members(archive):
        if path.startswith(package.prefix_in_package) and ".." not in PurePosixPath(path).parts:
            target = root / "files" / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
    shutil.rmtree(downloads)
    stamp.write_text(package.archive_sha256, "utf-8")
    return root / "files"
