"""The metric, by hand, and how annotations are read."""

import json
from math import log2
from pathlib import Path

import pytest

from benchmarks.retrieval import holding_out
from benchmarks.retrieval.asking import Bench
from benchmarks.retrieval.measures import ndcg
from benchmarks.retrieval.packages import Target, load_packages
from benchmarks.retrieval.subjects import Subject, repositories
from ownstack.extract.rows import SearchHit
from ownstack.index.search.ranking import Weights
from tests.support.searchable import TOY


def hit(path: str, start: int = 1, end: int = 10) -> SearchHit:
    return SearchHit(path, start, end, "function", "f", 1.0, "")


@pytest.mark.parametrize(
    ("hits", "targets", "expected"),
    [
        ([hit("a")], [Target("a")], 1.0),
        ([hit("b"), hit("a")], [Target("a")], 1 / log2(3)),
        ([hit("b")], [Target("a")], 0.0),
        ([], [Target("a")], 0.0),
        ([hit("b")] * 10 + [hit("a")], [Target("a")], 0.0),
        ([hit("a", 1, 9)], [Target("a", 10, 20)], 0.0),
        ([hit("a", 1, 10)], [Target("a", 10, 20)], 1.0),
        ([hit("a"), hit("a"), hit("b")], [Target("a"), Target("b")], 1.5 / (1 + 1 / log2(3))),
        ([hit("a")], [Target("a", 1, 2), Target("a", 3, 4)], 1 / (1 + 1 / log2(3))),
    ],
)
def test_ndcg(hits: list[SearchHit], targets: list[Target], expected: float) -> None:
    """A target counts at the first hit that matches it, a rank once."""
    assert ndcg(hits, targets) == pytest.approx(expected)


def test_paths_are_those_inside_the_package(tmp_path: Path) -> None:
    """Annotations name places in a repository."""
    source = {
        "name": "p",
        "registry": "npm",
        "package": "p",
        "version": "1",
        "prefix_in_annotations": "packages/p/src/",
        "prefix_in_package": "src/",
        "archive_sha256": "",
        "peer_ndcg10": 0.5,
    }
    asked = {
        "query": "q",
        "category": "symbol",
        "relevant": ["packages/p/src/a.ts"],
        "secondary": [{"path": "packages/p/src/b.ts", "start_line": 3, "end_line": 4}],
    }
    (tmp_path / "annotations").mkdir()
    (tmp_path / "sources.json").write_text(json.dumps([source]))
    (tmp_path / "annotations" / "p.json").write_text(json.dumps([asked]))

    (package,) = load_packages(tmp_path)

    assert package.questions[0].targets == (Target("src/a.ts"), Target("src/b.ts", 3, 4))


def test_repositories_are_searched_from_their_root(tmp_path: Path) -> None:
    """Annotations name places in the repository, results those in the folder."""
    source = {
        "name": "r",
        "language": "rust",
        "repository": "o/r",
        "revision": "0123456789",
        "root": "core/src",
        "peer_ndcg10": 0.5,
    }
    asked = {"query": "q", "category": "symbol", "relevant": ["core/src/a.rs"], "secondary": None}
    (tmp_path / "annotations").mkdir()
    (tmp_path / "sources.json").write_text(json.dumps([source]))
    (tmp_path / "annotations" / "r.json").write_text(json.dumps([asked]))

    with pytest.raises(FileNotFoundError, match="lay out o/r there"):
        repositories(tmp_path, tmp_path / "laid out")
    folder = tmp_path / "laid out/r/core/src"
    folder.mkdir(parents=True)
    (subject,) = repositories(tmp_path, tmp_path / "laid out")

    assert (subject.folder, subject.language) == (folder, "rust")
    assert subject.questions[0].targets == (Target("a.rs"),)


def test_a_language_is_scored_with_weights_of_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What would be best for itself is not heard."""
    subjects = [Subject(name, "1", name, tmp_path, 0.5, ()) for name in ("x", "y", "z")]

    def score(
        bench: Bench, weights: Weights, category: str = "", language: str = ""
    ) -> tuple[dict[str, float], list[float]]:
        """`z` wants a large weight of names, and says so louder than the others."""
        found = {"x": -weights.name, "y": -weights.name, "z": 5 * weights.name}
        return ({language: found[language]} if language else found), []

    monkeypatch.setattr(holding_out, "asked", score)
    scores = holding_out.held_out(Bench(subjects, {}, TOY))

    assert scores["z"] < 5 * 0.35
    assert scores["x"] < -0.8
