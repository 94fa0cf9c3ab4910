"""The metric, by hand, and how annotations are read."""

import json
from math import log2
from pathlib import Path

import pytest

from benchmarks.retrieval.measures import ndcg
from benchmarks.retrieval.packages import Target, load_packages
from ownstack.index.rows import SearchHit


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
