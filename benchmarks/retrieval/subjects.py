"""What is searched: packages from their registries, and repositories that somebody laid out."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from benchmarks.retrieval.packages import Question, fetched, load_packages, load_questions


@dataclass(frozen=True, slots=True)
class Subject:
    """A folder of source, what is asked of it, and how well the best known peer answers."""

    name: str
    version: str
    language: str
    folder: Path
    peer_ndcg10: float
    questions: tuple[Question, ...]


def packages(data: Path, cache: Path) -> list[Subject]:
    """Return the packages of `sources.json`, fetched on first use."""
    return [
        Subject(
            package.name,
            package.version,
            package.language,
            fetched(package, cache),
            package.peer_ndcg10,
            package.questions,
        )
        for package in load_packages(data)
    ]


def repositories(data: Path, laid_out: Path) -> list[Subject]:
    """Return the repositories of `sources.json` that lie below `laid_out`, by their names.

    Of each, only the folder that was annotated (`root`) is searched.

    Raises:
        FileNotFoundError: one of them is not there.
    """
    found = []
    for fields in json.loads((data / "sources.json").read_text("utf-8")):
        name, root = fields["name"], fields["root"]
        folder = laid_out / name / root
        if not folder.is_dir():
            raise FileNotFoundError(f"{folder}: lay out {fields['repository']} there")
        annotations = data / "annotations" / f"{name}.json"
        questions = load_questions(annotations, f"{root}/" if root else "", "")
        version, peer = fields["revision"][:8], fields["peer_ndcg10"]
        found.append(Subject(name, version, fields["language"], folder, peer, questions))
    return found
