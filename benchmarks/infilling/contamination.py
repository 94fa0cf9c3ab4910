"""How much of a project the network has met in training all the same: copies in other packages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.infilling.sources import ProjectFiles
from benchmarks.packages.copies import normalised, shingles
from benchmarks.packages.documents import load


@dataclass(frozen=True, slots=True)
class Overlap:
    """One project against the training texts."""

    project: str
    runs: int
    """Different runs of five lines in the files that cursors are drawn from."""
    share: float
    """Share of them that occurs in a training file."""


def overlaps(projects: Sequence[ProjectFiles], corpus: Path) -> list[Overlap]:
    """Read the corpus (`training.corpus`) once. Memory: the projects' runs, not the corpus's."""
    mine = {project.name: _runs(project) for project in projects}
    wanted = set().union(*mine.values()) if mine else set()
    met: set[int] = set()
    for document in load(corpus):
        met |= shingles(document.text) & wanted
    return [
        Overlap(name, len(runs), len(runs & met) / max(1, len(runs))) for name, runs in mine.items()
    ]


def _runs(project: ProjectFiles) -> set[int]:
    runs: set[int] = set()
    for path in project.drawn:
        runs |= shingles(normalised(project.documents[path].text))
    return runs
